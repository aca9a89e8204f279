"""The front door and the money: home, login, transfers, search."""

from fastapi import APIRouter, Depends, Form as Posted, Request

import pages
from cookies import new_value
from members import Member, defended, member, store, visitor_session
from pages import Field, Form, back_to
from kit.variant import variant

router = APIRouter()


@router.get("/")
def home(request: Request, session=Depends(visitor_session)):
    user = store.user(session.username) if session else None
    if not user:
        return pages.render(request, "welcome.html", title="Welcome")
    return pages.render(request, "home.html", session, title=f"Hello, {user['nickname']}", user=user,
                        transfers=store.transfers(user["username"])[:5])


@router.get("/login")
def login_form(request: Request):
    log_in = Form("POST /login", "Log in", "Log in", (
        Field("username", "User name"), Field("password", "Password", kind="password")))
    help_me = Form("POST /login/help", "Trouble logging in?", "Ask for help", (
        Field("email", "Your e-mail address", kind="email"),))
    return pages.render(request, "forms.html", title="Log in", lead="", facts=(), forms=(log_in, help_me))


@router.post("/login", dependencies=[defended("POST /login", anonymous=True)])
def login(request: Request, username: str = Posted(...), password: str = Posted(...), old=Depends(visitor_session)):
    user = store.authenticate(username, password)
    if not user:
        return pages.render(request, "message.html", status=401, title="Not logged in",
                            message="User name and password do not match.")
    if old:
        store.end_session(old.id)
    response = back_to("/")
    for kind, cookie in variant.COOKIES.items():
        cookie.set(response, store.start_session(user["username"], kind).id)
    if not variant.VISITOR_OUTLIVES_LOGIN:
        # What was handed out before login is worth nothing after it.
        variant.VISITOR.set(response, new_value())
    return response


@router.post("/login/help", dependencies=[defended("POST /login/help", anonymous=True)])
def login_help(request: Request, email: str = Posted(...)):
    store.ask_for_help(email)
    return pages.render(request, "message.html", title="Help is on its way", message=f"We will write to {email}.")


@router.post("/logout", dependencies=[defended("POST /logout")])
def logout(me: Member = Depends(member)):
    store.end_session(me.session.id)
    response = back_to("/")
    for cookie in variant.COOKIES.values():
        cookie.clear(response)
    return response


@router.get("/transfer")
def transfer_form(request: Request, me: Member = Depends(member)):
    send = Form("POST /transfer", "Send money", "Send", (
        Field("recipient", "To"), Field("amount", "Amount in whole EUR", kind="number"), Field("memo", "Memo")))
    return pages.forms_page(request, me, "Transfer", (send,), facts=(("Balance", f"{me.user['balance']} EUR"),))


@router.post("/transfer", dependencies=[defended("POST /transfer")])
def transfer(recipient: str = Posted(...), amount: int = Posted(..., gt=0), memo: str = Posted(""), me: Member = Depends(member)):
    store.transfer(me.name, recipient, amount, memo)
    return back_to("/transfers")


@router.get("/transfers")
def transfers(request: Request, me: Member = Depends(member)):
    return pages.render(request, "transfers.html", me.session, title="Transfers", transfers=store.transfers(me.name))


@router.get("/search")
def search(request: Request, q: str = "", me: Member = Depends(member)):
    found = [row for row in store.transfers(me.name) if q.lower() in f"{row['recipient']} {row['memo']}".lower()]
    return pages.render(request, "search.html", me.session, title="Search", query=q, transfers=found)
