"""Runs the bank: python serve.py [--port N] [--host H]"""

import contextlib
import logging
import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import uvicorn

from app import app, asgi
from brochure import SwitchedOff
from kit.listener import listen

if os.environ.get("PRINCIPAL_KEY"):
    # It stands behind a guard that says who is logged in.
    from recipes import fastapi_notebook

    fastapi_notebook.add_to(app)


def is_news(record):
    """Whether a log record is about anything but the failure that is planned."""
    return not (record.exc_info and isinstance(record.exc_info[1], SwitchedOff))


def main():
    listener = listen("The bank of Mantlet's lab.")
    server = uvicorn.Server(uvicorn.Config(asgi, log_level="warning"))
    logging.getLogger("uvicorn.error").addFilter(is_news)
    # An interrupt is how one stops it by hand; uvicorn has closed up by then.
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
