"""Where an application listens: python serve.py [--port N] [--host H]

With port 0 the system picks one. The first line on standard output is the
address, printed once the socket is bound, so that whoever started the
application knows where to look.
"""

import argparse
import socket


def listen(what):
    """A bound socket, and its address already told."""
    arguments = argparse.ArgumentParser(description=what)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=8000)
    options = arguments.parse_args()

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((options.host, options.port))
    print(f"http://{options.host}:{listener.getsockname()[1]}", flush=True)
    return listener
