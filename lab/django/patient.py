"""The patient's own data: settings with a form each, reminders, and what the preferences page's script sends."""

import json

from django.http import JsonResponse
from django.middleware.csrf import get_token

from kit.variant import variant
from pages import Field, Form, back_to, failure, page
from people import logged_in
from store import SETTINGS, store

# path, setting, what it is called
FORMS = (
    ("/profile/email", "email", "E-mail"),
    ("/profile/address", "address", "Address"),
    ("/profile/phone", "phone", "Phone"),
    ("/profile/nickname", "nickname", "Nickname"),
    ("/profile/language", "language", "Language"),
)
SCRIPTED = (("/api/doctor", "doctor", "My doctor"), ("/api/diet", "diet", "Diet"), ("/api/pharmacy", "pharmacy", "Pharmacy"))


@logged_in
def profile(request):
    forms = [Form(f"POST {path}", name, f"Save {name.lower()}", (Field("value", name, request.patient[setting]),)) for path, setting, name in FORMS]
    forms.append(Form("POST /logout", "Leave", "Log out"))
    return page(request, "Profile", forms, [("User name", request.patient["username"]), *((name, request.patient[setting]) for _, setting, name in FORMS)])


def saves(setting, page_path):
    """The view that stores what a form of one field sends."""

    @logged_in
    def save(request):
        if not request.POST.get("value"):
            return failure(request, 422, "The value is missing.")
        store.change(request.patient["username"], setting, request.POST["value"])
        return back_to(page_path)

    return save


@logged_in
def reminder(request):
    if variant.REMINDER_BY_LINK and request.GET.get("value"):
        # Planted: a link that changes something.
        store.change(request.patient["username"], "reminder", request.GET["value"])
        return back_to("/settings/reminder")
    choose = Form("POST /settings/reminder", "Remind me in the", "Save reminder", (Field("value", "Reminder", request.patient["reminder"]),))
    links = ("morning", "evening") if variant.REMINDER_BY_LINK else ()
    return page(request, "Reminder", (choose,), (("Reminder", request.patient["reminder"]),), template="reminder.html", links=links)


@logged_in
def preferences(request):
    rows = [(path, setting, label, request.patient[setting]) for path, setting, label in SCRIPTED]
    return page(request, "Preferences", template="preferences.html", rows=rows, token=get_token(request))


@logged_in
def me(request):
    name = request.patient["username"]
    return JsonResponse({"username": name, "appointments": store.appointments(name), **{key: request.patient[key] for key in sorted(SETTINGS)}})


def saves_json(path, setting):
    """The view that stores what the page's script sends."""

    @logged_in
    def save(request):
        if f"POST {path}" not in variant.ANY_TYPE and request.content_type != "application/json":
            return JsonResponse({"error": "Send application/json."}, status=415)
        try:
            value = json.loads(request.body)[setting]
        except (ValueError, KeyError, TypeError):
            return JsonResponse({"error": f"{setting} is missing."}, status=422)
        if not isinstance(value, str):
            return JsonResponse({"error": f"{setting} is not text."}, status=422)
        store.change(request.patient["username"], setting, value)
        return JsonResponse({setting: value})

    return save
