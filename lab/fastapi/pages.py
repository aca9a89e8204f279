"""Pages: templates, the forms on them, and what each form carries for its endpoint's defence."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from cookies import hand_out
from kit.variant import variant

_templates = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
                         undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    value: object = ""
    kind: str = "text"
    options: tuple = ()


@dataclass(frozen=True)
class Form:
    """A form that changes something. Its endpoint names the defence; its action is the path of this page's instance."""

    endpoint: str
    title: str
    button: str
    fields: tuple = ()
    action: str = ""
    upload: bool = False
    danger: bool = False

    def hidden(self, request, session):
        return variant.defence(self.endpoint).fields(request, session)

    def target(self, request, session):
        query = variant.defence(self.endpoint).query(request, session)
        path = self.action or self.endpoint.split(" ")[1]
        return f"{path}?{urlencode(query)}" if query else path


def on_off(name, label, value):
    """A button's worth of choice: the value the setting does not have now."""
    return Field(name, label, "off" if value == "on" else "on", kind="hidden")


def render(request, template, session=None, status=200, media_type=None, **values):
    # Rendered first: forms may call for cookies.
    body = _templates.get_template(template).render(request=request, session=session, variant=variant.NAME, **values)
    response = HTMLResponse(body, status_code=status, media_type=media_type)
    hand_out(request, response)
    return response


def forms_page(request, member, title, forms, lead="", facts=(), session=None):
    """The ordinary page: a title, what is known now, and forms to change it."""
    return render(request, "forms.html", session or (member and member.session), title=title, lead=lead, facts=facts, forms=forms)


def back_to(path):
    """After a change: a redirect that turns the POST into a GET."""
    return RedirectResponse(path, status_code=303)
