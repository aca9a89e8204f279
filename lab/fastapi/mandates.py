"""Direct debit mandates: JSON for scripts and programs, the number of a mandate in the path.

The table is keyed by that number alone, so whose it is has to be asked each time.
"""

import json

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

import pages
from api import json_body, takes, text
from kit.dynamo import NotFound
from kit.variant import variant
from members import Member, defended, member, store

router = APIRouter()


def mandate_of(of_all):
    """A dependency: the mandate in the path. Somebody else's is not there, unless it is of_all."""

    def mandate(mandate_id: str, me: Member = Depends(member)):
        found = store.mandate(mandate_id)
        if not of_all and found["owner"] != me.name:
            raise NotFound
        return found

    return mandate


anybodys, own = mandate_of(variant.MANDATES_OF_ALL), mandate_of(False)


def shown(mandate):
    return {name: mandate[name] for name in ("mandate_id", "creditor", "reference")}


@router.get("/api/mandates")
def mandates(me: Member = Depends(member)):
    return {"mandates": [shown(mandate) for mandate in store.mandates(me.name)]}


@router.post("/api/mandates", dependencies=[defended("POST /api/mandates")], openapi_extra=takes(creditor="string", reference="string"), status_code=201)
def give(body: dict = Depends(json_body), me: Member = Depends(member)):
    return shown(store.add_mandate(me.name, text(body, "creditor"), text(body, "reference")))


@router.get("/api/mandates/{mandate_id}")
def mandate(found: dict = Depends(anybodys)):
    return shown(found)


@router.patch("/api/mandates/{mandate_id}", dependencies=[defended("PATCH /api/mandates/{mandate_id}")], openapi_extra=takes(reference="string"))
def rename(body: dict = Depends(json_body), found: dict = Depends(anybodys)):
    found["reference"] = text(body, "reference")
    store.set("mandates", {"mandate_id": found["mandate_id"]}, "reference", found["reference"])
    return shown(found)


@router.delete("/api/mandates/{mandate_id}", dependencies=[defended("DELETE /api/mandates/{mandate_id}")], status_code=204, response_class=Response)
def revoke(found: dict = Depends(own)):
    store.delete("mandates", mandate_id=found["mandate_id"])
    return Response(status_code=204)


@router.get("/mandates")
def page(request: Request, me: Member = Depends(member)):
    headers = json.dumps(variant.defence("POST /api/mandates").headers(request, me.session))
    return pages.render(request, "mandates.html", me.session, title="Mandates", mandates=store.mandates(me.name), headers=headers)


@router.get("/mandates/{mandate_id}")
def one(request: Request, found: dict = Depends(own), me: Member = Depends(member)):
    headers = {method: json.dumps(variant.defence(f"{method} /api/mandates/{{mandate_id}}").headers(request, me.session))[1:-1]
               for method in ("PATCH", "DELETE")}
    return pages.render(request, "mandate.html", me.session, title="Mandate", mandate=found, headers=headers)
