"""The repaired clinic: the same pages and functions, none of the weaknesses.

Framing is refused by the first middleware, which sees every response, errors and
the admin's included. A state-changing request has to show that it comes from the
clinic's own pages. No view is exempt from Django's token, which is kept in the
session, where no sibling subdomain can plant another.
"""

from django.http import JsonResponse

from kit.framing import PARTNER, frame_headers
from kit.origin import one_of, suspicious, suspicious_socket
from kit.sharing import Sharing, public

NAME = "repaired"

MIDDLEWARE = [
    "repaired.FrameHeaders",
    "repaired.OriginGuard",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

SETTINGS = {
    "SESSION_COOKIE_NAME": "__Host-clinic_session", "SESSION_COOKIE_SAMESITE": "Lax", "CSRF_USE_SESSIONS": True,
}
REMINDER_BY_LINK = LOGOUT_FORGETS = PRESCRIPTIONS_OF_ALL = MEASUREMENTS_OF_ALL = REFERRALS_OPEN = DESK_OPEN = False
RECORD_TAKES_ALL = CARD_TELLS_ALL = False
MESSAGES_CHECKED = True
ANY_TYPE = set()

SHARED = {"/api/chart/partner": Sharing(one_of(PARTNER)), "/api/chart/open": public, "/api/doctors": public}


def may_listen(path, origin, host):
    return any(not suspicious_socket(scheme, [("host", host), ("origin", origin)]) for scheme in ("http", "https"))


def form_token(request, endpoint):
    return None


def guard(endpoint, view):
    return view


def framed(path, view):
    return view


class FrameHeaders:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        ancestors = PARTNER if request.path == "/widget/hours" else "'none'"
        for name, value in frame_headers([], ancestors):
            if name in response and name == "Content-Security-Policy":
                # Django keeps one value per name. Policies in one line intersect, too.
                value = f"{response[name]}, {value}"
            response[name] = value
        return response


class OriginGuard:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        headers = [(name.lower(), value) for name, value in request.headers.items()]
        why = suspicious(request.method, request.scheme, headers)
        return JsonResponse({"error": f"refused: {why}"}, status=403) if why else self.get_response(request)
