"""The repaired tracker: the same pages and functions, none of the weaknesses.

Around the whole WSGI application stand two layers: framing is refused on every
response, errors included, and a state-changing request has to show that it
comes from the tracker's own pages. Inside, CSRFProtect asks every POST for the
session's token, whether the view builds a FlaskForm or not.
"""

from flask import request
from flask_wtf.csrf import CSRFProtect

from kit.framing import PARTNER, frame_headers
from kit.origin import one_of, suspicious, suspicious_socket
from kit.sharing import Sharing, public

NAME = "repaired"

# The prefix keeps a sibling subdomain from planting a cookie of this name.
CONFIG = {"SESSION_COOKIE_NAME": "__Host-tracker_session", "SESSION_COOKIE_SAMESITE": "Lax", "SESSION_COOKIE_SECURE": True}
FEED_COOKIE = None
DENSITY_FROM_ANYWHERE = KEYS_CHOSEN = False
TIMES_OF_ALL = SNIPPETS_OF_ALL = SNIPPETS_TOLD = EXPORTS_OPEN = STAFF_OPEN = PROFILE_TAKES_ALL = CARD_TELLS_ALL = False

SHARED = {"/api/workload/partner": Sharing(one_of(PARTNER)), "/api/workload/open": public, "/api/patterns": public}


def may_listen(path, origin, host):
    return any(not suspicious_socket(scheme, [("host", host), ("origin", origin)]) for scheme in ("http", "https"))


def form_meta(endpoint):
    return {}


def json_body(endpoint):
    return request.get_json()


def check_token(endpoint):
    """CSRFProtect has asked already."""


class FrameHeaders:
    """Outside of Flask, so that it covers what Flask answers by itself."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        ancestors = PARTNER if environ.get("PATH_INFO") == "/widget/status" else "'none'"

        def start(status, headers, *more):
            return start_response(status, frame_headers(headers, ancestors), *more)

        return self.app(environ, start)


class OriginGuard:
    """Refuses a suspicious request before anything of the application has run."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        headers = [(name[5:].replace("_", "-").lower(), value) for name, value in environ.items() if name.startswith("HTTP_")]
        why = suspicious(environ["REQUEST_METHOD"], environ["wsgi.url_scheme"], headers)
        if why:
            start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
            return [f"refused: {why}".encode()]
        return self.app(environ, start_response)


def protect(app, blueprints):
    CSRFProtect(app)
    app.wsgi_app = FrameHeaders(OriginGuard(app.wsgi_app))
