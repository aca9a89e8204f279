"""What the clinic says over sockets. They are served beside Django, which lends its session."""

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection

from dynamo_sessions import SessionStore
from kit.dynamo import NotFound
from kit.variant import variant
from pages import page
from people import logged_in
from store import store


def patient_of(environ):
    """Whose session came with the handshake, or None."""
    request = WSGIRequest(environ)
    request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    try:
        user = get_user(request)
        return store.patient(user.get_username()) if user.is_authenticated else None
    except NotFound:
        return None
    finally:
        connection.close()  # this thread's own


def talk(environ):
    """For kit.sockets: what to say to whoever makes this handshake."""
    path, origin, host = environ["PATH_INFO"], environ.get("HTTP_ORIGIN", ""), environ.get("HTTP_HOST", "")
    if path == "/live/clock":
        return clock
    patient = patient_of(environ) if path in SAYS else None
    if not patient or not variant.may_listen(path, origin, host):
        return None
    return lambda socket: SAYS[path](socket, patient)


def clock(socket):
    """The same for everybody, with or without a session."""
    socket.send_json({"clock": "slow"})
    socket.drain()


def tell_chart(socket, patient):
    """Begins with what is the patient's own."""
    socket.send_json({"patient": patient["username"], "email": patient["email"], "doctor": patient["doctor"]})
    socket.drain()


def take_mood(socket, patient):
    """Tells nothing and takes orders: {"mood": "fair"}."""
    while True:
        store.change(patient["username"], "mood", str(socket.receive_json().get("mood")))
        socket.send_json({"saved": True})


SAYS = {"/live/chart": tell_chart, "/live/room": tell_chart, "/live/desk": tell_chart, "/live/mood": take_mood}


@logged_in
def live(request):
    return page(request, "Live", template="live.html", patient=request.patient)
