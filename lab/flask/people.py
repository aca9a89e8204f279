"""Who is asking, and the front door: welcome, login, logout."""

import functools
import json
import secrets

from flask import Blueprint, current_app, g, jsonify, request, session
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired

from kit.session_rows import SessionRows
from kit.variant import variant
from pages import Button, Shown, back_to, guarded, page, refused

blueprint = Blueprint("people", __name__)


class LoginNeeded(Exception):
    """Nobody is logged in; pages answer with the login form, the API with 401."""


class LoginForm(FlaskForm):
    username = StringField("User name", [DataRequired()])
    password = PasswordField("Password", [DataRequired()])


def tracker():
    return current_app.extensions["tracker"]


def logged_in(view):
    """For views of people who are logged in. Identity comes from the session and nowhere else."""

    @functools.wraps(view)
    def wrapped(**arguments):
        g.me = tracker().user(session.get("user"))
        if not g.me:
            raise LoginNeeded
        return view(**arguments)

    return wrapped


def login_needed(error):
    if request.path.startswith("/api/"):
        return jsonify(error="Log in first."), 401
    return back_to("/login")


@blueprint.get("/")
def home():
    me = g.me = tracker().user(session.get("user"))
    if not me:
        return page("Heddle", paragraphs=("Tickets for weavers. This tracker tracks nothing: it is for trying a scanner on.",))
    return page(f"Hello, {me['nickname']}", template="home.html", tickets=tracker().tickets(me["username"]))


@blueprint.get("/about")
def about():
    return page("About", paragraphs=("Heddle keeps a weaver's tickets in order since the last warp.",))


@blueprint.get("/login")
def login_form():
    return page("Log in", (Shown(guarded(LoginForm, "POST /login"), "/login", "Welcome back", "Log in"),))


@blueprint.post("/login")
def login():
    form = guarded(LoginForm, "POST /login")
    if not form.validate():
        return refused(form)
    user = tracker().authenticate(form.username.data, form.password.data)
    if not user:
        return page("Not logged in", paragraphs=("User name and password do not match.",), status=401)
    session.rotate(request.cookies.get(variant.CONFIG["SESSION_COOKIE_NAME"]) if variant.KEYS_CHOSEN else None)
    session["user"] = user["username"]
    # Here and not with the first form shown: two pages loaded at once would each make one, and one be lost.
    session["csrf_token"] = secrets.token_hex(20)
    response = back_to("/")
    if variant.FEED_COOKIE:
        key = secrets.token_urlsafe(24)
        SessionRows(tracker()).create(key, json.dumps({"feed": user["username"]}))
        response.set_cookie(variant.FEED_COOKIE, key)
    return response


@blueprint.post("/logout")
@logged_in
def logout():
    form = guarded(Button, "POST /logout")
    if not form.validate():
        return refused(form)
    session.rotate()
    response = back_to("/")
    if variant.FEED_COOKIE:
        SessionRows(tracker()).end(request.cookies.get(variant.FEED_COOKIE))
        response.delete_cookie(variant.FEED_COOKIE)
    return response


@blueprint.get("/feed")
def feed():
    """What happened to one's tickets. In the weak tracker a cookie of its own opens it."""
    name = session.get("user")
    if variant.FEED_COOKIE:
        data = SessionRows(tracker()).load(request.cookies.get(variant.FEED_COOKIE))
        name = json.loads(data).get("feed") if data else None
    g.me = tracker().user(name)
    if not g.me:
        raise LoginNeeded
    return page("Feed", paragraphs=[f"{ticket['title']}: nothing new." for ticket in tracker().tickets(name)])
