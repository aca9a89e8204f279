"""Letters from the bank: pages, some of which the weak bank shows to whoever asks."""

from fastapi import APIRouter, Depends, Form as Posted, Request

import pages
from kit.dynamo import NotFound
from kit.variant import variant
from members import LoginNeeded, Member, defended, member, store, visitor_session
from pages import Field, Form, back_to

router = APIRouter()


def letter_for(nobody):
    """A dependency: the letter in the path. Nobody in particular has to be asking if nobody is set."""

    def letter(letter_id: str, session=Depends(visitor_session)):
        if not nobody and not session:
            raise LoginNeeded
        found = store.letter(letter_id)
        if not nobody and found["owner"] != session.username:
            raise NotFound
        return found

    return letter


open_to_all, own = letter_for(variant.LETTERS_OPEN), letter_for(False)


def answered(endpoint):
    """The endpoint's defence, where it asks for a session at all."""
    return [] if variant.LETTERS_OPEN else [defended(endpoint)]


@router.get("/letters")
def letters(request: Request, me: Member = Depends(member)):
    write = Form("POST /letters", "Write to the bank", "Send letter", (Field("subject", "Subject"), Field("text", "Text")))
    return pages.render(request, "letters.html", me.session, title="Letters", letters=store.letters(me.name), forms=(write,))


@router.post("/letters", dependencies=[defended("POST /letters")])
def send(subject: str = Posted(...), text: str = Posted(""), me: Member = Depends(member)):
    return back_to(f"/letters/{store.add_letter(me.name, subject, text)}")


@router.get("/letters/{letter_id}")
def letter(request: Request, found: dict = Depends(open_to_all), session=Depends(visitor_session)):
    answer = Form("POST /letters/{letter_id}/answer", "Answer", "Send answer", (Field("answer", "Answer", found["answer"]),),
                  action=f"/letters/{found['letter_id']}/answer")
    return pages.forms_page(request, None, found["subject"], (answer,), facts=(
        ("To", found["owner"]), ("Text", found["text"]), ("Answer", found["answer"])), session=session)


@router.get("/letters/{letter_id}/archive")
def archive(request: Request, found: dict = Depends(own), me: Member = Depends(member)):
    burn = Form("POST /letters/{letter_id}/delete", "Not needed?", "Delete letter", action=f"/letters/{found['letter_id']}/delete", danger=True)
    return pages.forms_page(request, me, "Archive", (burn,), facts=(("Subject", found["subject"]), ("Text", found["text"])))


@router.post("/letters/{letter_id}/answer", dependencies=answered("POST /letters/{letter_id}/answer"))
def answer(answer: str = Posted(...), found: dict = Depends(open_to_all)):
    store.set("letters", {"letter_id": found["letter_id"]}, "answer", answer)
    return back_to(f"/letters/{found['letter_id']}")


@router.post("/letters/{letter_id}/delete", dependencies=[defended("POST /letters/{letter_id}/delete")])
def delete(found: dict = Depends(own)):
    store.delete("letters", letter_id=found["letter_id"])
    return back_to("/letters")
