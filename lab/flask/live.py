"""What the tracker says over sockets. They are served beside Flask, which lends its session."""

from flask import Blueprint, g, session

from kit.variant import variant
from pages import page
from people import logged_in, tracker

blueprint = Blueprint("live", __name__)


def talk(app):
    """For kit.sockets: what to say to whoever makes this handshake."""

    def choose(environ):
        path, origin, host = environ["PATH_INFO"], environ.get("HTTP_ORIGIN", ""), environ.get("HTTP_HOST", "")
        with app.request_context(environ):
            user, store = tracker().user(session.get("user")), tracker()
        if path == "/live/loom":
            return loom
        if path not in SAYS or not user or not variant.may_listen(path, origin, host):
            return None
        return lambda socket: SAYS[path](socket, store, user)

    return choose


def loom(socket):
    """The same for everybody, with or without a session."""
    socket.send_json({"loom": "running"})
    socket.drain()


def tell_work(socket, store, user):
    """Begins with what is one's own."""
    socket.send_json({"user": user["username"], "email": user["email"], "tickets": [row["title"] for row in store.tickets(user["username"])]})
    socket.drain()


def take_pace(socket, store, user):
    """Tells nothing and takes orders: {"pace": "steady"}."""
    while True:
        store.change(user["username"], "pace", str(socket.receive_json().get("pace")))
        socket.send_json({"saved": True})


def look_up(socket, store, user):
    """Answers {"snippet_id": ...} with the snippet."""
    while True:
        found = store.get("snippets", snippet_id=str(socket.receive_json().get("snippet_id")))
        if not found or not variant.SNIPPETS_OF_ALL and found["owner"] != user["username"]:
            socket.send_json({"error": "There is no such thing."})
        else:
            socket.send_json({"snippet_id": found["snippet_id"], "text": found["text"]})


def rewrite(socket, store, user):
    """Takes {"snippet_id": ..., "text": ...}, which sets the snippet's text."""
    while True:
        sent = socket.receive_json()
        found = store.get("snippets", snippet_id=str(sent.get("snippet_id")))
        mine = bool(found) and (variant.SNIPPETS_OF_ALL or found["owner"] == user["username"])
        if mine:
            store.set("snippets", {"snippet_id": found["snippet_id"]}, "text", str(sent.get("text")))
        socket.send_json({"saved": mine})


SAYS = {"/live/work": tell_work, "/live/team": tell_work, "/live/desk": tell_work, "/live/pace": take_pace, "/live/snippet": look_up,
        "/live/rewrite": rewrite}


@blueprint.get("/live")
@logged_in
def live():
    snippets = tracker().owned("snippets", g.me["username"])
    return page("Live", template="live.html", user=g.me, snippet=snippets[0] if snippets else {"snippet_id": "", "text": ""})
