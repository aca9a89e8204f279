"""The bank's staff: who banks here, and in which role."""

from fastapi import APIRouter, Depends, Form as Posted, Request

import pages
from defences import refuse
from kit.variant import variant
from members import Member, admin, defended, member, store
from pages import Field, Form, back_to

router = APIRouter()

ROLES = ("customer", "admin")


clerk = admin if not variant.AUDIT_OPEN else member


@router.get("/admin/audit")
def audit(request: Request, me: Member = Depends(clerk)):
    """Everybody's money, for the staff."""
    return pages.forms_page(request, me, "Audit", (), facts=tuple((user["name"], f"{user['balance']} EUR, {user['internal_note']}") for user in store.users()))


@router.get("/admin/notice")
def notice(request: Request, me: Member = Depends(admin)):
    hang = Form("POST /admin/notice", "On every page of branches", "Hang it up", (Field("text", "Notice", store.notice()),))
    return pages.forms_page(request, me, "Notice", (hang,), facts=(("Notice", store.notice()),))


@router.post("/admin/notice", dependencies=[defended("POST /admin/notice")])
def hang(text: str = Posted(...), me: Member = Depends(clerk)):
    store.set("notices", {"notice_id": "now"}, "text", text)
    return back_to("/branches")


@router.get("/admin/users")
def users(request: Request, me: Member = Depends(admin)):
    everybody = store.users()
    forms = tuple(
        Form("POST /admin/users/{username}/role", user["name"], "Save role", (Field("role", "Role", user["role"], "select", ROLES),),
             action=f"/admin/users/{user['username']}/role") for user in everybody)
    return pages.forms_page(request, me, "Customers", forms, facts=tuple((user["name"], f"{user['balance']} EUR") for user in everybody))


@router.post("/admin/users/{username}/role", dependencies=[defended("POST /admin/users/{username}/role")])
def change_role(username: str, role: str = Posted(...), me: Member = Depends(admin)):
    if role not in ROLES:
        refuse("There is no such role.", 422)
    store.change_role(username, role)
    return back_to("/admin/users")
