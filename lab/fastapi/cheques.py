"""Cheques: hand one in, and have it cashed, once."""

import time

from fastapi import APIRouter, Depends, Form as Posted, HTTPException, Request

import pages
from kit.variant import variant
from members import Member, defended, member, store
from pages import Field, Form, back_to
from store import Cashed

router = APIRouter()

OTHER_BANK_SECONDS = 0.05  # how long the weak bank's question to the other bank takes


@router.get("/cheques")
def cheques(request: Request, me: Member = Depends(member)):
    add = Form("POST /cheques", "New cheque", "Hand in cheque", (Field("drawer", "Drawn by"),))
    return pages.render(request, "cheques.html", me.session, title="Cheques", cheques=store.cheques(me.name), balance=me.user["balance"], forms=(add,))


@router.post("/cheques", dependencies=[defended("POST /cheques")])
def hand_in(drawer: str = Posted(...), me: Member = Depends(member)):
    return back_to(f"/cheques/{store.add_cheque(me.name, drawer)}")


@router.get("/cheques/{cheque_id}")
def cheque(request: Request, cheque_id: str, me: Member = Depends(member)):
    found = store.cheque(me.name, cheque_id)
    forms = (Form("POST /cheques/{cheque_id}/cash", "25 EUR", "Cash cheque", action=f"/cheques/{cheque_id}/cash"),
             Form("POST /cheques/{cheque_id}/delete", "Tear it up?", "Delete cheque", action=f"/cheques/{cheque_id}/delete", danger=True))
    return pages.forms_page(request, me, "Cheque", forms, facts=(("Drawn by", found["drawer"]), ("State", found["state"])))


@router.post("/cheques/{cheque_id}/cash", dependencies=[defended("POST /cheques/{cheque_id}/cash")])
def cash(cheque_id: str, me: Member = Depends(member)):
    try:
        if variant.CHEQUES_RACED:
            look_and_cash(cheque_id, me)
        else:
            store.cash_cheque(me.name, cheque_id)
    except Cashed:
        raise HTTPException(409, "This cheque is cashed already.") from None
    return back_to("/cheques")


def look_and_cash(cheque_id, me):
    """Looks first and marks afterwards."""
    if store.cheque(me.name, cheque_id)["state"] != "open":
        raise Cashed
    time.sleep(OTHER_BANK_SECONDS)
    store.set("cheques", {"owner": me.name, "cheque_id": cheque_id}, "state", "cashed")
    store.pay_in(me.name)


@router.post("/cheques/{cheque_id}/delete", dependencies=[defended("POST /cheques/{cheque_id}/delete")])
def delete(cheque_id: str, me: Member = Depends(member)):
    store.delete_cheque(me.name, cheque_id)
    return back_to("/cheques")
