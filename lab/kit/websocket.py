"""A WebSocket client for the tests: text both ways, as a browser sends it. RFC 6455, and no more of it than is needed."""

import base64
import hashlib
import os
import socket
import ssl
from urllib.parse import urlsplit


class Refused(Exception):
    """The handshake was answered with something else; carries the status."""

    def __init__(self, status):
        super().__init__(f"the handshake is answered with {status}")
        self.status = status


class WebSocketClient:
    def __init__(self, address, path, headers):
        parts = urlsplit(address)
        secure = parts.scheme == "https"
        self.connection = socket.create_connection((parts.hostname, parts.port or (443 if secure else 80)), timeout=20)
        if secure:
            self.connection = ssl.create_default_context().wrap_socket(self.connection, server_hostname=parts.hostname)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: Upgrade", "Upgrade: websocket",
                 "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self.connection.sendall("\r\n".join(lines).encode())
        self.input = self.connection.makefile("rb")
        status = int(self.input.readline().split(b" ")[1])
        answered = {}
        while line := self.input.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            answered[name.lower()] = value.strip()
        if status != 101:
            self.close()
            raise Refused(status)
        expected = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        assert answered["sec-websocket-accept"] == base64.b64encode(expected).decode()

    def send(self, text):
        data, mask = text.encode(), os.urandom(4)
        length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + len(data).to_bytes(2, "big")
        self.connection.sendall(b"\x81" + length + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))

    def receive(self):
        """The next text message; those of one frame are the only ones the lab sends."""
        while True:
            kind, length = self.input.read(1)[0] & 0x0F, self.input.read(1)[0] & 0x7F
            if length == 126:
                length = int.from_bytes(self.input.read(2), "big")
            data = self.input.read(length)
            if kind == 1:
                return data.decode()

    def close(self):
        self.input.close()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.close()
