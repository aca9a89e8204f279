"""One's own record: what is shown of it, and what may be written."""

from flask import Blueprint, abort, g, jsonify, request
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from wtforms import StringField
from wtforms.validators import DataRequired

from kit.variant import variant
from pages import Shown, back_to, guarded, page, refused
from people import logged_in, tracker

blueprint = Blueprint("profile", __name__)

SHOWN = ("name", "nickname", "motto", "role", "plan", "verified")
WRITABLE = ("nickname", "motto")


class ProfileForm(FlaskForm):
    nickname = StringField("Nickname", [DataRequired()])
    motto = StringField("Motto")


def write(values, names):
    """Stores what the record has and names allow; None allows everything but whose record it is."""
    for name, value in values.items():
        known = name in g.me and name not in ("username", "password")
        if known and isinstance(value, str) and (names is None or name in names):
            tracker().set("users", {"username": g.me["username"]}, name, value)


def shown():
    fresh = tracker().user(g.me["username"])
    return {name: fresh[name] for name in SHOWN}


@blueprint.get("/profile")
@logged_in
def profile():
    form = guarded(ProfileForm, "POST /profile", nickname=g.me["nickname"], motto=g.me["motto"])
    return page("Profile", (Shown(form, "/profile", "You", "Save profile"),), shown().items(), template="profile.html", user=g.me, token=generate_csrf())


@blueprint.post("/profile")
@logged_in
def save():
    form = guarded(ProfileForm, "POST /profile")
    if not form.validate():
        return refused(form)
    write(request.form.to_dict(), None if variant.PROFILE_TAKES_ALL else WRITABLE)
    return back_to("/profile")


@blueprint.get("/api/profile")
@logged_in
def profile_api():
    return jsonify(shown())


def _add(path, names):
    @logged_in
    def save_json():
        body = variant.json_body(f"POST {path}")
        if not isinstance(body, dict) or not body:
            abort(422, "There is nothing to save.")
        write(body, names)
        return jsonify(shown())

    blueprint.add_url_rule(path, path, save_json, methods=["POST"])


_add("/api/profile", None if variant.PROFILE_TAKES_ALL else WRITABLE)
_add("/api/motto", ("motto",))


@blueprint.get("/api/card")
@logged_in
def card():
    """What stands on the card: name and motto."""
    return jsonify(g.me if variant.CARD_TELLS_ALL else {name: g.me[name] for name in ("name", "motto")})


@blueprint.get("/api/team")
@logged_in
def team():
    """Who else is here, by name."""
    names = ("name", "email", "phone") if variant.CARD_TELLS_ALL else ("name",)
    return jsonify(team=[{name: row[name] for name in names} for row in sorted(tracker().all("users"), key=lambda row: row["username"])])
