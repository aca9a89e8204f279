"""Runs the tracker: python serve.py [--port N] [--host H]"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from app import app
from kit.listener import listen
from kit.sockets import serve
from live import talk

if __name__ == "__main__":
    serve(app, listen("The tracker of Mantlet's lab."), talk(app))
