"""Tickets: list, make, look at, comment, attach, and the page that asks before one is deleted."""

from flask import Blueprint, g, request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import DataRequired

from pages import Button, Shown, back_to, guarded, page, refused
from people import logged_in, tracker

blueprint = Blueprint("tickets", __name__)


class TicketForm(FlaskForm):
    title = StringField("Title", [DataRequired()])
    text = StringField("What is it about?")


class CommentForm(FlaskForm):
    text = StringField("Comment", [DataRequired()])


class AttachmentForm(FlaskForm):
    file = FileField("File", [FileRequired()])


@blueprint.get("/tickets")
@logged_in
def tickets():
    make = Shown(guarded(TicketForm, "POST /tickets"), "/tickets", "New ticket", "Open ticket")
    return page("Tickets", (make,), template="tickets.html", tickets=tracker().tickets(g.me["username"]))


@blueprint.post("/tickets")
@logged_in
def make():
    form = guarded(TicketForm, "POST /tickets")
    if not form.validate():
        return refused(form)
    return back_to("/tickets/" + tracker().add_ticket(g.me["username"], form.title.data, form.text.data))


@blueprint.get("/search")
@logged_in
def search():
    query = request.args.get("q", "")
    found = [ticket for ticket in tracker().tickets(g.me["username"]) if query.lower() in f"{ticket['title']} {ticket['text']}".lower()]
    return page("Search", template="tickets.html", tickets=found, query=query)


@blueprint.get("/tickets/<ticket_id>")
@logged_in
def ticket(ticket_id):
    found, path = tracker().ticket(g.me["username"], ticket_id), f"/tickets/{ticket_id}"
    comment = Shown(guarded(CommentForm, "POST /tickets/{ticket_id}/comments"), path + "/comments", "Add a comment", "Send comment")
    attach = Shown(guarded(AttachmentForm, "POST /tickets/{ticket_id}/attachment"), path + "/attachment", "Attach a file", "Attach", upload=True)
    return page(found["title"], (comment, attach), (("Text", found["text"]), ("Attachment", found["attachment"] or "none")),
                template="ticket.html", ticket=found, comments=tracker().comments(g.me["username"], ticket_id))


@blueprint.post("/tickets/<ticket_id>/comments")
@logged_in
def comment(ticket_id):
    form = guarded(CommentForm, "POST /tickets/{ticket_id}/comments")
    if not form.validate():
        return refused(form)
    tracker().comment(g.me["username"], ticket_id, form.text.data)
    return back_to(f"/tickets/{ticket_id}")


@blueprint.post("/tickets/<ticket_id>/attachment")
@logged_in
def attach(ticket_id):
    form = guarded(AttachmentForm, "POST /tickets/{ticket_id}/attachment")
    if not form.validate():
        return refused(form)
    # The file itself is thrown away; its name and length are all the lab needs.
    file = form.file.data
    tracker().attach(g.me["username"], ticket_id, f"{file.filename}, {file.seek(0, 2)} bytes")
    return back_to(f"/tickets/{ticket_id}")


@blueprint.get("/tickets/<ticket_id>/delete")
@logged_in
def confirm_delete(ticket_id):
    found = tracker().ticket(g.me["username"], ticket_id)
    sure = Shown(guarded(Button, "POST /tickets/{ticket_id}/delete"), f"/tickets/{ticket_id}/delete", "Really delete it?", "Delete ticket", danger=True)
    return page("Delete ticket", (sure,), (("Ticket", found["title"]),))


@blueprint.post("/tickets/<ticket_id>/delete")
@logged_in
def delete(ticket_id):
    form = guarded(Button, "POST /tickets/{ticket_id}/delete")
    if not form.validate():
        return refused(form)
    tracker().delete_ticket(g.me["username"], ticket_id)
    return back_to("/tickets")
