"""JSON Web Tokens with HS256 (RFC 7519), as much of them as the lab takes and gives."""

import base64
import hashlib
import hmac
import json
import time

# Expired before this was written: the passes people still have from last year.
LONG_AGO = 1735603200  # the end of 2024


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _sign(key, text):
    return _encode(hmac.new(key, text.encode(), hashlib.sha256).digest())


def issue(key, subject, expires):
    head, claims = {"alg": "HS256", "typ": "JWT"}, {"sub": subject, "exp": int(expires)}
    text = ".".join(_encode(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    return f"{text}.{_sign(key, text)}"


def subject(key, token, signature=True, expiry=True):
    """Whose token it is, or None. What is not to be looked at is not."""
    head, _, sent = token.rpartition(".")
    if signature and not hmac.compare_digest(_sign(key, head).encode(), sent.encode("utf-8", "replace")):
        return None
    try:
        claims = json.loads(_decode(head.split(".")[1]))
        if expiry and claims["exp"] <= time.time():
            return None
        return claims["sub"]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
