"""The overdraft is switched in two steps: a button, then a second one that confirms.

The second page cannot be asked for by address: its form carries a ticket that
only the first step gives out.
"""

from fastapi import APIRouter, Depends, Form as Posted, Request

import pages
from defences import refuse, same, seal
from members import Member, defended, member, store
from pages import Field, Form, back_to, on_off

router = APIRouter()


def ticket(me, wanted):
    return seal("overdraft", me.session.id, me.user["overdraft"], wanted)


@router.get("/overdraft")
def overdraft(request: Request, me: Member = Depends(member)):
    now = me.user["overdraft"]
    review = Form("POST /overdraft/review", "Overdraft", "Switch overdraft on" if now == "off" else "Switch overdraft off",
                  (on_off("overdraft", "Overdraft", now),))
    return pages.forms_page(request, me, "Overdraft", (review,), facts=(("Overdraft", now),))


@router.post("/overdraft/review", dependencies=[defended("POST /overdraft/review")])
def review(request: Request, overdraft: str = Posted(...), me: Member = Depends(member)):
    confirm = Form("POST /overdraft/confirm", f"Switch overdraft {overdraft}?", "Yes, I am sure", (
        Field("overdraft", "Overdraft", overdraft, "hidden"), Field("ticket", "", ticket(me, overdraft), "hidden")))
    return pages.forms_page(request, me, "Confirm", (confirm,), lead="Interest is due on every day below zero.")


@router.post("/overdraft/confirm", dependencies=[defended("POST /overdraft/confirm")])
def confirm(overdraft: str = Posted(...), ticket_sent: str = Posted(..., alias="ticket"), me: Member = Depends(member)):
    if not same(ticket(me, overdraft), ticket_sent):
        refuse("Please start again.", 409)
    store.change(me.name, "overdraft", overdraft)
    return back_to("/overdraft")
