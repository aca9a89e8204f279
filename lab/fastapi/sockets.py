"""What the bank says over sockets: the balance, the spending limit, and what is everybody's."""

from fastapi import APIRouter, Depends, Request, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

import pages
from kit.variant import variant
from members import Member, member, store

router = APIRouter()


async def customer(connection):
    """The customer whose page opens the socket, after the handshake; None, and it is answered with 403."""
    origin, host = connection.headers.get("origin", ""), connection.headers.get("host", "")
    session = await run_in_threadpool(store.session, connection.cookies.get(variant.COOKIES["main"].name), "main")
    if not session or not variant.may_listen(connection.url.path, origin, host):
        await connection.close(1008)
        return None
    user = await run_in_threadpool(store.user, session.username)
    await connection.accept()
    return user


async def tell_balance(connection: WebSocket):
    """Begins with what is the customer's own."""
    user = await customer(connection)
    if user:
        await connection.send_json({"customer": user["username"], "email": user["email"], "balance": user["balance"]})
        await drained(connection)


async def drained(connection):
    try:
        while True:
            await connection.receive_text()
    except WebSocketDisconnect:
        pass


# The same three lines behind different doors: which origins get through is the variant's affair.
router.add_api_websocket_route("/balance/socket", tell_balance)
router.add_api_websocket_route("/balance/partner", tell_balance)
router.add_api_websocket_route("/balance/own", tell_balance)


@router.websocket("/alarm/socket")
async def alarm(connection: WebSocket):
    """Tells nothing and takes orders: {"alert_above": "100"}."""
    user = await customer(connection)
    try:
        while user:
            wanted = str((await connection.receive_json())["alert_above"])
            await run_in_threadpool(store.change, user["username"], "alert_above", wanted)
            await connection.send_json({"saved": True})
    except (WebSocketDisconnect, KeyError, TypeError, ValueError):
        pass


@router.websocket("/ticker/socket")
async def ticker(connection: WebSocket):
    """The same for everybody, with or without a session."""
    await connection.accept()
    await connection.send_json({"EUR": "1.00", "GBP": "0.85"})
    await drained(connection)


@router.get("/wire")
def wire(request: Request, me: Member = Depends(member)):
    return pages.render(request, "wire.html", me.session, title="Wire", now=me.user["alert_above"])
