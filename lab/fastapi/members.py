"""Who is asking: dependencies that turn cookies into sessions and customers.

Identity comes from the session and nowhere else; a handler never takes a user
name from the request to decide whose data it shows.
"""

from dataclasses import dataclass

from fastapi import Depends, HTTPException, Request

from store import Session, Store
from kit.variant import variant

store = Store()


class LoginNeeded(Exception):
    """Nobody is logged in; pages answer with the login form, the API with 401."""


@dataclass(frozen=True)
class Member:
    session: Session
    user: dict

    @property
    def name(self):
        return self.user["username"]


def session_of(kind):
    """A dependency: the live session of that kind, or None. The repaired bank has one kind only."""
    kind = kind if kind in variant.COOKIES else "main"
    cookie = variant.COOKIES[kind]

    def session(request: Request):
        return store.session(request.cookies.get(cookie.name), kind)

    return session


def member_of(kind):
    """A dependency: the customer whose session of that kind this is."""

    def member(session=Depends(session_of(kind))):
        user = store.user(session.username) if session else None
        if not user:
            raise LoginNeeded
        return Member(session, user)

    return member


visitor_session = session_of("main")
member = member_of("main")


def admin(someone: Member = Depends(member)):
    if someone.user["role"] != "admin":
        raise HTTPException(403, "This page is for the bank's staff.")
    return someone


def defended(endpoint, of=visitor_session, anonymous=False):
    """The dependency that puts the variant's defence in front of an endpoint, for the session that `of` finds."""
    defence = variant.defence(endpoint)

    async def check(request: Request, session=Depends(of)):
        if session is None and not anonymous:
            raise LoginNeeded
        await defence.check(request, session)

    return Depends(check)
