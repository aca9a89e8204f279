"""The bank card: three settings, each defended in another way, and a picture of the card."""

from html import escape

from fastapi import APIRouter, Depends, Form as Posted, Request
from starlette.responses import Response

import pages
from members import Member, defended, member, store
from pages import Field, Form, back_to

router = APIRouter()


@router.get("/cards")
def cards(request: Request, me: Member = Depends(member)):
    user = me.user
    forms = (
        Form("POST /cards/limit", "Limit", "Save limit", (Field("card_limit", "EUR a month", user["card_limit"]),)),
        Form("POST /cards/freeze", "Freeze", "Save", (Field("card_frozen", "Frozen", user["card_frozen"], "select", ("no", "yes")),)),
        Form("POST /cards/nickname", "Name of the card", "Save name", (Field("card_nickname", "Name", user["card_nickname"]),)),
    )
    return pages.forms_page(request, me, "Card", forms, facts=(
        ("Limit", user["card_limit"]), ("Frozen", user["card_frozen"]), ("Name", user["card_nickname"])))


def change(me, name, value):
    store.change(me.name, name, value)
    return back_to("/cards")


@router.post("/cards/limit", dependencies=[defended("POST /cards/limit")])
def limit(card_limit: str = Posted(...), me: Member = Depends(member)):
    return change(me, "card_limit", card_limit)


@router.post("/cards/freeze", dependencies=[defended("POST /cards/freeze")])
def freeze(card_frozen: str = Posted(...), me: Member = Depends(member)):
    return change(me, "card_frozen", card_frozen)


@router.post("/cards/nickname", dependencies=[defended("POST /cards/nickname")])
def nickname(card_nickname: str = Posted(...), me: Member = Depends(member)):
    return change(me, "card_nickname", card_nickname)


CARD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 340 210" width="340" height="210">
<rect width="340" height="210" rx="16" fill="#1f4e4a"/><rect x="28" y="60" width="46" height="34" rx="6" fill="#d9b44a"/>
<text x="28" y="40" fill="#fff" font-family="sans-serif" font-size="20">Fallow Bank</text>
<text x="28" y="140" fill="#fff" font-family="monospace" font-size="20">5555 0000 0000 4242</text>
<text x="28" y="180" fill="#fff" font-family="sans-serif" font-size="16">{name}</text></svg>"""


@router.get("/card.svg")
def picture(me: Member = Depends(member)):
    return Response(CARD.format(name=escape(me.user["name"])), media_type="image/svg+xml")
