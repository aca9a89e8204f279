"""Snippets: JSON for the page's script, which names one in the path, in a body, or in a header."""

from flask import Blueprint, abort, g, jsonify, request
from flask_wtf.csrf import generate_csrf

from kit.dynamo import NotFound
from kit.numbers import number
from kit.variant import variant
from pages import page
from people import logged_in, tracker

blueprint = Blueprint("snippets", __name__)


def snippet_of(snippet_id, of_all, told=False):
    """Somebody else's snippet is not there, unless it is of_all; told says in other words that it is somebody's."""
    found = tracker().must_get("snippets", snippet_id=str(snippet_id))
    if found["owner"] != g.me["username"] and not of_all:
        if told:
            abort(403, "This is not your snippet.")
        raise NotFound
    return found


def shown(snippet):
    return {"snippet_id": snippet["snippet_id"], "text": snippet["text"]}


def sent(endpoint, name):
    body = variant.json_body(endpoint)
    if not isinstance(body, dict) or not isinstance(body.get(name), str):
        abort(422, f"{name} is missing.")
    return body[name]


@blueprint.get("/api/snippets")
@logged_in
def snippets():
    return jsonify(snippets=[shown(row) for row in tracker().owned("snippets", g.me["username"])])


@blueprint.post("/api/snippets")
@logged_in
def keep():
    row = {"snippet_id": number(), "owner": g.me["username"], "text": sent("POST /api/snippets", "text")}
    tracker().put("snippets", row)
    return jsonify(shown(row)), 201


@blueprint.get("/api/snippets/<snippet_id>")
@logged_in
def snippet(snippet_id):
    return jsonify(shown(snippet_of(snippet_id, False, told=variant.SNIPPETS_TOLD)))


@blueprint.put("/api/snippets/<snippet_id>")
@logged_in
def change(snippet_id):
    row = snippet_of(snippet_id, False)
    row["text"] = sent("PUT /api/snippets/{snippet_id}", "text")
    tracker().set("snippets", {"snippet_id": snippet_id}, "text", row["text"])
    return jsonify(shown(row))


@blueprint.delete("/api/snippets/<snippet_id>")
@logged_in
def drop(snippet_id):
    variant.check_token("DELETE /api/snippets/{snippet_id}")
    snippet_of(snippet_id, variant.SNIPPETS_OF_ALL)
    tracker().delete("snippets", snippet_id=snippet_id)
    return "", 204


@blueprint.post("/api/snippets/show")
@logged_in
def show():
    """Looks and changes nothing; the number stands in the body."""
    return jsonify(shown(snippet_of(sent("POST /api/snippets/show", "snippet_id"), variant.SNIPPETS_OF_ALL)))


@blueprint.get("/api/snippet")
@logged_in
def by_header():
    """The number stands in a header."""
    return jsonify(shown(snippet_of(request.headers.get("X-Snippet", ""), variant.SNIPPETS_OF_ALL)))


@blueprint.get("/snippets")
@logged_in
def all_snippets():
    rows = tracker().owned("snippets", g.me["username"])
    return page("Snippets", template="snippets.html", token=generate_csrf(), first=rows[0]["snippet_id"] if rows else "",
                links=[(f"/snippets/{row['snippet_id']}", row["text"]) for row in rows])


@blueprint.get("/snippets/<snippet_id>")
@logged_in
def one(snippet_id):
    return page("Snippet", template="snippet.html", token=generate_csrf(), snippet=snippet_of(snippet_id, False))
