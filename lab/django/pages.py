"""Pages: forms as values, and how this variant guards them."""

from dataclasses import dataclass

from django.http import HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render

from kit.variant import variant


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    value: str = ""
    kind: str = "text"


@dataclass(frozen=True)
class Form:
    """A form that changes something. Its action is the path of this page's instance."""

    endpoint: str
    title: str
    button: str
    fields: tuple = ()
    action: str = ""
    danger: bool = False

    def shown(self, request):
        token = variant.form_token(request, self.endpoint)
        return {"title": self.title, "button": self.button, "fields": self.fields, "danger": self.danger,
                "action": self.action or self.endpoint.split(" ")[1],
                "hidden": {"csrfmiddlewaretoken": get_token(request)} if token is None else token}


@dataclass(frozen=True)
class Switch:
    """What a page offers to switch by one button, which carries the value: sent twice is the same as once."""

    setting: str
    name: str
    turn_on: str
    turn_off: str

    def form(self, path, now):
        wanted, button = ("off", self.turn_off) if now == "on" else ("on", self.turn_on)
        return Form(f"POST {path}", self.name, button, (Field("value", "", wanted, "hidden"),))


def page(request, title, forms=(), facts=(), paragraphs=(), template="page.html", status=200, **more):
    shown = [form.shown(request) for form in forms]
    return render(request, template, {"title": title, "forms": shown, "facts": facts, "paragraphs": paragraphs, **more}, status=status)


def failure(request, status, message):
    return page(request, "Sorry", paragraphs=(message,), status=status)


def back_to(path):
    """After a change: a redirect that turns the POST into a GET."""
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response
