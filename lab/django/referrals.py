"""Referrals to other doctors. Two views of the weak clinic are without logged_in."""

import functools

from kit.dynamo import NotFound
from kit.variant import variant
from pages import Field, Form, back_to, failure, page
from people import logged_in
from store import store


def nobody_in_particular(view):
    """Planted: in the place of logged_in, and asks for nothing."""

    @functools.wraps(view)
    def wrapped(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except NotFound:
            return failure(request, 404, "There is no such thing.")

    return wrapped


door = nobody_in_particular if variant.REFERRALS_OPEN else logged_in


def referral_of(request, referral_id):
    """Whose it is can only be asked where it is known who asks."""
    found = store.must_get("referrals", referral_id=referral_id)
    if hasattr(request, "patient") and found["owner"] != request.patient["username"]:
        raise NotFound
    return found


def sheet(request, found, *forms):
    return page(request, "Referral", forms, (("Patient", found["owner"]), ("Findings", found["findings"]), ("Remark", found["remark"])))


@logged_in
def referrals(request):
    rows = store.owned("referrals", request.patient["username"])
    return page(request, "Referrals", template="links.html", links=[
        (f"/referrals/{row['referral_id']}{end}", f"Referral {row['referral_id']}{end}") for row in rows for end in ("", "/print")])


@door
def referral(request, referral_id):
    remark = Form("POST /referrals/{referral_id}/remark", "Remark", "Save remark",
                  (Field("remark", "Remark", referral_of(request, referral_id)["remark"]),), f"/referrals/{referral_id}/remark")
    return sheet(request, referral_of(request, referral_id), remark)


@logged_in
def printed(request, referral_id):
    return sheet(request, referral_of(request, referral_id))


@door
def remark(request, referral_id):
    referral_of(request, referral_id)
    if "remark" not in request.POST:
        return failure(request, 422, "The remark is missing.")
    store.set("referrals", {"referral_id": referral_id}, "remark", request.POST["remark"])
    return back_to(f"/referrals/{referral_id}")
