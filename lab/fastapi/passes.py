"""Passes: JSON Web Tokens for a telephone, which opens /api/v2 with them and never with a cookie."""

import time

from fastapi import APIRouter, Depends, Request

import pages
from api import json_body, takes, text
from defences import KEY
from kit import jwt
from kit.variant import variant
from members import LoginNeeded, Member, defended, member, store

router = APIRouter()


def holder_of(**looked_at):
    """A dependency: the customer whose pass is sent, as far as it is looked at."""

    def holder(request: Request):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        user = store.user(jwt.subject(KEY, token, **looked_at)) if scheme.lower() == "bearer" else None
        if not user:
            raise LoginNeeded
        return user

    return holder


of_pass = holder_of()
of_any_pass = holder_of(signature=not variant.PASSES_UNSIGNED)
of_old_pass = holder_of(expiry=not variant.PASSES_FOREVER)


@router.get("/api/v2/pass")
def current(me: Member = Depends(member)):
    return {"access_token": jwt.issue(KEY, me.name, time.time() + 900), "token_type": "bearer",
            "expired": [jwt.issue(KEY, me.name, jwt.LONG_AGO)]}


def about(user):
    return {"username": user["username"], "name": user["name"], "email": user["email"]}


@router.get("/api/v2/account")
def account(user: dict = Depends(of_any_pass)):
    return about(user)


@router.get("/api/v2/address")
def address(user: dict = Depends(of_old_pass)):
    return {**about(user), "address": user["address"]}


@router.get("/api/v2/contact")
def contact(user: dict = Depends(of_pass)):
    return about(user)


@router.put("/api/v2/contact", dependencies=[defended("PUT /api/v2/contact", anonymous=True)], openapi_extra=takes(contact_time="string"))
def set_contact(body: dict = Depends(json_body), user: dict = Depends(of_pass)):
    store.change(user["username"], "contact_time", text(body, "contact_time"))
    return {"contact_time": text(body, "contact_time")}


@router.get("/devices")
def devices(request: Request, me: Member = Depends(member)):
    return pages.render(request, "devices.html", me.session, title="Devices", stored=variant.PASS_STORED)
