"""For the staff. What is open in the weak tracker was meant to be found by nobody."""

import functools

from flask import Blueprint, abort, g, jsonify, request
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired

from kit.variant import variant
from pages import Shown, back_to, guarded, page, refused
from people import logged_in, tracker

blueprint = Blueprint("staff", __name__)


class TextForm(FlaskForm):
    text = StringField("Text", [DataRequired()])


def staff(view):
    """For views of the staff."""

    @functools.wraps(view)
    @logged_in
    def wrapped(**arguments):
        if g.me["role"] != "admin":
            abort(403, "This is for the staff.")
        return view(**arguments)

    return wrapped


forgotten = logged_in if variant.STAFF_OPEN else staff


@blueprint.get("/admin")
@staff
def admin():
    return page("Staff", template="links.html", links=(
        ("/admin/people", "People"), ("/admin/log", "Log"), ("/admin/words", "Words"), ("/api/admin/retention", "Retention")))


@blueprint.get("/admin/people")
@staff
def everybody():
    return page("People", facts=[(row["name"], row["email"]) for row in sorted(tracker().all("users"), key=lambda row: row["username"])])


@blueprint.get("/admin/log")
@forgotten
def log():
    return page("Log", facts=[(row["name"], f"last seen at {row['email']}, {row['internal_note']}")
                              for row in sorted(tracker().all("users"), key=lambda row: row["username"])])


@blueprint.get("/news")
@logged_in
def news():
    words = tracker().words()
    return page("News", facts=(("Banner", words["banner"]), ("Saying", words["saying"])))


@blueprint.get("/admin/words")
@staff
def words():
    now = tracker().words()
    return page("Words", [Shown(guarded(TextForm, f"POST /admin/{name}", text=now[name]), f"/admin/{name}", name.title(), f"Save {name}")
                          for name in ("banner", "saying")])


def _say(name):
    form = guarded(TextForm, f"POST /admin/{name}")
    if not form.validate():
        return refused(form)
    tracker().set("words", {"place": "everywhere"}, name, form.text.data)
    return back_to("/news")


@blueprint.post("/admin/banner")
@staff
def banner():
    return _say("banner")


@blueprint.post("/admin/saying")
@forgotten
def saying():
    return _say("saying")


@blueprint.route("/api/admin/retention", methods=["GET", "POST", "PUT"])
@logged_in
def retention():
    # Planted: the list of methods was made longer, the one here was not.
    if g.me["role"] != "admin" and (request.method in ("GET", "POST") or not variant.STAFF_OPEN):
        abort(403, "This is for the staff.")
    if request.method != "GET":
        body = variant.json_body(f"{request.method} /api/admin/retention")
        if not isinstance(body, dict) or not isinstance(body.get("days"), str):
            abort(422, "days are missing.")
        tracker().set("words", {"place": "everywhere"}, "days", body["days"])
    return jsonify(days=tracker().words()["days"])
