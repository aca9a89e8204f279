"""The repaired bank: the same pages and functions, none of the weaknesses.

Two layers stand around the whole application, errors included: framing is
refused on every response, and a state-changing request has to show that it
comes from the bank's own pages. Inside, every form carries a token bound to a
session that changes at login, and JSON endpoints take nothing but JSON.
"""

from starlette.responses import JSONResponse

from cookies import Cookie
from defences import bearer_only, both, header_token, json_only, synchronizer, visitor_token
from frame import FrameHeaders
from kit.framing import PARTNER, frame_headers
from kit.origin import one_of, suspicious, suspicious_socket
from kit.sharing import Sharing, public

NAME = "repaired"

# The prefix keeps a sibling subdomain from planting a cookie of this name.
COOKIES = {"main": Cookie("__Host-bank_session")}
VISITOR = Cookie("__Host-bank_visitor")

VISITOR_OUTLIVES_LOGIN = False
THEME_CHANGES_ON_GET = False
CHEQUES_RACED = MANDATES_OF_ALL = LETTERS_OPEN = AUDIT_OPEN = HOLDER_TAKES_ALL = HOLDER_TELLS_ALL = False
PASSES_UNSIGNED = PASSES_FOREVER = PASS_STORED = False

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
    "POST /api/mandates": json_with_token,
    "PATCH /api/mandates/{mandate_id}": json_with_token,
    "DELETE /api/mandates/{mandate_id}": header_token,
    "PATCH /api/holder": json_only,
    "PATCH /api/holder/phone": json_only,
    "PUT /api/v2/contact": bearer_only,
}

SHARED = {
    "/api/shared/partner": Sharing(one_of(PARTNER)),
    "/api/shared/totals": public,
    "/api/shared/rates": public,
}


def may_listen(path, origin, host):
    """The guard around the application has asked already."""
    return True


def defence(endpoint):
    return DEFENCES.get(endpoint) or synchronizer()


def framing(path, status, media_type):
    return frame_headers([], PARTNER if path == "/widget/rates" else "'none'")


class OriginGuard:
    """Refuses a suspicious request before anything of the application has run."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope.get("headers", ())]
        if scope["type"] == "http":
            why = suspicious(scope["method"], scope["scheme"], headers)
            if why:
                return await JSONResponse({"detail": f"refused: {why}"}, 403)(scope, receive, send)
        elif scope["type"] == "websocket" and suspicious_socket(scope["scheme"], headers):
            await receive()
            # Before it is accepted: the handshake is answered with 403.
            return await send({"type": "websocket.close", "code": 1008})
        await self.app(scope, receive, send)


def wrap(app):
    return FrameHeaders(OriginGuard(app), framing)
