"""The account holder's record, for scripts: what is shown of it, and what may be written."""

from fastapi import APIRouter, Depends, HTTPException

from api import json_body, takes
from kit.variant import variant
from members import Member, defended, member, store

router = APIRouter()

SHOWN = ("name", "nickname", "phone", "tier", "verified")
WRITABLE = ("nickname", "phone")


@router.get("/api/holder/card")
def card(me: Member = Depends(member)):
    """What stands on the card, says the documentation: name and tier."""
    user = me.user
    return user if variant.HOLDER_TELLS_ALL else {"name": user["name"], "tier": user["tier"]}


@router.get("/api/holder")
def holder(me: Member = Depends(member)):
    return {name: me.user[name] for name in SHOWN}


def written(me, body, names):
    """Stores what the record has and names allow; None allows everything but whose record it is."""
    user = me.user
    for name, value in body.items():
        if name not in user or name in ("username", "password") or names is not None and name not in names:
            continue
        if type(value) is not type(user[name]):
            raise HTTPException(422, f"{name} is of another kind.")
        store.set("users", {"username": me.name}, name, value)
    fresh = store.user(me.name)
    return {name: fresh[name] for name in SHOWN}


@router.patch("/api/holder", dependencies=[defended("PATCH /api/holder")], openapi_extra=takes(nickname="string"))
def change(body: dict = Depends(json_body), me: Member = Depends(member)):
    return written(me, body, None if variant.HOLDER_TAKES_ALL else WRITABLE)


@router.patch("/api/holder/phone", dependencies=[defended("PATCH /api/holder/phone")], openapi_extra=takes(phone="string"))
def change_phone(body: dict = Depends(json_body), me: Member = Depends(member)):
    return written(me, body, ("phone",))
