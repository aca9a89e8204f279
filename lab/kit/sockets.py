"""WebSockets for the applications that waitress serves, which knows none: RFC 6455, and no more of it than is needed.

A connection whose first bytes ask for an upgrade is taken away from waitress
and served by a thread of its own.
"""

import base64
import hashlib
import io
import json
import threading
from urllib.parse import unquote

import waitress
from waitress.channel import HTTPChannel

LONGEST = 1 << 20  # bytes of a message, and of the head of a handshake
SECONDS = 120  # how long a socket may be silent


class Closed(Exception):
    """The other side has left, or says what is not understood."""


class Socket:
    """A server's end: text and JSON, both ways."""

    def __init__(self, connection):
        self.connection, self.input = connection, connection.makefile("rb")

    def _read(self, count):
        data = self.input.read(count)
        if len(data) < count:
            raise Closed
        return data

    def receive(self):
        """The next text message. Pings are answered on the way."""
        text = b""
        while True:
            first, second = self._read(2)
            length = second & 0x7F
            if length > 125:
                length = int.from_bytes(self._read(2 if length == 126 else 8), "big")
            if not second & 0x80 or length + len(text) > LONGEST:
                raise Closed
            mask, data = self._read(4), self._read(length)
            data = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
            kind = first & 0x0F
            if kind == 9:
                self._send(10, data)
            elif kind in (0, 1, 2):
                text += data
                if first & 0x80:
                    return text.decode("utf-8", "replace")
            elif kind == 8:
                self._send(8, data)
                raise Closed

    def receive_json(self):
        try:
            return json.loads(self.receive())
        except ValueError:
            raise Closed from None

    def _send(self, kind, data):
        length = bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2, "big") if len(data) < 1 << 16 \
            else b"\x7f" + len(data).to_bytes(8, "big")
        self.connection.sendall(bytes([0x80 | kind]) + length + data)

    def send_json(self, value):
        self._send(1, json.dumps(value).encode())

    def drain(self):
        while True:
            self.receive()


def environment(head, local):
    """The handshake as WSGI would put it, so that a framework finds its session in it. None if it is not one."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    path, _, query = rest.rpartition(" ")[0].partition("?")
    found = {"REQUEST_METHOD": method, "PATH_INFO": unquote(path, "latin-1"), "QUERY_STRING": query, "SCRIPT_NAME": "",
             "SERVER_NAME": local[0], "SERVER_PORT": str(local[1]), "SERVER_PROTOCOL": "HTTP/1.1",
             "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
             "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False}
    for line in lines:
        name, _, value = line.partition(":")
        found["HTTP_" + name.upper().replace("-", "_")] = value.strip()
    if found.get("HTTP_UPGRADE", "").lower() != "websocket" or "HTTP_SEC_WEBSOCKET_KEY" not in found:
        return None
    # What a proxy on this machine says about TLS is believed.
    found["wsgi.url_scheme"] = found.get("HTTP_X_FORWARDED_PROTO", "http")
    return found


def converse(connection, environ, talk):
    """Answers the handshake and hands the socket over. talk(environ) gives what to do with it, or None to refuse."""
    with connection:
        try:
            serve = talk(environ)
            if not serve:
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            accept = base64.b64encode(hashlib.sha1(
                environ["HTTP_SEC_WEBSOCKET_KEY"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
            serve(Socket(connection))
        except (Closed, OSError):
            pass


def _channel(talk):
    class Channel(HTTPChannel):
        head = b""

        def received(self, data):
            if self.request is not None or self.requests:
                return super().received(data)
            self.head += data
            if b"\r\n\r\n" not in self.head and self.head.startswith(b"GET ") and len(self.head) < LONGEST:
                return True
            data, self.head = self.head, b""
            environ = environment(data.partition(b"\r\n\r\n")[0], self.socket.getsockname()) if data.startswith(b"GET ") else None
            if environ is None:
                return super().received(data)
            connection = self.socket
            self.del_channel()
            connection.settimeout(SECONDS)
            threading.Thread(target=converse, args=(connection, environ, talk), daemon=True).start()
            return True

    return Channel


def serve(app, listener, talk):
    """Serves a WSGI application and, beside it, its sockets."""
    # What a proxy on this machine says about TLS is believed, as uvicorn does by itself.
    server = waitress.create_server(app, sockets=[listener], threads=12, max_request_body_size=4 << 30,
                                    trusted_proxy="127.0.0.1", trusted_proxy_headers={"x-forwarded-proto"})
    server.channel_class = _channel(talk)
    server.run()
