"""Runs the bank: python serve.py [--port N] [--host H]

The variant comes from MANTLET_LAB_VARIANT (weak or repaired). With port 0 the
system picks one. The first line on standard output is the address, printed once
the socket is bound, so that whoever started this knows where to look.
"""

import argparse
import contextlib
import logging
import socket

import uvicorn

from app import asgi
from brochure import SwitchedOff


def is_news(record):
    """Whether a log record is about anything but the failure that is planned."""
    return not (record.exc_info and isinstance(record.exc_info[1], SwitchedOff))


def main():
    arguments = argparse.ArgumentParser(description="The bank of Mantlet's lab.")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=8000)
    options = arguments.parse_args()

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((options.host, options.port))
    print(f"http://{options.host}:{listener.getsockname()[1]}", flush=True)
    server = uvicorn.Server(uvicorn.Config(asgi, log_level="warning"))
    logging.getLogger("uvicorn.error").addFilter(is_news)
    # An interrupt is how one stops it by hand; uvicorn has closed up by then.
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
