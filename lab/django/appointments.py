"""Appointments: list, book, leave a message, and the page that asks before one is cancelled."""

from pages import Field, Form, back_to, failure, page
from people import logged_in
from store import store


@logged_in
def appointments(request):
    book = Form("POST /appointments", "New appointment", "Book", (Field("day", "Day"), Field("reason", "What is it about?")))
    return page(request, "Appointments", (book,), template="appointments.html", appointments=store.appointments(request.patient["username"]))


@logged_in
def book(request):
    if not request.POST.get("day"):
        return failure(request, 422, "The day is missing.")
    return back_to("/appointments/" + store.book(request.patient["username"], request.POST["day"], request.POST.get("reason", "")))


@logged_in
def search(request):
    query = request.GET.get("q", "")
    found = [row for row in store.appointments(request.patient["username"]) if query.lower() in f"{row['day']} {row['reason']}".lower()]
    return page(request, "Search", template="appointments.html", appointments=found, query=query)


@logged_in
def appointment(request, appointment_id):
    found, path = store.appointment(request.patient["username"], appointment_id), f"/appointments/{appointment_id}"
    message = Form("POST /appointments/{appointment_id}/message", "Message to the doctor", "Leave message",
                   (Field("message", "Message", found["message"]),), path + "/message")
    return page(request, found["reason"] or "Appointment", (message,), (("Day", found["day"]), ("Message", found["message"] or "none")),
                template="appointment.html", appointment=found)


@logged_in
def message(request, appointment_id):
    if "message" not in request.POST:
        return failure(request, 422, "The message is missing.")
    store.leave_message(request.patient["username"], appointment_id, request.POST["message"])
    return back_to(f"/appointments/{appointment_id}")


@logged_in
def confirm_cancel(request, appointment_id):
    found = store.appointment(request.patient["username"], appointment_id)
    sure = Form("POST /appointments/{appointment_id}/cancel", "Really cancel it?", "Cancel appointment",
                action=f"/appointments/{appointment_id}/cancel", danger=True)
    return page(request, "Cancel appointment", (sure,), (("Day", found["day"]), ("Reason", found["reason"])))


@logged_in
def cancel(request, appointment_id):
    store.cancel(request.patient["username"], appointment_id)
    return back_to("/appointments")
