"""The notebook on Django: its routes. Settings need recipes.django_guard.GuardMiddleware."""

import json

from django.http import HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from recipes import notebook
from recipes.django_guard import NoPrincipal, Owned, log_in, log_out, require_user


def routes():
    client, name = notebook.table()
    notes = Owned(client, "note_id", writable=notebook.WRITABLE, name=name)

    def whoever(request):
        return JsonResponse({"user": request.principal})

    def login(request):
        given = json.loads(request.body)
        if not notebook.knows(given.get("username"), given.get("password")):
            raise NoPrincipal
        response = JsonResponse({"user": given["username"]})
        log_in(request, response, given["username"])
        return response

    def logout(request):
        response = JsonResponse({})
        log_out(request, response)
        return response

    def text(request):
        return {"text": str(json.loads(request.body).get("text"))}

    @require_user
    def create(request):
        return JsonResponse({"note_id": notes.create(request.principal, text(request))}, status=201)

    @require_user
    def note(request, note_id):
        if request.method == "GET":
            return JsonResponse(notes.get(request.principal, note_id))
        if request.method == "PUT":
            notes.update(request.principal, note_id, text(request))
        elif request.method == "DELETE":
            notes.delete(request.principal, note_id)
        return JsonResponse({})

    def at(route, view, *methods):
        def chosen(request, **arguments):
            return view(request, **arguments) if request.method in methods else HttpResponseNotAllowed(methods)

        # The guard has refused forged requests by now, and its header is no cookie that a browser adds by itself.
        return path("notebook/" + route, csrf_exempt(chosen))

    return [
        at("me", whoever, "GET", "POST"), at("login", login, "POST"), at("logout", logout, "POST"),
        at("notes", create, "POST"), at("notes/<str:note_id>", note, "GET", "PUT", "DELETE"),
    ]
