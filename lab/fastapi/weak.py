"""The weak bank: each weakness is planted once, here, beside defences that hold.

What is not named here is sound: a synchronizer token on forms, framing refused
on pages. truth-weak.json says the same for machines; the two change together.
"""

import os

from starlette.routing import compile_path

from cookies import Cookie
from defences import (
    Defence, bearer_only, custom_header, fetch_metadata, form_value, header_token, json_only, own_origin, refuse, same,
    seal, signed_double_submit, strict_origin, synchronizer, visitor_token,
)
from frame import FrameHeaders
from kit.framing import PARTNER, frame_headers
from kit.origin import any_origin, begins_like_own, ends_like, one_of, own_origin as own_origin_of
from kit.sharing import Sharing, public
from override import MethodOverride

NAME = "weak"

# Chromium takes Secure cookies over http from loopback hosts.
COOKIES = {
    "main": Cookie("bank_session", samesite="none"),
    "savings": Cookie("bank_savings", httponly=False),
    "documents": Cookie("bank_documents", secure=False),
}
VISITOR = Cookie("bank_visitor", samesite="none")

VISITOR_OUTLIVES_LOGIN = True
THEME_CHANGES_ON_GET = True
CHEQUES_RACED = True  # POST /cheques/{cheque_id}/cash looks first and marks afterwards
MANDATES_OF_ALL = True  # GET and PATCH /api/mandates/{mandate_id} do not ask whose it is
LETTERS_OPEN = True  # GET /letters/{letter_id} and POST .../answer ask for no session
AUDIT_OPEN = True  # GET /admin/audit and POST /admin/notice serve every customer
HOLDER_TAKES_ALL = True  # PATCH /api/holder writes whatever the record has
HOLDER_TELLS_ALL = True  # GET /api/holder/card is the whole record
PASSES_UNSIGNED = True  # GET /api/v2/account looks at no signature
PASSES_FOREVER = True  # GET /api/v2/address looks at no expiry
PASS_STORED = True  # /devices keeps the pass in localStorage


async def _anything(request, session):
    """No check at all."""


async def _signed_by_us(request, session):
    # The signature is right for whoever was handed the token, so anybody's passes.
    nonce, _, signature = (await form_value(request, "form_token") or "").partition(".")
    if not same(seal("form", nonce), signature):
        refuse("The form has expired. Please go back and try again.")


def _sign_for_anybody(request, session):
    nonce = os.urandom(8).hex()
    return {"form_token": f"{nonce}.{seal('form', nonce)}"}


async def _constant(request, session):
    if not same(seal("nickname form"), await form_value(request, "nickname_token")):
        refuse("The form has expired. Please go back and try again.")


async def _token_in_url(request, session):
    if not same(session.token, request.query_params.get("csrf_token")):
        refuse("The form has expired. Please go back and try again.")


async def _lenient_origin(request, session):
    # A prefix is not an origin, and both a missing and an opaque one get through.
    origin = request.headers.get("origin", "null")
    if origin != "null" and not origin.startswith(own_origin(request)):
        refuse("This can only be done from the bank's own pages.")


unprotected = Defence(_anything)
unbound_token = Defence(_signed_by_us, fields=_sign_for_anybody)
constant_token = Defence(_constant, fields=lambda request, session: {"nickname_token": seal("nickname form")})
token_in_url = Defence(_token_in_url, query=lambda request, session: {"csrf_token": session.token})
lenient_origin = Defence(_lenient_origin)
# The visitor cookie, and with it the token, stays the same through login.
token_from_before_login = visitor_token(VISITOR)

DEFENCES = {
    # Planted weaknesses.
    "POST /transfer": unprotected,
    "POST /profile/email": unprotected,
    "POST /profile/picture": unprotected,
    "POST /login": unprotected,
    "POST /savings/goal": unprotected,  # bank_savings is SameSite=Lax, and that is all there is
    "POST /profile/address": unbound_token,
    "POST /profile/phone": token_from_before_login,
    "POST /profile/nickname": constant_token,
    "POST /settings/statements": token_in_url,
    "POST /profile/language": lenient_origin,
    "POST /api/preferences": unprotected,
    # Reached by POST through the method override, where no preflight guards it.
    "PUT /settings/limits": unprotected,
    # Sound, each in its own way.
    "POST /login/help": visitor_token(VISITOR),
    "POST /standing-order": synchronizer("b7"),
    "POST /cards/limit": signed_double_submit(Cookie("bank_double_submit")),
    "POST /cards/freeze": fetch_metadata,
    "POST /cards/nickname": strict_origin,
    "POST /api/alerts": header_token,
    "POST /api/contact": json_only,
    "POST /api/note": custom_header,
    "POST /api/v1/token": json_only,
    "POST /api/v1/transfers": bearer_only,
    "POST /api/mandates": custom_header,
    "PATCH /api/mandates/{mandate_id}": custom_header,
    "DELETE /api/mandates/{mandate_id}": custom_header,
    "PATCH /api/holder": json_only,
    "PATCH /api/holder/phone": json_only,
    "PUT /api/v2/contact": bearer_only,
    "POST /letters": fetch_metadata,
    "POST /letters/{letter_id}/delete": strict_origin,
    "POST /admin/notice": unprotected,
    # Letters whose door stands open carry nothing in their form.
    "POST /letters/{letter_id}/answer": unprotected,
}

# Which origins a socket hears, where not its own alone.
LISTENERS = {"/balance/socket": any_origin, "/balance/partner": ends_like("bank.example"), "/alarm/socket": any_origin}


def may_listen(path, origin, host):
    return LISTENERS.get(path, own_origin_of)(origin, host)


SHARED = {
    "/api/shared/balance": Sharing(any_origin),
    "/api/shared/statement": Sharing(one_of("null", PARTNER)),
    "/api/shared/limits": Sharing(one_of(PARTNER, PARTNER.replace("https", "http")), announced=PARTNER),
    "/api/shared/outlook": Sharing(begins_like_own),
    # Sound.
    "/api/shared/partner": Sharing(one_of(PARTNER)),
    "/api/shared/totals": public,
    "/api/shared/rates": public,
}


def defence(endpoint):
    return DEFENCES.get(endpoint) or synchronizer()


# The header lines of pages that do not have the bank's ordinary, sound ones.
FRAMING = {
    # Pages with a control: clickjacking.
    "/payees/{payee_id}/delete": [],
    "/settings/paperless": [("X-Frame-Options", "ALLOW-FROM https://partner.example")],
    "/overdraft": [],
    "/overdraft/review": [],
    "/overdraft/confirm": [],
    # Pages to read, with a switch each.
    "/statements": [],
    "/activity": [],
    "/branch": [("Content-Security-Policy", "frame-ancestors *")],
    "/offers": [("Content-Security-Policy", "default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors https:")],
    "/mortgage": [("X-Frame-Options", "ALLOW-FROM https://partner.example")],
    "/insights": [("Content-Security-Policy-Report-Only", "frame-ancestors 'none'")],
    "/tax": [],  # its template tries with meta elements
    "/exchange": [("X-Frame-Options", "DENY"), ("Content-Security-Policy", "frame-ancestors *")],
    # Sound: the older header alone, and the one page a partner may embed.
    "/contract": [("X-Frame-Options", "SAMEORIGIN")],
    "/widget/rates": frame_headers([], PARTNER),
}
_PATTERNS = [(compile_path(path)[0], lines) for path, lines in FRAMING.items()]


def framing(path, status, media_type):
    """The framing header lines of one response. Errors, SVG and XHTML were forgotten."""
    if status >= 400 or media_type not in ("text/html", "application/json", "text/event-stream"):
        return []
    for pattern, lines in _PATTERNS:
        if pattern.match(path):
            return lines
    return frame_headers([])


def wrap(app):
    return FrameHeaders(MethodOverride(app), framing)
