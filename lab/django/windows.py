"""Pages that talk with other windows, answers for other sites' pages, and what is public anyway."""

from django.http import JsonResponse
from django.middleware.csrf import get_token

from kit.sharing import nobody
from kit.variant import variant
from pages import failure, page
from people import logged_in

DOCTORS = {"50010001": ("Dr Finch", "Sees to coughs."), "50010002": ("Dr Wren", "Sees to backs.")}
CHARTS = ("reflected", "sandboxed", "lookalike", "partner", "open")


def listens(template, title, checked):
    """A page with a message handler, which looks where messages come from if checked."""

    @logged_in
    def show(request):
        shown = page(request, title, facts=(("Card", f"{request.patient['name']}, {request.patient['email']}"), ("Pharmacy", request.patient["pharmacy"])),
                     template=template, checked=checked, token=get_token(request))
        # Django's "same-origin" takes the window from whoever opened it: then nobody could talk with it.
        shown["Cross-Origin-Opener-Policy"] = "unsafe-none"
        return shown

    return show


card = listens("tells.html", "Card", variant.MESSAGES_CHECKED)
pharmacy = listens("obeys.html", "Pharmacy", variant.MESSAGES_CHECKED)
seal = listens("tells.html", "Seal", True)


def sharing(view):
    """Everybody is answered; the browser decides who reads."""

    def shared(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        for name, value in variant.SHARED.get(request.path, nobody).headers(request.headers.get("Origin", ""), request.get_host()).items():
            response[name] = value
        return response

    return shared


@sharing
@logged_in
def chart(request):
    patient = request.patient
    return JsonResponse({"patient": patient["username"], "email": patient["email"], "doctor": patient["doctor"], "diet": patient["diet"]})


@sharing
def doctors_api(request):
    return JsonResponse({"doctors": [name for name, _ in DOCTORS.values()]})


def doctors(request):
    return page(request, "Doctors", template="links.html", links=[(f"/doctors/{number}", name) for number, (name, _) in DOCTORS.items()])


def doctor(request, doctor_id):
    """Public, with a number that looks like those of private things."""
    if doctor_id not in DOCTORS:
        return failure(request, 404, "There is no such thing.")
    name, text = DOCTORS[doctor_id]
    return page(request, name, paragraphs=(text,))


@logged_in
def connect(request):
    return page(request, "For programs", paragraphs=("Our partner reads your chart from here.",), template="links.html",
                links=[(f"/api/chart/{name}", name.title()) for name in CHARTS] + [
                    ("/api/doctors", "Doctors"), ("/window/card", "Card"), ("/window/pharmacy", "Pharmacy"), ("/window/seal", "Seal")])
