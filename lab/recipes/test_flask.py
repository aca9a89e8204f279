"""The recipe for Flask, on Werkzeug's server, which lends views its socket as the servers for WebSockets do."""

import base64
import hashlib
import threading
import unittest

from checks import Recipe
from flask import Flask, request
from werkzeug.serving import WSGIRequestHandler, make_server

from recipes import flask_guard, flask_notebook, notebook


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *arguments):
        pass


def read_text(connection):
    """The next message, as a browser sends short ones: one frame, masked."""
    head = connection.recv(2)
    mask = connection.recv(4)
    data = b""
    while len(data) < head[1] & 0x7F:
        data += connection.recv(1)
    return bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


def say_back():
    """A socket by hand: extensions for Flask answer the handshake in the same place."""
    me = flask_guard.Guard(notebook.KEYS, notebook.AUDIENCE).user()
    connection = request.environ["werkzeug.socket"]
    accept = hashlib.sha1(request.headers["Sec-WebSocket-Key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Accept: " + base64.b64encode(accept) + b"\r\n\r\n")
    for text in (f"hello {me}".encode(), None):
        text = text or read_text(connection)
        connection.sendall(bytes([0x81, len(text)]) + text)
    return "", 204


class FlaskRecipe(Recipe, unittest.TestCase):
    recipe = flask_guard

    @classmethod
    def setUpClass(cls):
        app = Flask(__name__)
        flask_notebook.add_to(app)
        app.add_url_rule("/notebook/socket", view_func=say_back, websocket=True)
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        cls.address = server.server_address[:2]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.shutdown)

    def test_foreign_handshakes_reach_no_view(self):
        upgrade = [("Connection", "Upgrade"), ("Upgrade", "WebSocket"), ("Origin", "http://evil.example")]
        self.assertEqual(self.ask("GET", "/me", "alice", headers=upgrade)[0], 403)
        self.assertEqual(self.ask("GET", "/me", "alice", headers=[("Origin", "http://evil.example")])[0], 200, "no handshake, no question")


if __name__ == "__main__":
    unittest.main()
