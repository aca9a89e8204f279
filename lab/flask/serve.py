"""Runs the tracker: python serve.py [--port N] [--host H]"""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from app import app
from kit.listener import listen
from kit.sockets import serve
from live import talk

if os.environ.get("PRINCIPAL_KEY"):
    # It stands behind a guard that says who is logged in.
    from recipes import flask_notebook

    flask_notebook.add_to(app)

if __name__ == "__main__":
    serve(app, listen("The tracker of Mantlet's lab."), talk(app))
