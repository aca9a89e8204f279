"""Pages: forms as values, and how this variant guards them."""

from dataclasses import dataclass, field

from flask import jsonify, redirect, render_template, request
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import AnyOf

from kit.variant import variant


class Button(FlaskForm):
    """A form with nothing to fill in."""


class SwitchForm(FlaskForm):
    """A button's worth of choice. It carries the value, so that sending it twice is the same as once."""

    value = HiddenField(validators=[AnyOf(("on", "off"))])


@dataclass(frozen=True)
class Shown:
    """A form on a page. Its action is the path of this page's instance."""

    form: FlaskForm
    action: str
    title: str
    button: str
    danger: bool = False
    upload: bool = False


@dataclass(frozen=True)
class Switch:
    """What a page offers to switch by one button."""

    setting: str
    name: str
    turn_on: str
    turn_off: str
    path: str = field(default="")

    def shown(self, user):
        now = user[self.setting]
        form = guarded(SwitchForm, f"POST {self.path}", value="off" if now == "on" else "on")
        return Shown(form, self.path, self.name, self.turn_on if now == "off" else self.turn_off)


def guarded(form_class, endpoint, **values):
    """A form with the token its endpoint asks for in this variant, if any."""
    return form_class(meta=variant.form_meta(endpoint), data=values)


def page(title, forms=(), facts=(), paragraphs=(), template="page.html", status=200, **more):
    return render_template(template, title=title, forms=forms, facts=facts, paragraphs=paragraphs, variant=variant.NAME, **more), status


def failure(status, message):
    if request.path.startswith("/api/"):
        return jsonify(error=message), status
    return page("Sorry", paragraphs=(message,), status=status)


def refused(form):
    """The answer to a form that does not validate."""
    if "csrf_token" in form.errors:
        return failure(403, "The form has expired. Please go back and try again.")
    return failure(422, "Some of the entries are missing or not what is asked for.")


def back_to(path):
    """After a change: a redirect that turns the POST into a GET."""
    return redirect(path, 303)
