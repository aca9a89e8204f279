"""The vault: documents of any size are handed in, and looked after by name, length and digest."""

import hashlib

from fastapi import APIRouter, Depends, File, Request, UploadFile

import pages
from members import Member, defended, member, store
from pages import Field, Form, back_to

router = APIRouter()


@router.get("/vault")
def vault(request: Request, me: Member = Depends(member)):
    kept = store.documents(me.name)
    forms = [Form("POST /vault", "Hand in a document", "Hand in", (Field("document", "Document", kind="file"),), upload=True)]
    forms += [Form("POST /vault/{document_id}/delete", row["name"], "Take out", action=f"/vault/{row['document_id']}/delete") for row in kept]
    facts = [(row["name"], f"{row['length']} bytes, SHA-256 {row['digest']}") for row in kept]
    return pages.forms_page(request, me, "Vault", forms, facts=facts)


@router.post("/vault", dependencies=[defended("POST /vault")])
def hand_in(document: UploadFile = File(...), me: Member = Depends(member)):
    # The document itself is thrown away. It came through a file, not through memory.
    digest, length = hashlib.sha256(), 0
    while part := document.file.read(1 << 20):
        digest.update(part)
        length += len(part)
    store.keep_document(me.name, document.filename, length, digest.hexdigest())
    return back_to("/vault")


@router.post("/vault/{document_id}/delete", dependencies=[defended("POST /vault/{document_id}/delete")])
def take_out(document_id: str, me: Member = Depends(member)):
    store.drop_document(me.name, document_id)
    return back_to("/vault")
