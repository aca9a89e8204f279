"""One's own account: settings with a form each, density, and the daily digest."""

from flask import Blueprint, g, request
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired

from kit.variant import variant
from pages import Button, Shown, Switch, SwitchForm, back_to, guarded, page, refused
from people import logged_in, tracker

blueprint = Blueprint("account", __name__)


class SettingForm(FlaskForm):
    value = StringField("Value", [DataRequired()])


# path, setting, what it is called
SETTINGS = (
    ("/account/email", "email", "E-mail"),
    ("/account/phone", "phone", "Phone"),
    ("/account/nickname", "nickname", "Nickname"),
    ("/account/signature", "signature", "Signature"),
    ("/account/language", "language", "Language"),
)


def setting_form(path, value=""):
    return guarded(SettingForm, f"POST {path}", value=value)


@blueprint.get("/account")
@logged_in
def account():
    forms = [Shown(setting_form(path, g.me[setting]), path, name, f"Save {name.lower()}") for path, setting, name in SETTINGS]
    forms.append(Shown(guarded(Button, "POST /logout"), "/logout", "Leave", "Log out"))
    return page("Account", forms, [("User name", g.me["username"]), *((name, g.me[setting]) for _, setting, name in SETTINGS)])


def _add(path, setting):
    @logged_in
    def save():
        form = setting_form(path)
        if not form.validate():
            return refused(form)
        tracker().change(g.me["username"], setting, form.value.data)
        return back_to("/account")

    blueprint.add_url_rule(path, setting, save, methods=["POST"])


for _path, _setting, _ in SETTINGS:
    _add(_path, _setting)


@blueprint.route("/settings/density", methods=["GET", "POST"])
@logged_in
def density():
    form = setting_form("/settings/density", g.me["density"])
    if variant.DENSITY_FROM_ANYWHERE and request.values.get("value"):
        # Planted: request.values does not care whether it was a form or a link.
        chosen = request.values["value"]
    elif request.method == "POST":
        if not form.validate():
            return refused(form)
        chosen = form.value.data
    else:
        links = ("compact", "roomy") if variant.DENSITY_FROM_ANYWHERE else ()
        return page("Density", (Shown(form, "/settings/density", "Density", "Use density"),), (("Density", g.me["density"]),),
                    template="density.html", links=links)
    tracker().change(g.me["username"], "density", chosen)
    return back_to("/settings/density")


DIGEST = Switch("digest", "Daily digest", "Send me the digest", "Send no more digests", "/digest")


@blueprint.get("/digest")
@logged_in
def digest():
    return page("Digest", (DIGEST.shown(g.me),), ((DIGEST.name, g.me["digest"]),))


@blueprint.post("/digest")
@logged_in
def switch_digest():
    form = guarded(SwitchForm, "POST /digest")
    if not form.validate():
        return refused(form)
    tracker().change(g.me["username"], "digest", form.value.data)
    return back_to("/digest")
