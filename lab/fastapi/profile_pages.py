"""The customer's own data, each entry with its own form."""

from fastapi import APIRouter, Depends, File, Form as Posted, Request, UploadFile

import pages
from members import Member, defended, member, store
from pages import Field, Form, back_to

router = APIRouter()

LANGUAGES = ("en", "de", "fr", "es")


@router.get("/profile")
def profile(request: Request, me: Member = Depends(member)):
    user = me.user
    forms = (
        Form("POST /profile/email", "E-mail", "Save e-mail", (Field("email", "E-mail address", user["email"], "email"),)),
        Form("POST /profile/address", "Address", "Save address", (Field("address", "Postal address", user["address"]),)),
        Form("POST /profile/phone", "Phone", "Save phone", (Field("phone", "Phone number", user["phone"]),)),
        Form("POST /profile/nickname", "Nickname", "Save nickname", (Field("nickname", "What we call you", user["nickname"]),)),
        Form("POST /profile/language", "Language", "Save language", (
            Field("language", "Language", user["language"], "select", LANGUAGES),)),
        Form("POST /profile/picture", "Picture", "Upload picture", (
            Field("picture", "Picture", kind="file"), Field("caption", "Caption", user["caption"])), upload=True),
        Form("POST /logout", "Leave", "Log out"),
    )
    facts = (("Name", user["name"]), ("User name", user["username"]), ("E-mail", user["email"]),
             ("Address", user["address"]), ("Phone", user["phone"]), ("Picture", f"{user['picture']} {user['caption']}"))
    return pages.forms_page(request, me, "Profile", forms, facts=facts)


def change(me, name, value):
    store.change(me.name, name, value)
    return back_to("/profile")


@router.post("/profile/email", dependencies=[defended("POST /profile/email")])
def email(email: str = Posted(...), me: Member = Depends(member)):
    return change(me, "email", email)


@router.post("/profile/address", dependencies=[defended("POST /profile/address")])
def address(address: str = Posted(...), me: Member = Depends(member)):
    return change(me, "address", address)


@router.post("/profile/phone", dependencies=[defended("POST /profile/phone")])
def phone(phone: str = Posted(...), me: Member = Depends(member)):
    return change(me, "phone", phone)


@router.post("/profile/nickname", dependencies=[defended("POST /profile/nickname")])
def nickname(nickname: str = Posted(...), me: Member = Depends(member)):
    return change(me, "nickname", nickname)


@router.post("/profile/language", dependencies=[defended("POST /profile/language")])
def language(language: str = Posted(...), me: Member = Depends(member)):
    return change(me, "language", language)


@router.post("/profile/picture", dependencies=[defended("POST /profile/picture")])
def picture(picture: UploadFile = File(None), caption: str = Posted(""), me: Member = Depends(member)):
    # The picture itself is thrown away; its name is all the lab needs.
    if picture and picture.filename:
        store.change(me.name, "picture", picture.filename)
    return change(me, "caption", caption)
