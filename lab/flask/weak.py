"""The weak tracker. There is no CSRFProtect around it: a form is as safe as the FlaskForm it happens to
be made with. Framing is refused by an after_request function, on the blueprints somebody thought of.

What is not named here is sound. truth-weak.json says the same for machines; the
two change together.
"""

import hashlib
import secrets

from flask import abort, current_app, request
from flask_wtf.csrf import validate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import ValidationError
from wtforms.csrf.core import CSRF

from kit.framing import PARTNER, frame_headers
from kit.origin import any_origin, ends_like, one_of, own_origin
from kit.sharing import Sharing, public

NAME = "weak"

# Chromium takes Secure cookies over http from loopback hosts.
CONFIG = {"SESSION_COOKIE_NAME": "tracker_session", "SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": True}
# Set with Flask's defaults: readable by scripts, and over http.
FEED_COOKIE = "tracker_feed"
DENSITY_FROM_ANYWHERE = True
KEYS_CHOSEN = True  # a session key that came along is taken at login, if it is nobody's
TIMES_OF_ALL = True  # GET and POST /times/{entry_id} do not ask whose it is
SNIPPETS_OF_ALL = True  # nor do DELETE, the body, the header and the sockets of snippets
SNIPPETS_TOLD = True  # GET /api/snippets/{snippet_id} says that it is somebody else's
EXPORTS_OPEN = True  # three views of exports are without logged_in
STAFF_OPEN = True  # three functions of the staff are without staff
PROFILE_TAKES_ALL = True  # POST /profile and POST /api/profile write whatever the record has
CARD_TELLS_ALL = True  # GET /api/card and GET /api/team


class SignedForAnybody(CSRF):
    """The signature is right for whoever was handed the token, so anybody's passes."""

    def _signer(self):
        return URLSafeTimedSerializer(current_app.secret_key, salt="form")

    def generate_csrf_token(self, csrf_token_field):
        return self._signer().dumps(secrets.token_hex(4))

    def validate_csrf_token(self, form, field):
        try:
            self._signer().loads(field.data or "", max_age=3600)
        except BadData as error:
            raise ValidationError("The form has expired.") from error


class Constant(CSRF):
    """Derived from the application's key alone."""

    def generate_csrf_token(self, csrf_token_field):
        return hashlib.sha256(b"form" + current_app.secret_key.encode()).hexdigest()[:32]


NO_TOKEN = {"csrf": False}

# How the FlaskForm of an endpoint deviates from the sound default.
FORMS = {
    "POST /login": NO_TOKEN,
    "POST /tickets/{ticket_id}/comments": NO_TOKEN,
    "POST /account/email": NO_TOKEN,
    "POST /account/phone": NO_TOKEN,  # from_our_pages is meant to stand in
    "POST /account/signature": {"csrf_class": SignedForAnybody},
    "POST /account/nickname": {"csrf_class": Constant},
    "POST /settings/density": NO_TOKEN,
    "POST /profile": NO_TOKEN,
    "POST /admin/saying": NO_TOKEN,
    "POST /exports/{export_id}/label": NO_TOKEN,
}


# What takes Flask-WTF's token in a header; the rest of the JSON endpoints take application/json only.
HEADER_TOKENS = {"POST /api/timezone", "POST /api/snippets", "PUT /api/snippets/{snippet_id}", "POST /api/profile"}

# Which origins a socket hears, where not its own alone.
LISTENERS = {"/live/work": any_origin, "/live/team": ends_like("tracker.example"), "/live/pace": any_origin}

SHARED = {
    "/api/workload/reflected": Sharing(any_origin),
    "/api/workload/sandboxed": Sharing(one_of("null", PARTNER)),
    "/api/workload/company": Sharing(ends_like("tracker.example"), announced="https://www.tracker.example"),
    # Sound.
    "/api/workload/partner": Sharing(one_of(PARTNER)),
    "/api/workload/open": public,
    "/api/patterns": public,
}


def may_listen(path, origin, host):
    return LISTENERS.get(path, own_origin)(origin, host)


def form_meta(endpoint):
    return FORMS.get(endpoint, {})


def json_body(endpoint):
    """The request's JSON, as the endpoint reads it."""
    if endpoint == "POST /api/preferences":
        # Whatever it calls itself: no preflight is needed to send text/plain.
        return request.get_json(force=True)
    if endpoint in HEADER_TOKENS:
        check_token(endpoint)
        return request.get_json(force=True)
    return request.get_json()


def check_token(endpoint):
    try:
        validate_csrf(request.headers.get("X-CSRFToken"))
    except ValidationError:
        abort(400)


def _from_our_pages():
    """A Referer can be left out, and can hold our name anywhere."""
    referer = request.headers.get("Referer")
    if request.method == "POST" and request.path == "/account/phone" and referer and request.host not in referer:
        abort(403)


# The header lines of views that have a mind of their own.
FRAMING = {
    "tickets.confirm_delete": [],  # was once shown inside the company's portal
    "account.digest": [("Content-Security-Policy", "default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors https: http:")],
    "boards.board": [("Content-Security-Policy", "frame-ancestors *")],
    "boards.roadmap": [("Content-Security-Policy-Report-Only", "frame-ancestors 'none'")],
    "boards.releases": [],  # its template tries with meta elements
    "boards.calendar": [("X-Frame-Options", "DENY"), ("Content-Security-Policy", "frame-ancestors *")],
    # Sound: the older header alone, and the one page a partner may embed.
    "boards.guidelines": [("X-Frame-Options", "SAMEORIGIN")],
    "boards.status": frame_headers([], PARTNER),
}


def _frame(response):
    for name, value in FRAMING.get(request.endpoint, frame_headers([])):
        response.headers.add(name, value)
    return response


def protect(app, blueprints):
    """Before the blueprints are registered. Answers to unknown paths belong to none of them."""
    for blueprint in blueprints:
        if blueprint.name != "reports":
            blueprint.after_request(_frame)
    app.before_request(_from_our_pages)
