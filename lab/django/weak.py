"""The weak clinic. Django protects by itself, so each weakness is an exception somebody asked for.

What is not named here is sound. truth-weak.json says the same for machines; the
two change together.
"""

import functools
import hashlib
import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpResponseForbidden
from django.utils.crypto import constant_time_compare
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt

from kit.framing import PARTNER, frame_headers
from kit.origin import any_origin, begins_like_own, one_of, own_origin
from kit.sharing import Sharing, public

NAME = "weak"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# None for both, as one does to be shown inside a portal.
SETTINGS = {
    "SESSION_COOKIE_NAME": "clinic_session", "SESSION_COOKIE_SAMESITE": "None",
    "CSRF_COOKIE_NAME": "clinic_csrf", "CSRF_COOKIE_SAMESITE": "None",
}
REMINDER_BY_LINK = True
LOGOUT_FORGETS = True  # POST /logout takes only the cookie away
PRESCRIPTIONS_OF_ALL = True  # GET and POST /prescriptions/{prescription_id} do not ask whose it is
MEASUREMENTS_OF_ALL = True  # nor do GET and DELETE /api/measurements/{measurement_id}
REFERRALS_OPEN = True  # GET /referrals/{referral_id} and POST .../remark ask for no session
DESK_OPEN = True  # GET /desk/patients, POST /desk/notice and /desk/closing serve every patient
RECORD_TAKES_ALL = True  # POST /record and POST /api/record write whatever the record has
CARD_TELLS_ALL = True  # GET /api/card is the whole record
MESSAGES_CHECKED = False  # /window/card and /window/pharmacy listen to everybody

# Which origins a socket hears, where not its own alone.
LISTENERS = {"/live/chart": any_origin, "/live/room": begins_like_own, "/live/mood": any_origin}

SHARED = {
    "/api/chart/reflected": Sharing(any_origin),
    "/api/chart/sandboxed": Sharing(one_of("null", PARTNER)),
    "/api/chart/lookalike": Sharing(begins_like_own),
    # Sound.
    "/api/chart/partner": Sharing(one_of(PARTNER)),
    "/api/chart/open": public,
    "/api/doctors": public,
}


def may_listen(path, origin, host):
    return LISTENERS.get(path, own_origin)(origin, host)


class NoToken:
    """csrf_exempt, and nothing in its place."""

    def token(self, request):
        return {}

    def allows(self, request):
        return True


class SignedForAnybody(NoToken):
    """The signature is right for whoever was handed the token, so anybody's passes."""

    def token(self, request):
        return {"form_token": signing.dumps(secrets.token_hex(4), salt="form")}

    def allows(self, request):
        try:
            signing.loads(request.POST.get("form_token", ""), salt="form", max_age=3600)
        except signing.BadSignature:
            return False
        return True


class Constant(NoToken):
    """Derived from the application's key alone."""

    def _value(self):
        return hashlib.sha256(b"form" + settings.SECRET_KEY.encode()).hexdigest()[:32]

    def token(self, request):
        return {"form_token": self._value()}

    def allows(self, request):
        return constant_time_compare(self._value(), request.POST.get("form_token", ""))


class LenientOrigin(NoToken):
    """A prefix is not an origin, and both a missing and an opaque one get through."""

    def allows(self, request):
        origin = request.META.get("HTTP_ORIGIN", "null")
        return origin == "null" or origin.startswith(f"{request.scheme}://{request.get_host()}")


# Endpoints that were taken out of Django's protection, and what stands in its place.
EXEMPT = {
    "POST /login": NoToken(),
    "POST /appointments/{appointment_id}/message": NoToken(),
    "POST /profile/email": NoToken(),
    "POST /profile/address": SignedForAnybody(),
    "POST /profile/nickname": Constant(),
    "POST /profile/phone": LenientOrigin(),
    "POST /settings/reminder": NoToken(),
    "POST /desk/notice": NoToken(),
    "POST /referrals/{referral_id}/remark": NoToken(),
    "POST /api/doctor": NoToken(),
    "POST /api/diet": NoToken(),  # but it insists on application/json, see ANY_TYPE
}
ANY_TYPE = {"POST /api/doctor"}


def form_token(request, endpoint):
    """Hidden fields in place of Django's own token, or None for that."""
    return EXEMPT[endpoint].token(request) if endpoint in EXEMPT else None


def guard(endpoint, view):
    """The view as this variant guards its endpoint."""
    if endpoint not in EXEMPT:
        return view

    @functools.wraps(view)
    def exempt(request, *args, **kwargs):
        if request.method == "POST" and not EXEMPT[endpoint].allows(request):
            return HttpResponseForbidden("The form has expired. Please go back and try again.")
        return view(request, *args, **kwargs)

    return csrf_exempt(exempt)


# The header lines of pages that are exempt from Django's X-Frame-Options: DENY.
FRAMING = {
    "/appointments/{appointment_id}/cancel": {},
    "/newsletter": {"Content-Security-Policy": "default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors *"},
    "/records": {},
    "/bills": {},
    "/results": {"Content-Security-Policy": "frame-ancestors http: https:"},
    "/directions": {"X-Frame-Options": "ALLOW-FROM https://partner.example"},
    "/house-calls": {"Content-Security-Policy-Report-Only": "frame-ancestors 'none'"},
    "/desk/closing": {},
    "/donor": {"X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors *"},
    # Sound: the one page a partner may embed.
    "/widget/hours": dict(frame_headers([], PARTNER)),
}


def framed(path, view):
    """The view with the framing headers of its path."""
    if path not in FRAMING:
        return view

    @functools.wraps(view)
    def with_lines(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        for name, value in FRAMING[path].items():
            response[name] = value
        return response

    return xframe_options_exempt(with_lines)
