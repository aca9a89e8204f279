"""Where everything is, and which endpoint each view answers for."""

import os
from pathlib import Path

from django.contrib import admin
from django.http import HttpResponseNotAllowed
from django.urls import path as route
from django.views.static import serve

import appointments
import patient
import people
import rooms
from kit.variant import variant
from pages import failure


def at(path, get=None, post=None):
    """The route of a path that pages link to with get, and forms post to with post."""

    def view(request, **arguments):
        chosen = {"GET": get, "HEAD": get, "POST": post}.get(request.method)
        return chosen(request, **arguments) if chosen else HttpResponseNotAllowed([name for name, one in (("GET", get), ("POST", post)) if one])

    view.__name__ = path
    pattern = path[1:].replace("{appointment_id}", "<slug:appointment_id>")
    return route(pattern, variant.framed(path, variant.guard(f"POST {path}", view)))


urlpatterns = [
    at("/", people.home),
    at("/about", people.about),
    at("/login", people.login_form, people.login),
    at("/logout", post=people.logout),
    at("/appointments", appointments.appointments, appointments.book),
    at("/appointments/{appointment_id}", appointments.appointment),
    at("/appointments/{appointment_id}/message", post=appointments.message),
    at("/appointments/{appointment_id}/cancel", appointments.confirm_cancel, appointments.cancel),
    at("/search", appointments.search),
    at("/profile", patient.profile),
    *(at(path, post=patient.saves(setting, "/profile")) for path, setting, _ in patient.FORMS),
    at("/settings/reminder", patient.reminder, patient.saves("reminder", "/settings/reminder")),
    at("/preferences", patient.preferences),
    at("/api/me", patient.me),
    *(at(path, post=patient.saves_json(path, setting)) for path, setting, _ in patient.SCRIPTED),
    *(at(path, rooms.reads(path), rooms.turns(path)) for path in rooms.ROOMS),
    at("/widget/hours", rooms.hours),
    route("admin/", admin.site.urls),
    # For the administration's style and scripts alone.
    route("static/<path:path>", serve, {"document_root": Path(admin.__file__).parent / "static"}),
]

if os.environ.get("PRINCIPAL_KEY"):
    from recipes import django_notebook

    urlpatterns += django_notebook.routes()


def handler404(request, exception):
    return failure(request, 404, "There is no such page.")
