"""Pages to read, each with one thing to switch by a button, and a widget for a partner."""

from flask import Blueprint, g

from kit.variant import variant
from pages import Switch, SwitchForm, back_to, guarded, page, refused
from people import logged_in, tracker

blueprint = Blueprint("boards", __name__)


def readable(blueprint, name, title, text, switch, template="page.html"):
    """Adds the page, and the endpoint its button posts to, which is the same path."""

    @logged_in
    def show():
        facts = (("Owner", g.me["name"]), (switch.name, g.me[switch.setting]))
        return page(title, (switch.shown(g.me),), facts, (text,), template)

    @logged_in
    def turn():
        form = guarded(SwitchForm, f"POST {switch.path}")
        if not form.validate():
            return refused(form)
        tracker().change(g.me["username"], switch.setting, form.value.data)
        return back_to(switch.path)

    blueprint.add_url_rule(switch.path, name, show, methods=["GET"])
    blueprint.add_url_rule(switch.path, "turn_" + name, turn, methods=["POST"])


readable(blueprint, "board", "Board", "Three columns: warp, weft, woven.",
         Switch("board_pinned", "Pinned", "Pin this board", "Unpin this board", "/board"))
readable(blueprint, "roadmap", "Roadmap", "A shawl by spring, a sail by autumn.",
         Switch("roadmap_followed", "Followed", "Follow the roadmap", "Stop following", "/roadmap"))
readable(blueprint, "releases", "Releases", "Version 4 has a quieter shuttle.",
         Switch("releases_mailed", "By mail", "Mail me releases", "Mail me no more", "/releases"),
         "meta.html" if variant.NAME == "weak" else "page.html")
readable(blueprint, "calendar", "Calendar", "Market on Thursday.",
         Switch("calendar_shared", "Shared", "Share my calendar", "Stop sharing", "/calendar"))
readable(blueprint, "guidelines", "Guidelines", "Be kind to the loom.",
         Switch("guidelines_accepted", "Accepted", "Accept the guidelines", "Take it back", "/guidelines"))


@blueprint.get("/widget/status")
def status():
    """Made to be embedded by one partner; shows nothing of anybody."""
    return page("All looms run", template="widget.html")
