"""The notebook on FastAPI."""

from typing import Optional

from fastapi import APIRouter, Depends, Request, Response, WebSocket
from pydantic import BaseModel
from starlette.websockets import WebSocketDisconnect

from recipes import notebook
from recipes.fastapi_guard import Guard, NoPrincipal, Owned, from_origins, install


class Note(BaseModel):
    text: str


class Credentials(BaseModel):
    username: str
    password: str


def add_to(app):
    guard = Guard(notebook.KEYS, notebook.AUDIENCE)
    client, name = notebook.table()
    notes = Owned(client, "note_id", writable=notebook.WRITABLE, name=name)
    router = APIRouter(prefix="/notebook", include_in_schema=False)

    @router.api_route("/me", methods=["GET", "POST"])
    def whoever(me: Optional[str] = Depends(guard.visitor)):
        return {"user": me}

    @router.post("/login")
    def log_in(given: Credentials, request: Request, response: Response):
        if not notebook.knows(given.username, given.password):
            raise NoPrincipal
        guard.log_in(request, response, given.username)
        return {"user": given.username}

    @router.post("/logout")
    def log_out(request: Request, response: Response):
        guard.log_out(request, response)

    @router.post("/notes", status_code=201)
    def create(note: Note, me: str = Depends(guard.user)):
        return {"note_id": notes.create(me, {"text": note.text})}

    @router.get("/notes/{note_id}")
    def read(note_id: str, me: str = Depends(guard.user)):
        return notes.get(me, note_id)

    @router.put("/notes/{note_id}")
    def write(note_id: str, note: Note, me: str = Depends(guard.user)):
        notes.update(me, note_id, {"text": note.text})

    @router.delete("/notes/{note_id}")
    def delete(note_id: str, me: str = Depends(guard.user)):
        notes.delete(me, note_id)

    @router.websocket("/socket")
    async def socket(connection: WebSocket, origin: str = Depends(from_origins(notebook.ORIGIN)), me: str = Depends(guard.user)):
        await connection.accept()
        await connection.send_text(f"hello {me}")
        try:
            while True:
                await connection.send_text(await connection.receive_text())
        except WebSocketDisconnect:
            pass

    app.include_router(router)
    install(app)
