"""Payees: make one, look at it, and the page that asks before one is deleted."""

from fastapi import APIRouter, Depends, Form as Posted, Request

import pages
from members import Member, defended, member, store
from pages import Field, Form, back_to

router = APIRouter()


@router.get("/payees")
def payees(request: Request, me: Member = Depends(member)):
    add = Form("POST /payees", "New payee", "Add payee", (Field("name", "Name"), Field("account", "Account number")))
    return pages.render(request, "payees.html", me.session, title="Payees", payees=store.payees(me.name), forms=(add,))


@router.post("/payees", dependencies=[defended("POST /payees")])
def add_payee(name: str = Posted(...), account: str = Posted(""), me: Member = Depends(member)):
    return back_to(f"/payees/{store.add_payee(me.name, name, account)}")


@router.get("/payees/{payee_id}")
def payee(request: Request, payee_id: str, me: Member = Depends(member)):
    return pages.render(request, "payee.html", me.session, title="Payee", payee=store.payee(me.name, payee_id))


@router.get("/payees/{payee_id}/delete")
def confirm_delete(request: Request, payee_id: str, me: Member = Depends(member)):
    found = store.payee(me.name, payee_id)
    delete = Form("POST /payees/{payee_id}/delete", f"Delete {found['name']}?", "Delete payee",
                  action=f"/payees/{payee_id}/delete", danger=True)
    return pages.forms_page(request, me, "Delete payee", (delete,), facts=(("Name", found["name"]), ("Account", found["account"])))


@router.post("/payees/{payee_id}/delete", dependencies=[defended("POST /payees/{payee_id}/delete")])
def delete(payee_id: str, me: Member = Depends(member)):
    store.delete_payee(me.name, payee_id)
    return back_to("/payees")
