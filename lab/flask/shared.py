"""Answers that other sites' pages may ask for: with which, is the variant's affair. And what is public anyway."""

from flask import Blueprint, g, jsonify, request

from kit.dynamo import NotFound
from kit.sharing import nobody
from kit.variant import variant
from pages import page
from people import logged_in, tracker

blueprint = Blueprint("shared", __name__)

PLACES = ("reflected", "sandboxed", "company", "partner", "open")
PATTERNS = {"50010001": ("Twill", "Over two, under two."), "50010002": ("Satin", "Over four, under one.")}


def _add(name):
    @logged_in
    def work():
        return jsonify(user=g.me["username"], email=g.me["email"], tickets=[row["title"] for row in tracker().tickets(g.me["username"])])

    blueprint.add_url_rule(f"/api/workload/{name}", name, work)


for _name in PLACES:
    _add(_name)


@blueprint.after_request
def share(response):
    """Everybody is answered; the browser decides who reads."""
    sharing = variant.SHARED.get(request.path, nobody)
    for name, value in sharing.headers(request.headers.get("Origin", ""), request.host).items():
        response.headers[name] = value
    return response


@blueprint.get("/api/patterns")
def patterns():
    return jsonify(patterns=[name for name, _ in PATTERNS.values()])


@blueprint.get("/patterns")
def pattern_list():
    return page("Patterns", template="links.html", links=[(f"/patterns/{number}", name) for number, (name, _) in PATTERNS.items()])


@blueprint.get("/patterns/<pattern_id>")
def pattern(pattern_id):
    """Public, with a number that looks like those of private things."""
    if pattern_id not in PATTERNS:
        raise NotFound
    name, text = PATTERNS[pattern_id]
    return page(name, paragraphs=(text,))


@blueprint.get("/connect")
@logged_in
def connect():
    return page("For programs", paragraphs=("Our sites under tracker.example and our partner read your work from here.",), template="links.html",
                links=[(f"/api/workload/{name}", name.title()) for name in PLACES] + [("/api/patterns", "Patterns"), ("https://www.tracker.example/", "The company")])
