"""Measurements: JSON for the page's script, with a method for each thing that can be done."""

import json

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token

from kit.dynamo import NotFound
from kit.numbers import number
from kit.variant import variant
from pages import page
from people import logged_in
from store import store


def measurement_of(request, measurement_id, of_all):
    """Somebody else's measurement is not there, unless it is of_all."""
    found = store.must_get("measurements", measurement_id=measurement_id)
    if not of_all and found["owner"] != request.patient["username"]:
        raise NotFound
    return found


def shown(row):
    return {name: row[name] for name in ("measurement_id", "kind", "value")}


def sent(request, *names):
    """The texts of those names in the body, or None if it is not such a body."""
    try:
        body = json.loads(request.body)
        values = [body[name] for name in names]
    except (ValueError, KeyError, TypeError):
        return None
    return values if all(isinstance(value, str) for value in values) else None


MISUNDERSTOOD = {"error": "Some of the entries are missing or not what is asked for."}


@logged_in
def measurements(request):
    return JsonResponse({"measurements": [shown(row) for row in store.owned("measurements", request.patient["username"])]})


@logged_in
def add(request):
    values = sent(request, "kind", "value")
    if not values:
        return JsonResponse(MISUNDERSTOOD, status=422)
    row = {"measurement_id": number(), "owner": request.patient["username"], "kind": values[0], "value": values[1]}
    store.put("measurements", row)
    return JsonResponse(shown(row), status=201)


@logged_in
def measurement(request, measurement_id):
    return JsonResponse(shown(measurement_of(request, measurement_id, variant.MEASUREMENTS_OF_ALL)))


@logged_in
def correct(request, measurement_id):
    row, values = measurement_of(request, measurement_id, False), sent(request, "value")
    if not values:
        return JsonResponse(MISUNDERSTOOD, status=422)
    store.set("measurements", {"measurement_id": measurement_id}, "value", values[0])
    return JsonResponse(shown({**row, "value": values[0]}))


@logged_in
def strike(request, measurement_id):
    measurement_of(request, measurement_id, variant.MEASUREMENTS_OF_ALL)
    store.delete("measurements", measurement_id=measurement_id)
    return HttpResponse(status=204)


@logged_in
def all_measurements(request):
    rows = store.owned("measurements", request.patient["username"])
    return page(request, "Measurements", template="measurements.html", token=get_token(request),
                links=[(f"/measurements/{row['measurement_id']}", f"{row['kind']}: {row['value']}") for row in rows])


@logged_in
def one(request, measurement_id):
    return page(request, "Measurement", template="measurement.html", token=get_token(request), measurement=measurement_of(request, measurement_id, False))
