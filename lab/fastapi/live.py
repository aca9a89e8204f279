"""What stays open: rates as server-sent events, and a chat over a WebSocket that says everything back."""

import asyncio

from fastapi import APIRouter, Depends, Query, Request, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.websockets import WebSocketDisconnect

import pages
from kit.variant import variant
from members import Member, member, store

router = APIRouter()


@router.get("/rates")
def rates(request: Request, me: Member = Depends(member)):
    return pages.render(request, "rates.html", me.session, title="Rates")


@router.get("/rates/events")
def rate_events(count: int = Query(3, ge=1, le=50), me: Member = Depends(member)):
    async def events():
        for number in range(count):
            if number:
                await asyncio.sleep(0.2)
            yield f"event: rate\nid: {number}\ndata: {4 + number / 10:.1f} %\n\n"
        yield "event: done\ndata: that was all\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@router.get("/chat")
def chat(request: Request, me: Member = Depends(member)):
    return pages.render(request, "chat.html", me.session, title="Chat")


@router.websocket("/chat/socket")
async def socket(connection: WebSocket):
    session = await run_in_threadpool(store.session, connection.cookies.get(variant.COOKIES["main"].name), "main")
    if not session:
        return await connection.close(1008)  # before it is accepted: the handshake is answered with 403
    user = await run_in_threadpool(store.user, session.username)
    await connection.accept()
    await connection.send_text(f"Hello, {user['nickname']}")
    try:
        while True:
            await connection.send_text(await connection.receive_text())
    except WebSocketDisconnect:
        pass
