"""Answers that other sites' pages may ask for: with which, is the variant's affair."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from kit.sharing import nobody
from kit.variant import variant
from members import Member, member

router = APIRouter(prefix="/api/shared")


def sharing(request, value):
    """Everybody is answered; the browser decides who reads."""
    with_whom = variant.SHARED.get(request.url.path, nobody)
    return JSONResponse(value, headers=with_whom.headers(request.headers.get("origin", ""), request.headers.get("host", "")))


def account(request: Request, me: Member = Depends(member)):
    user = me.user
    return sharing(request, {"username": user["username"], "email": user["email"], "balance": user["balance"]})


for name in ("balance", "statement", "limits", "outlook", "partner", "totals"):
    router.add_api_route(f"/{name}", account, name=name)


@router.get("/rates")
def rates(request: Request):
    return sharing(request, {"EUR": "1.00", "GBP": "0.85"})
