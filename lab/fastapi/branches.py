"""The branches: public, with numbers that look like those of private things."""

from fastapi import APIRouter, Request

import pages
from kit.dynamo import NotFound
from members import store

router = APIRouter()

BRANCHES = {"60010001": ("Mill Lane", "Open from nine to four."), "60010002": ("Old Harbour", "Open on Thursdays.")}


@router.get("/branches")
def branches(request: Request):
    return pages.render(request, "branches.html", title="Branches", branches=BRANCHES, notice=store.notice())


@router.get("/branches/{branch_id}")
def branch(request: Request, branch_id: str):
    if branch_id not in BRANCHES:
        raise NotFound
    name, text = BRANCHES[branch_id]
    return pages.render(request, "message.html", title=name, message=text)


@router.get("/api/branches/{branch_id}")
def branch_api(branch_id: str):
    if branch_id not in BRANCHES:
        raise NotFound
    return dict(zip(("name", "text"), BRANCHES[branch_id]))
