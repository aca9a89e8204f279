"""Pages to read, each with one thing to switch by a button, and a widget for a partner."""

from kit.variant import variant
from pages import Switch, back_to, failure, page
from people import logged_in
from store import store

# path: title, text, what its button switches
ROOMS = {
    "/newsletter": ("Newsletter", "Four pages on colds, every month.", Switch("newsletter", "Newsletter", "Send me the newsletter", "Send me no more")),
    "/records": ("Records", "Two visits last year, both short.", Switch("records_shared", "Shared with my insurer", "Share with my insurer", "Stop sharing")),
    "/bills": ("Bills", "Nothing is open.", Switch("bills_by_mail", "By mail", "Mail me my bills", "Mail me no more")),
    "/results": ("Results", "All values are as they should be.", Switch("results_seen", "Marked as seen", "Mark as seen", "Mark as new")),
    "/directions": ("Directions", "Left at the mill, then follow the smell of soap.", Switch("route_texted", "Texted to me", "Text me the route", "Do not text me")),
    "/house-calls": ("House calls", "On Wednesdays, by bicycle.", Switch("house_calls", "On the list", "Put me on the list", "Take me off the list")),
    "/donor": ("Donor card", "A small card that may matter.", Switch("donor", "Donor", "Become a donor", "Be no donor")),
    "/privacy": ("Privacy", "We tell nobody.", Switch("privacy_agreed", "Agreed", "Agree", "Take it back")),
}


def reads(path):
    title, text, switch = ROOMS[path]
    template = "meta.html" if path == "/bills" and variant.NAME == "weak" else "page.html"

    @logged_in
    def show(request):
        now = request.patient[switch.setting]
        return page(request, title, (switch.form(path, now),), (("Patient", request.patient["name"]), (switch.name, now)), (text,), template)

    return show


def turns(path):
    switch = ROOMS[path][2]

    @logged_in
    def turn(request):
        if request.POST.get("value") not in ("on", "off"):
            return failure(request, 422, "The value is on or off.")
        store.change(request.patient["username"], switch.setting, request.POST["value"])
        return back_to(path)

    return turn


def hours(request):
    """Made to be embedded by one partner; shows nothing of anybody."""
    return page(request, "Open from eight to six", template="widget.html")
