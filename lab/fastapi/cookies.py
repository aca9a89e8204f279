"""Cookies as values: what each is called and how well it is kept."""

import secrets
from dataclasses import dataclass

from store import SESSION_SECONDS


@dataclass(frozen=True)
class Cookie:
    name: str
    samesite: str = "lax"
    secure: bool = True
    httponly: bool = True

    def set(self, response, value):
        response.set_cookie(self.name, value, max_age=SESSION_SECONDS, path="/",
                            secure=self.secure, httponly=self.httponly, samesite=self.samesite)

    def clear(self, response):
        # Not delete_cookie: it sends no attributes in older releases, and a
        # browser ignores a __Host- cookie that is not marked Secure.
        response.set_cookie(self.name, "", max_age=0, path="/",
                            secure=self.secure, httponly=self.httponly, samesite=self.samesite)


def new_value():
    return secrets.token_urlsafe(18)


def keep(request, cookie, make=new_value, valid=bool):
    """The cookie's value if the request has a valid one, else a fresh one that `hand_out` will set on the response."""
    fresh = fresh_cookies(request)
    for value in (request.cookies.get(cookie.name), fresh.get(cookie)):
        if value and valid(value):
            return value
    fresh[cookie] = make()
    return fresh[cookie]


def fresh_cookies(request):
    if not hasattr(request.state, "fresh_cookies"):
        request.state.fresh_cookies = {}
    return request.state.fresh_cookies


def hand_out(request, response):
    for cookie, value in fresh_cookies(request).items():
        cookie.set(response, value)
