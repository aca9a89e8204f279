"""The time sheet's entries: pages and forms, the number of an entry in the path.

The table is keyed by that number alone, so whose it is has to be asked each time.
"""

from flask import Blueprint, g
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired

from kit.dynamo import NotFound
from kit.numbers import number
from kit.variant import variant
from pages import Button, Shown, back_to, guarded, page, refused
from people import logged_in, tracker

blueprint = Blueprint("times", __name__)


class EntryForm(FlaskForm):
    work = StringField("Work", [DataRequired()])
    hours = StringField("Hours")


def entry_of(entry_id, of_all):
    """Somebody else's entry is not there, unless it is of_all."""
    found = tracker().must_get("times", entry_id=entry_id)
    if not of_all and found["owner"] != g.me["username"]:
        raise NotFound
    return found


@blueprint.get("/times")
@logged_in
def times():
    make = Shown(guarded(EntryForm, "POST /times"), "/times", "New entry", "Enter")
    return page("Times", (make,), template="links.html",
                links=[(f"/times/{row['entry_id']}", row["work"]) for row in tracker().owned("times", g.me["username"])])


@blueprint.post("/times")
@logged_in
def enter():
    form, entry_id = guarded(EntryForm, "POST /times"), number()
    if not form.validate():
        return refused(form)
    tracker().put("times", {"entry_id": entry_id, "owner": g.me["username"], "work": form.work.data, "hours": form.hours.data or "0"})
    return back_to(f"/times/{entry_id}")


@blueprint.get("/times/<entry_id>")
@logged_in
def entry(entry_id):
    found = entry_of(entry_id, variant.TIMES_OF_ALL)
    save = guarded(EntryForm, "POST /times/{entry_id}", work=found["work"], hours=found["hours"])
    forms = (Shown(save, f"/times/{entry_id}", "Change it", "Save entry"),
             Shown(guarded(Button, "POST /times/{entry_id}/delete"), f"/times/{entry_id}/delete", "Entered twice?", "Delete entry", danger=True))
    return page("Entry", forms, (("Work", found["work"]), ("Hours", found["hours"])))


@blueprint.post("/times/<entry_id>")
@logged_in
def save(entry_id):
    entry_of(entry_id, variant.TIMES_OF_ALL)
    form = guarded(EntryForm, "POST /times/{entry_id}")
    if not form.validate():
        return refused(form)
    tracker().set("times", {"entry_id": entry_id}, "work", form.work.data)
    tracker().set("times", {"entry_id": entry_id}, "hours", form.hours.data)
    return back_to(f"/times/{entry_id}")


@blueprint.post("/times/<entry_id>/delete")
@logged_in
def delete(entry_id):
    entry_of(entry_id, False)
    form = guarded(Button, "POST /times/{entry_id}/delete")
    if not form.validate():
        return refused(form)
    tracker().delete("times", entry_id=entry_id)
    return back_to("/times")
