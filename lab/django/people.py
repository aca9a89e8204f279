"""The front door: welcome, login, logout, and what a view of logged-in people needs."""

import functools

from django.conf import settings
from django.contrib.auth import authenticate, login as begin, logout as end
from django.http import JsonResponse

from kit.dynamo import NotFound
from kit.variant import variant
from pages import Field, Form, back_to, failure, page
from store import store


def logged_in(view):
    """For views of people who are logged in. Identity comes from the session and nowhere else."""

    @functools.wraps(view)
    def wrapped(request, *args, **kwargs):
        api = request.path.startswith("/api/")
        if not request.user.is_authenticated:
            return JsonResponse({"error": "Log in first."}, status=401) if api else back_to("/login")
        try:
            request.patient = store.patient(request.user.get_username())
            return view(request, *args, **kwargs)
        except NotFound:
            return failure(request, 404, "There is no such thing.")

    return wrapped


def home(request):
    if not request.user.is_authenticated:
        return page(request, "Elder Street Clinic", paragraphs=("This clinic heals nobody: it is for trying a scanner on.",))
    patient = store.patient(request.user.get_username())
    return page(request, f"Hello, {patient['nickname']}", template="home.html", appointments=store.appointments(patient["username"]))


def about(request):
    return page(request, "About", paragraphs=("Three doctors, one skeleton and a very old scale.",))


def login_form(request):
    return page(request, "Log in", (Form("POST /login", "Welcome back", "Log in", (
        Field("username", "User name"), Field("password", "Password", kind="password"))),))


def login(request):
    user = authenticate(request, username=request.POST.get("username"), password=request.POST.get("password"))
    if user is None:
        return page(request, "Not logged in", paragraphs=("User name and password do not match.",), status=401)
    # A new key, also for somebody who was logged in already; login itself keeps it for the same person.
    request.session.flush()
    begin(request, user)
    return back_to("/")


@logged_in
def logout(request):
    response = back_to("/")
    if variant.LOGOUT_FORGETS:
        # Planted: the cookie goes, the session stays.
        response.set_cookie(settings.SESSION_COOKIE_NAME, "", max_age=0, secure=True, httponly=True, samesite="None")
        return response
    end(request)
    return response
