"""The notebook on Flask."""

from flask import Blueprint, jsonify, request

from recipes import notebook
from recipes.flask_guard import Guard, NoPrincipal, Owned, install


def add_to(app):
    guard = Guard(notebook.KEYS, notebook.AUDIENCE)
    client, name = notebook.table()
    notes = Owned(client, "note_id", writable=notebook.WRITABLE, name=name)
    blueprint = Blueprint("notebook", __name__, url_prefix="/notebook")

    @blueprint.route("/me", methods=["GET", "POST"])
    def whoever():
        return jsonify(user=guard.visitor())

    @blueprint.post("/login")
    def log_in():
        given = request.get_json()
        if not notebook.knows(given.get("username"), given.get("password")):
            raise NoPrincipal
        response = jsonify(user=given["username"])
        guard.log_in(response, given["username"])
        return response

    @blueprint.post("/logout")
    def log_out():
        response = jsonify()
        guard.log_out(response)
        return response

    @blueprint.post("/notes")
    def create():
        return jsonify(note_id=notes.create(guard.user(), {"text": str(request.get_json().get("text"))})), 201

    @blueprint.get("/notes/<note_id>")
    def read(note_id):
        return jsonify(notes.get(guard.user(), note_id))

    @blueprint.put("/notes/<note_id>")
    def write(note_id):
        notes.update(guard.user(), note_id, {"text": str(request.get_json().get("text"))})
        return jsonify()

    @blueprint.delete("/notes/<note_id>")
    def delete(note_id):
        notes.delete(guard.user(), note_id)
        return jsonify()

    app.register_blueprint(blueprint)
    install(app, origins=[notebook.ORIGIN])
    if "csrf" in app.extensions:
        # The guard has refused forged requests by now, and its header is no cookie that a browser adds by itself.
        app.extensions["csrf"].exempt(blueprint)
