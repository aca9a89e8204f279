"""Prescriptions: pages and forms, the number of a prescription in the path.

The table is keyed by that number alone, so whose it is has to be asked each time.
"""

from kit.dynamo import NotFound
from kit.numbers import number
from kit.variant import variant
from pages import Field, Form, back_to, failure, page
from people import logged_in
from store import store


def prescription_of(request, prescription_id, of_all):
    """Somebody else's prescription is not there, unless it is of_all."""
    found = store.must_get("prescriptions", prescription_id=prescription_id)
    if not of_all and found["owner"] != request.patient["username"]:
        raise NotFound
    return found


@logged_in
def prescriptions(request):
    ask = Form("POST /prescriptions", "Ask for a prescription", "Ask", (Field("drug", "Drug"), Field("dose", "Dose")))
    rows = store.owned("prescriptions", request.patient["username"])
    return page(request, "Prescriptions", (ask,), template="links.html", links=[(f"/prescriptions/{row['prescription_id']}", row["drug"]) for row in rows])


@logged_in
def ask(request):
    if not request.POST.get("drug"):
        return failure(request, 422, "The drug is missing.")
    row = {"prescription_id": number(), "owner": request.patient["username"], "drug": request.POST["drug"], "dose": request.POST.get("dose", "")}
    store.put("prescriptions", row)
    return back_to(f"/prescriptions/{row['prescription_id']}")


@logged_in
def prescription(request, prescription_id):
    found, path = prescription_of(request, prescription_id, variant.PRESCRIPTIONS_OF_ALL), f"/prescriptions/{prescription_id}"
    forms = (
        Form("POST /prescriptions/{prescription_id}", "Change it", "Save prescription", (
            Field("drug", "Drug", found["drug"]), Field("dose", "Dose", found["dose"])), path),
        Form("POST /prescriptions/{prescription_id}/delete", "Not needed?", "Delete prescription", action=path + "/delete", danger=True),
    )
    return page(request, "Prescription", forms, (("Drug", found["drug"]), ("Dose", found["dose"])))


@logged_in
def change(request, prescription_id):
    prescription_of(request, prescription_id, variant.PRESCRIPTIONS_OF_ALL)
    for name in ("drug", "dose"):
        store.set("prescriptions", {"prescription_id": prescription_id}, name, request.POST.get(name, ""))
    return back_to(f"/prescriptions/{prescription_id}")


@logged_in
def delete(request, prescription_id):
    prescription_of(request, prescription_id, False)
    store.delete("prescriptions", prescription_id=prescription_id)
    return back_to("/prescriptions")
