"""Settings: theme, paperless mail, spending limits, statement delivery, standing order."""

from fastapi import APIRouter, Depends, Form as Posted, Request

import pages
from members import Member, defended, member, store
from pages import Field, Form, back_to, on_off
from kit.variant import variant

router = APIRouter()

THEMES = ("light", "dark", "sepia")


@router.get("/settings/theme")
def theme(request: Request, value: str = "", me: Member = Depends(member)):
    # Planted in the weak bank: a link that changes something.
    if value and variant.THEME_CHANGES_ON_GET:
        store.change(me.name, "theme", value)
        return back_to("/settings/theme")
    links = [(name, f"/settings/theme?value={name}") for name in THEMES] if variant.THEME_CHANGES_ON_GET else []
    choose = Form("POST /settings/theme", "Theme", "Use theme", (
        Field("value", "Theme", me.user["theme"], "select", THEMES),))
    return pages.render(request, "theme.html", me.session, title="Theme", theme=me.user["theme"], links=links, forms=(choose,))


@router.post("/settings/theme", dependencies=[defended("POST /settings/theme")])
def choose_theme(value: str = Posted(...), me: Member = Depends(member)):
    store.change(me.name, "theme", value)
    return back_to("/settings/theme")


@router.get("/settings/paperless")
def paperless(request: Request, me: Member = Depends(member)):
    now = me.user["paperless"]
    switch = Form("POST /settings/paperless", "Letters", "Stop paper letters" if now == "off" else "Send paper letters again",
                  (on_off("paperless", "Paperless", now),))
    return pages.forms_page(request, me, "Paperless", (switch,), facts=(("Paperless", now),))


@router.post("/settings/paperless", dependencies=[defended("POST /settings/paperless")])
def switch_paperless(paperless: str = Posted(...), me: Member = Depends(member)):
    store.change(me.name, "paperless", paperless)
    return back_to("/settings/paperless")


@router.get("/settings/limits")
def limits(request: Request, me: Member = Depends(member)):
    limit = Form("POST /settings/limits", "Daily limit", "Save limit", (
        Field("daily_limit", "EUR a day", me.user["daily_limit"]),))
    return pages.forms_page(request, me, "Limits", (limit,), facts=(("Daily limit", me.user["daily_limit"]),))


# The page's form posts; programs put. Two routes, because they are defended
# differently.
@router.post("/settings/limits", dependencies=[defended("POST /settings/limits")])
def save_limits(daily_limit: str = Posted(...), me: Member = Depends(member)):
    store.change(me.name, "daily_limit", daily_limit)
    return back_to("/settings/limits")


@router.put("/settings/limits", dependencies=[defended("PUT /settings/limits")])
def put_limits(daily_limit: str = Posted(...), me: Member = Depends(member)):
    return save_limits(daily_limit, me)


@router.get("/settings/statements")
def statements(request: Request, me: Member = Depends(member)):
    deliver = Form("POST /settings/statements", "Delivery of statements", "Save address", (
        Field("statement_email", "Send statements to", me.user["statement_email"], "email"),))
    return pages.forms_page(request, me, "Statement delivery", (deliver,), facts=(("Sent to", me.user["statement_email"]),))


@router.post("/settings/statements", dependencies=[defended("POST /settings/statements")])
def save_statements(statement_email: str = Posted(...), me: Member = Depends(member)):
    store.change(me.name, "statement_email", statement_email)
    return back_to("/settings/statements")


@router.get("/standing-order")
def standing_order(request: Request, me: Member = Depends(member)):
    order = Form("POST /standing-order", "Standing order", "Save order", (
        Field("standing_order", "Every month", me.user["standing_order"]),))
    return pages.forms_page(request, me, "Standing order", (order,), facts=(("Every month", me.user["standing_order"]),))


@router.post("/standing-order", dependencies=[defended("POST /standing-order")])
def save_standing_order(standing_order: str = Posted(...), me: Member = Depends(member)):
    store.change(me.name, "standing_order", standing_order)
    return back_to("/standing-order")
