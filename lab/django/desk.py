"""The front desk, for the staff. What is open in the weak clinic was meant to be found by nobody."""

import functools

from kit.variant import variant
from pages import Field, Form, Switch, back_to, failure, page
from people import logged_in
from store import store


def staff(view):
    """For views of the staff: Django's own mark, which no record of the clinic holds."""

    @functools.wraps(view)
    @logged_in
    def wrapped(request, *args, **kwargs):
        return view(request, *args, **kwargs) if request.user.is_staff else failure(request, 403, "This is for the staff.")

    return wrapped


forgotten = logged_in if variant.DESK_OPEN else staff


@staff
def desk(request):
    return page(request, "Front desk", template="links.html", links=(("/desk/patients", "Patients"), ("/desk/words", "Words"), ("/desk/closing", "Closing")))


@forgotten
def patients(request):
    return page(request, "Patients", facts=[(row["name"], f"{row['email']}, {row['internal_note']}")
                                            for row in sorted(store.all("patients"), key=lambda row: row["username"])])


@logged_in
def board(request):
    words = store.words()
    return page(request, "Board", facts=(("Notice", words["notice"]), ("Hours", words["hours"]), ("Closed", words["closed"])))


@staff
def words(request):
    now = store.words()
    return page(request, "Words", [Form(f"POST /desk/{name}", name.title(), f"Save {name}", (Field("value", name.title(), now[name]),))
                                   for name in ("notice", "hours")])


def says(name, who, back="/board"):
    """The view that stores what everybody will read."""

    @who
    def say(request):
        if not request.POST.get("value"):
            return failure(request, 422, "The value is missing.")
        store.set("words", {"place": "everywhere"}, name, request.POST["value"])
        return back_to(back)

    return say


CLOSED = Switch("closed", "Closed", "Close the clinic", "Open the clinic")


@forgotten
def closing(request):
    now = store.words()["closed"]
    return page(request, "Closing", (CLOSED.form("/desk/closing", now),), (("Closed", now),))


notice, hours, close = says("notice", forgotten), says("hours", staff), says("closed", forgotten, "/desk/closing")
