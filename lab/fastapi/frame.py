"""Framing headers, written around the finished application.

Middleware added to the application would miss what is made outside of it, such
as the answer to an unhandled error.
"""


class FrameHeaders:
    """Adds to each response the lines that framing(path, status, media type) gives for it."""

    def __init__(self, app, framing):
        self.app, self.framing = app, framing

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def add(message):
            if message["type"] == "http.response.start":
                lines = self.framing(scope["path"], message["status"], _media_type(message.get("headers", [])))
                encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in lines]
                message = {**message, "headers": [*message.get("headers", []), *encoded]}
            await send(message)

        await self.app(scope, receive, add)


def _media_type(headers):
    for name, value in headers:
        if name.lower() == b"content-type":
            return value.decode("latin-1").split(";")[0].strip().lower()
    return ""
