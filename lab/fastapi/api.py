"""JSON: what the pages' scripts call with the session cookie, and /api/v1 for programs with a bearer token."""

import json

from fastapi import APIRouter, Depends, HTTPException, Request

import pages
from members import LoginNeeded, Member, defended, member, store
from store import SETTINGS
from kit.variant import variant

router = APIRouter()


def takes(**properties):
    """The OpenAPI description of a body that is read by hand."""
    schema = {"type": "object", "required": list(properties), "properties": {name: {"type": kind} for name, kind in properties.items()}}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def json_body(request: Request):
    """The body as JSON, whatever it calls itself. Refusing other types is the endpoint's defence, where it has one."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise HTTPException(400, "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise HTTPException(422, "The body is not an object.")
    return body


def text(body, name):
    value = body.get(name)
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise HTTPException(422, f"{name} is missing.")
    return str(value)


def about(user):
    return {"username": user["username"], "role": user["role"], "balance": user["balance"], **{name: user[name] for name in sorted(SETTINGS)}}


@router.get("/api/me")
def me_api(me: Member = Depends(member)):
    return about(me.user)


# One row each: the page's heading, the endpoint, its one entry and the label.
SCRIPTED = (
    ("Currency", "/api/preferences", "currency", "Show amounts in"),
    ("Alerts", "/api/alerts", "alert_above", "Tell me about transfers above"),
    ("Contact", "/api/contact", "contact_time", "Call me in the"),
    ("Note", "/api/note", "note", "Note to myself"),
)


@router.get("/preferences")
def preferences_page(request: Request, me: Member = Depends(member)):
    headers = {path: json.dumps(variant.defence(f"POST {path}").headers(request, me.session)) for _, path, _, _ in SCRIPTED}
    return pages.render(request, "preferences.html", me.session, title="Preferences", user=me.user, rows=SCRIPTED, headers=headers)


def saved(me, name, body):
    value = text(body, name)
    store.change(me.name, name, value)
    return {name: value}


@router.get("/api/preferences")
def preferences(me: Member = Depends(member)):
    return {row[2]: me.user[row[2]] for row in SCRIPTED}


@router.post("/api/preferences", dependencies=[defended("POST /api/preferences")], openapi_extra=takes(currency="string"))
def save_preferences(body: dict = Depends(json_body), me: Member = Depends(member)):
    return saved(me, "currency", body)


@router.post("/api/alerts", dependencies=[defended("POST /api/alerts")], openapi_extra=takes(alert_above="string"))
def save_alerts(body: dict = Depends(json_body), me: Member = Depends(member)):
    return saved(me, "alert_above", body)


@router.post("/api/contact", dependencies=[defended("POST /api/contact")], openapi_extra=takes(contact_time="string"))
def save_contact(body: dict = Depends(json_body), me: Member = Depends(member)):
    return saved(me, "contact_time", body)


@router.post("/api/note", dependencies=[defended("POST /api/note")], openapi_extra=takes(note="string"))
def save_note(body: dict = Depends(json_body), me: Member = Depends(member)):
    return saved(me, "note", body)


# For programs. No cookie opens these.

def bearer(request: Request):
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    session = store.session(token, "bearer") if scheme.lower() == "bearer" else None
    if not session:
        raise LoginNeeded
    return Member(session, store.user(session.username))


@router.post("/api/v1/token", dependencies=[defended("POST /api/v1/token", anonymous=True)],
             openapi_extra=takes(username="string", password="string"))
def token(body: dict = Depends(json_body)):
    user = store.authenticate(text(body, "username"), text(body, "password"))
    if not user:
        raise HTTPException(401, "User name and password do not match.")
    return {"access_token": store.start_session(user["username"], "bearer").id, "token_type": "bearer"}


@router.get("/api/v1/me")
def me_v1(me: Member = Depends(bearer)):
    return about(me.user)


@router.post("/api/v1/transfers", dependencies=[defended("POST /api/v1/transfers", anonymous=True)],
             openapi_extra=takes(recipient="string", amount="integer", memo="string"))
def transfer_v1(body: dict = Depends(json_body), me: Member = Depends(bearer)):
    amount = body.get("amount")
    if not isinstance(amount, int) or amount <= 0:
        raise HTTPException(422, "amount has to be a positive number.")
    return {"transfer_id": store.transfer(me.name, text(body, "recipient"), amount, text(body, "memo"))}
