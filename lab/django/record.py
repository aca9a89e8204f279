"""The patient's record: what is shown of it, and what may be written."""

import json

from django.http import JsonResponse
from django.middleware.csrf import get_token

from kit.variant import variant
from pages import Field, Form, back_to, failure, page
from people import logged_in
from store import store

SHOWN = ("name", "nickname", "motto", "plan", "discount", "verified")
WRITABLE = ("nickname", "motto")


def write(request, values, names):
    """Stores what the record has and names allow; None allows everything but whose record it is."""
    for name, value in values.items():
        if name in request.patient and name != "username" and isinstance(value, str) and (names is None or name in names):
            store.set("patients", {"username": request.patient["username"]}, name, value)


def shown(request):
    fresh = store.patient(request.patient["username"])
    return {name: fresh[name] for name in SHOWN}


@logged_in
def record(request):
    form = Form("POST /record", "You", "Save record", (
        Field("nickname", "Nickname", request.patient["nickname"]), Field("motto", "Motto", request.patient["motto"])))
    return page(request, "Record", (form,), tuple(shown(request).items()), template="record.html", patient=request.patient, token=get_token(request))


@logged_in
def save(request):
    if not request.POST.get("nickname"):
        return failure(request, 422, "The nickname is missing.")
    write(request, request.POST.dict(), None if variant.RECORD_TAKES_ALL else WRITABLE)
    return back_to("/record")


@logged_in
def record_api(request):
    return JsonResponse(shown(request))


def saves_json(names):
    """The view that stores what the page's script sends."""

    @logged_in
    def save_json(request):
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        if not isinstance(body, dict) or not body:
            return JsonResponse({"error": "There is nothing to save."}, status=422)
        write(request, body, names)
        return JsonResponse(shown(request))

    return save_json


save_record = saves_json(None if variant.RECORD_TAKES_ALL else WRITABLE)
save_motto = saves_json(("motto",))


@logged_in
def card(request):
    """What stands on the card: name and plan."""
    names = request.patient if variant.CARD_TELLS_ALL else ("name", "plan")
    return JsonResponse({name: request.patient[name] for name in names})
