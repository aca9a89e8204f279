"""Runs the tracker: python serve.py [--port N] [--host H]"""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import waitress

from app import app
from kit.listener import listen

if os.environ.get("PRINCIPAL_KEY"):
    # It stands behind a guard that says who is logged in.
    from recipes import flask_notebook

    flask_notebook.add_to(app)

if __name__ == "__main__":
    listener = listen("The tracker of Mantlet's lab.")
    # What a proxy on this machine says about TLS is believed, as uvicorn does by itself.
    waitress.serve(app, sockets=[listener], threads=12, max_request_body_size=4 << 30,
                   trusted_proxy="127.0.0.1", trusted_proxy_headers={"x-forwarded-proto"})
