"""The bank, put together. `app` is the application, `asgi` what is served: the
variant's protection (or what passes for it) stands around the whole of it."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

import accounts
import api
import branches
import brochure
import cards
import cheques
import holder
import letters
import live
import mandates
import overdraft
import passes
import payees
import profile_pages
import savings
import settings
import shared
import sockets
import staff
import switches
import vault
from members import LoginNeeded
from pages import back_to, render
from kit.dynamo import NotFound
from store import NotEnough
from kit.variant import variant

# No interactive documentation: its page loads scripts from elsewhere.
app = FastAPI(title="Fallow Bank", version="1", docs_url=None, redoc_url=None)
for part in (accounts, profile_pages, settings, payees, overdraft, cards, savings, brochure, switches, vault, live, api, staff,
             mandates, cheques, letters, branches, holder, passes, sockets, shared):
    app.include_router(part.router)


def failure(request, status, message):
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": message}, status)
    return render(request, "message.html", status=status, title="Sorry", message=message)


@app.exception_handler(LoginNeeded)
async def login_needed(request: Request, error: LoginNeeded):
    return failure(request, 401, "Log in first.") if request.url.path.startswith("/api/") else back_to("/login")


@app.exception_handler(HTTPException)
async def refused(request: Request, error: HTTPException):
    return failure(request, error.status_code, "There is no such page." if error.status_code == 404 else str(error.detail))


@app.exception_handler(RequestValidationError)
async def misunderstood(request: Request, error: RequestValidationError):
    return failure(request, 422, "Some of the entries are missing or not what is asked for.")


@app.exception_handler(NotFound)
async def not_found(request: Request, error: NotFound):
    return failure(request, 404, "There is no such page.")


@app.exception_handler(NotEnough)
async def not_enough(request: Request, error: NotEnough):
    return failure(request, 409, "The balance does not cover this.")


@app.exception_handler(Exception)
async def broken(request: Request, error: Exception):
    if isinstance(error, brochure.SwitchedOff):
        return brochure.failed_report(request, error.member)
    return failure(request, 500, "Something went wrong on our side.")


asgi = variant.wrap(app)
