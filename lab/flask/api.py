"""JSON, which the preferences page's script sends with the session cookie."""

from flask import Blueprint, abort, g, jsonify
from flask_wtf.csrf import generate_csrf

from kit.variant import variant
from pages import page
from people import logged_in, tracker
from store import SETTINGS

blueprint = Blueprint("api", __name__)

# path, setting, label
SCRIPTED = (
    ("/api/preferences", "avatar", "Show me as"),
    ("/api/filters", "default_filter", "Begin with"),
    ("/api/timezone", "timezone", "My time zone"),
)


@blueprint.get("/preferences")
@logged_in
def preferences():
    return page("Preferences", template="preferences.html", rows=SCRIPTED, user=g.me, token=generate_csrf())


@blueprint.get("/api/me")
@logged_in
def me():
    tickets = tracker().tickets(g.me["username"])
    return jsonify(username=g.me["username"], tickets=tickets, **{name: g.me[name] for name in sorted(SETTINGS)})


def _add(path, setting):
    @logged_in
    def save():
        body = variant.json_body(f"POST {path}")
        if not isinstance(body, dict) or not isinstance(body.get(setting), str):
            abort(422, f"{setting} is missing.")
        tracker().change(g.me["username"], setting, body[setting])
        return jsonify({setting: body[setting]})

    blueprint.add_url_rule(path, setting, save, methods=["POST"])


for _path, _setting, _ in SCRIPTED:
    _add(_path, _setting)
