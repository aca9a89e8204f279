"""Where everything is, and which endpoint each view answers for."""

import os
import re
from pathlib import Path

from django.contrib import admin
from django.http import HttpResponseNotAllowed
from django.urls import path as route
from django.views.static import serve

import appointments
import desk
import live
import measurements
import patient
import people
import prescriptions
import record
import referrals
import rooms
import windows
from kit.variant import variant
from pages import failure


def at(path, get=None, post=None, patch=None, delete=None):
    """The route of a path that pages link to with get, and forms post to with post."""
    views = {"GET": get, "HEAD": get, "POST": post, "PATCH": patch, "DELETE": delete}

    def view(request, **arguments):
        chosen = views.get(request.method)
        return chosen(request, **arguments) if chosen else HttpResponseNotAllowed([name for name, one in views.items() if one])

    view.__name__ = path
    pattern = re.sub(r"{(\w+)}", r"<slug:\1>", path[1:])
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
    at("/prescriptions", prescriptions.prescriptions, prescriptions.ask),
    at("/prescriptions/{prescription_id}", prescriptions.prescription, prescriptions.change),
    at("/prescriptions/{prescription_id}/delete", post=prescriptions.delete),
    at("/measurements", measurements.all_measurements),
    at("/measurements/{measurement_id}", measurements.one),
    at("/api/measurements", measurements.measurements, measurements.add),
    at("/api/measurements/{measurement_id}", measurements.measurement, patch=measurements.correct, delete=measurements.strike),
    at("/referrals", referrals.referrals),
    at("/referrals/{referral_id}", referrals.referral),
    at("/referrals/{referral_id}/print", referrals.printed),
    at("/referrals/{referral_id}/remark", post=referrals.remark),
    at("/board", desk.board),
    at("/desk", desk.desk),
    at("/desk/patients", desk.patients),
    at("/desk/words", desk.words),
    at("/desk/notice", post=desk.notice),
    at("/desk/hours", post=desk.hours),
    at("/desk/closing", desk.closing, desk.close),
    at("/record", record.record, record.save),
    at("/api/record", record.record_api, record.save_record),
    at("/api/record/motto", post=record.save_motto),
    at("/api/card", record.card),
    at("/doctors", windows.doctors),
    at("/doctors/{doctor_id}", windows.doctor),
    at("/api/doctors", windows.doctors_api),
    *(at(f"/api/chart/{name}", windows.chart) for name in windows.CHARTS),
    at("/connect", windows.connect),
    at("/window/card", windows.card),
    at("/window/pharmacy", windows.pharmacy),
    at("/window/seal", windows.seal),
    at("/live", live.live),
    route("admin/", admin.site.urls),
    # For the administration's style and scripts alone.
    route("static/<path:path>", serve, {"document_root": Path(admin.__file__).parent / "static"}),
]

if os.environ.get("PRINCIPAL_KEY"):
    from recipes import django_notebook

    urlpatterns += django_notebook.routes()


def handler404(request, exception):
    return failure(request, 404, "There is no such page.")
