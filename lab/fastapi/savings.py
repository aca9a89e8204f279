"""Savings and documents: two corners of the bank that came with sessions of their own.

In the weak bank their cookies are set at login beside the main one, each with
one flaw; the repaired bank knows only the main session.
"""

from fastapi import APIRouter, Depends, Form as Posted, Request

import pages
from members import Member, defended, member_of, session_of, store
from pages import Field, Form, back_to

router = APIRouter()
saver = member_of("savings")
reader = member_of("documents")


@router.get("/savings")
def savings(request: Request, me: Member = Depends(saver)):
    goal = Form("POST /savings/goal", "Goal", "Save goal", (Field("savings_goal", "EUR to save", me.user["savings_goal"]),))
    return pages.forms_page(request, me, "Savings", (goal,), facts=(("Goal", me.user["savings_goal"]),))


@router.post("/savings/goal", dependencies=[defended("POST /savings/goal", of=session_of("savings"))])
def save_goal(savings_goal: str = Posted(...), me: Member = Depends(saver)):
    store.change(me.name, "savings_goal", savings_goal)
    return back_to("/savings")


@router.get("/documents")
def documents(request: Request, me: Member = Depends(reader)):
    return pages.render(request, "reading.html", me.session, title="Documents", switch="", forms=(), paragraphs=(
        f"Account agreement of {me.user['name']}, signed in May.", "Fee schedule for this year.", "Privacy notice."))
