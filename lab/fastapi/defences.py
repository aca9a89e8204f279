"""Defences against forged requests that hold, one value each.

A Defence refuses a request by raising, and knows what the endpoint's own form
has to carry to be let through. Which endpoint has which defence is decided by
the variant: weak.py or repaired.py.

The session cookie of the weak variant travels with every cross-site request, so
each of these stands on its own there.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Callable

from fastapi import HTTPException

from cookies import keep

# One process, one key: sessions survive a restart, open forms do not.
KEY = os.environ.get("MANTLET_LAB_KEY", "").encode() or os.urandom(32)


def seal(*parts):
    """A value only this bank can compute."""
    return hmac.new(KEY, "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:40]


def same(expected, sent):
    """Constant-time, and false when either is absent: two missing tokens are not a match."""
    return bool(expected) and isinstance(sent, str) and hmac.compare_digest(expected.encode(), sent.encode())


def refuse(why, status=403):
    raise HTTPException(status, why)


def media_type(request):
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def own_origin(request):
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


async def form_value(request, name):
    if media_type(request) in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return (await request.form()).get(name)
    return None


def nothing(request, session):
    return {}


@dataclass(frozen=True)
class Defence:
    check: Callable  # async (request, session), raises HTTPException to refuse
    fields: Callable = nothing  # (request, session) -> hidden fields of the endpoint's own form
    query: Callable = nothing  # the same for the query string of its action
    headers: Callable = nothing  # the same for requests its page's script sends


def synchronizer(field="csrf_token"):
    """A token kept with the session, sent back in a hidden field. Another field name gives another token."""

    def token(session):
        return session.token if field == "csrf_token" else seal(field, session.id)

    async def check(request, session):
        if not same(token(session), await form_value(request, field)):
            refuse("The form has expired. Please go back and try again.")

    return Defence(check, fields=lambda request, session: {field: token(session)})


def visitor_token(cookie):
    """For forms shown before anybody is logged in: bound to a visitor cookie, which only this bank can seal."""
    field = "visitor_token"

    def token(request):
        return seal("visitor", keep(request, cookie))

    async def check(request, session):
        held = request.cookies.get(cookie.name)
        if not held or not same(seal("visitor", held), await form_value(request, field)):
            refuse("The form has expired. Please go back and try again.")

    return Defence(check, fields=lambda request, session: {field: token(request)})


def signed_double_submit(cookie):
    """The token stands in a cookie and in the form, and is signed over the session it belongs to."""

    def make(session):
        nonce = os.urandom(8).hex()
        return f"{nonce}.{seal('double submit', session.id, nonce)}"

    def genuine(value, session):
        nonce, _, signature = (value or "").partition(".")
        return same(seal("double submit", session.id, nonce), signature)

    def fields(request, session):
        return {"double_submit": keep(request, cookie, lambda: make(session), lambda value: genuine(value, session))}

    async def check(request, session):
        held = request.cookies.get(cookie.name)
        if not genuine(held, session) or not same(held, await form_value(request, "double_submit")):
            refuse("The form has expired. Please go back and try again.")

    return Defence(check, fields=fields)


async def _fetch_metadata(request, session):
    # Absent means a browser too old to send it, or none at all: refused too.
    if request.headers.get("sec-fetch-site") != "same-origin":
        refuse("This can only be done from the bank's own pages.")


async def _strict_origin(request, session):
    if request.headers.getlist("origin") != [own_origin(request)]:
        refuse("This can only be done from the bank's own pages.")


async def _header_token(request, session):
    if not same(session.token, request.headers.get("x-csrf-token")):
        refuse("The page has expired. Please reload it.")


async def _custom_header(request, session):
    # Another site's script cannot add a header without a preflight, which the
    # bank does not answer.
    if request.headers.get("x-requested-with") != "bank":
        refuse("This can only be done from the bank's own pages.")


async def _json_only(request, session):
    # Another site's page can send JSON, but not call it application/json
    # without a preflight.
    if media_type(request) != "application/json":
        refuse("Send application/json.", 415)


async def _bearer_only(request, session):
    """The bearer dependency of the endpoint does the work: a browser adds no such header by itself."""


fetch_metadata = Defence(_fetch_metadata)
strict_origin = Defence(_strict_origin)
header_token = Defence(_header_token, headers=lambda request, session: {"X-CSRF-Token": session.token})
custom_header = Defence(_custom_header, headers=lambda request, session: {"X-Requested-With": "bank"})
json_only = Defence(_json_only)
bearer_only = Defence(_bearer_only)


def both(first, second):
    """Two defences of requests that scripts send."""

    async def check(request, session):
        await first.check(request, session)
        await second.check(request, session)

    def headers(request, session):
        return {**first.headers(request, session), **second.headers(request, session)}

    return Defence(check, headers=headers)
