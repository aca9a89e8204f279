"""The repaired bank: the same pages and functions, none of the weaknesses.

Two layers stand around the whole application, errors included: framing is
refused on every response, and a state-changing request has to show that it
comes from the bank's own pages. Inside, every form carries a token bound to a
session that changes at login, and JSON endpoints take nothing but JSON.
"""

from urllib.parse import urlsplit

from starlette.responses import JSONResponse

from cookies import Cookie
from defences import bearer_only, both, header_token, json_only, synchronizer, visitor_token
from frame import PARTNER, FrameHeaders, frame_headers

NAME = "repaired"

# The prefix keeps a sibling subdomain from planting a cookie of this name.
COOKIES = {"main": Cookie("__Host-bank_session")}
VISITOR = Cookie("__Host-bank_visitor")

VISITOR_OUTLIVES_LOGIN = False
THEME_CHANGES_ON_GET = False

json_with_token = both(json_only, header_token)

DEFENCES = {
    "POST /login": visitor_token(VISITOR),
    "POST /login/help": visitor_token(VISITOR),
    "POST /api/preferences": json_with_token,
    "POST /api/alerts": json_with_token,
    "POST /api/contact": json_with_token,
    "POST /api/note": json_with_token,
    "POST /api/v1/token": json_only,
    "POST /api/v1/transfers": bearer_only,
}


def defence(endpoint):
    return DEFENCES.get(endpoint) or synchronizer()


def framing(path, status, media_type):
    return frame_headers([], PARTNER if path == "/widget/rates" else "'none'")


# Answering to any other name would let a page bound to this address by its own
# DNS entry call itself same-origin. Names under .localhost never leave the machine.
HOSTS = {"127.0.0.1", "localhost"}


def _served(host):
    name = urlsplit("//" + host).hostname or ""
    return name in HOSTS or name.endswith(".localhost")


def suspicious(method, scheme, headers):
    """Why a request may be forged, or None. headers: (lower-case name, value) as received."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return None

    def sent(name):
        return [value for key, value in headers if key == name]

    host, origin, site, referer = sent("host"), sent("origin"), sent("sec-fetch-site"), sent("referer")
    if len(host) != 1 or not _served(host[0]):
        return "not a name of this bank"
    own = f"{scheme}://{host[0]}"
    if origin:
        return None if origin == [own] else "another origin"
    if site:
        return None if site == ["same-origin"] else "another site"
    if referer:
        parts = urlsplit(referer[0])
        return None if f"{parts.scheme}://{parts.netloc}" == own else "another page"
    # Nothing tells where it comes from. Without a cookie there is no authority
    # to borrow: programs that use the bearer API look like this.
    return "no sign of where it comes from" if sent("cookie") else None


class OriginGuard:
    """Refuses a suspicious request before anything of the application has run."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
            why = suspicious(scope["method"], scope["scheme"], headers)
            if why:
                return await JSONResponse({"detail": f"refused: {why}"}, 403)(scope, receive, send)
        await self.app(scope, receive, send)


def wrap(app):
    return FrameHeaders(OriginGuard(app), framing)
