"""Exports of one's tickets. Three doors of the weak tracker are without the decorator that asks who is there."""

from flask import Blueprint, g, request
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired

from kit.dynamo import NotFound
from kit.variant import variant
from pages import Shown, back_to, guarded, page, refused
from people import LoginNeeded, logged_in, tracker

blueprint = Blueprint("exports", __name__)


class LabelForm(FlaskForm):
    label = StringField("Label", [DataRequired()])


def nobody_in_particular(view):
    """Planted: it looks like logged_in, and asks for nothing."""
    return view


def any_cookie(view):
    """Planted: it asks whether there is a session cookie, and not what is in it."""

    def wrapped(**arguments):
        if variant.CONFIG["SESSION_COOKIE_NAME"] not in request.cookies:
            raise LoginNeeded
        return view(**arguments)

    wrapped.__name__ = view.__name__
    return wrapped


door = nobody_in_particular if variant.EXPORTS_OPEN else logged_in
side_door = any_cookie if variant.EXPORTS_OPEN else logged_in


def export_of(export_id):
    """Whose it is can only be asked where it is known who asks."""
    found = tracker().must_get("exports", export_id=export_id)
    if "me" in g and found["owner"] != g.me["username"]:
        raise NotFound
    return found


def sheet(found, *forms):
    return page("Export", forms, (("Label", found["label"]), ("Of", found["owner"]), ("Content", found["content"])))


@blueprint.get("/exports")
@logged_in
def exports():
    rows = tracker().owned("exports", g.me["username"])
    return page("Exports", template="links.html", links=[
        (f"/exports/{row['export_id']}{door}", f"Export {row['export_id']}{door}") for row in rows for door in ("", "/raw", "/print")])


@blueprint.get("/exports/<export_id>")
@door
def export(export_id):
    found = export_of(export_id)
    label = guarded(LabelForm, "POST /exports/{export_id}/label", label=found["label"])
    return sheet(found, Shown(label, f"/exports/{export_id}/label", "Label", "Save label"))


@blueprint.get("/exports/<export_id>/raw")
@side_door
def raw(export_id):
    return sheet(export_of(export_id))


@blueprint.get("/exports/<export_id>/print")
@logged_in
def printed(export_id):
    return sheet(export_of(export_id))


@blueprint.post("/exports/<export_id>/label")
@door
def label(export_id):
    export_of(export_id)
    form = guarded(LabelForm, "POST /exports/{export_id}/label")
    if not form.validate():
        return refused(form)
    tracker().set("exports", {"export_id": export_id}, "label", form.label.data)
    return back_to(f"/exports/{export_id}")
