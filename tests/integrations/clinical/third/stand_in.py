"""A stand-in for Vellum over real HTTP: its own wire, on the books that all stand-ins share.

Its calls have the names by which the contract suite aims faults and counts calls.
"""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aiohttp import web

from integrations.sandbox.books import Books
from integrations.sandbox.clinic import Appointment, Patient, Practice, SlotInUse
from integrations.sandbox.gp_connect.dates import midnight_after, midnight_before
from integrations.sandbox.serving import BOOKS, Refusal, served

BASE = "/vellum/{ods}"
_WORDS = {"INVALID_RESOURCE": "refused", "FHIR_CONSTRAINT_VIOLATION": "conflict"}


def routes(_: Books) -> list[web.RouteDef]:
    """All calls of the wire."""
    return [
        web.get(f"{BASE}/patients/{{nhs}}", patient),
        web.get(f"{BASE}/slots", slots),
        web.post(f"{BASE}/bookings", book),
        web.get(f"{BASE}/bookings", bookings),
        web.get(f"{BASE}/bookings/{{id}}", booking),
        web.post(f"{BASE}/bookings/{{id}}/cancel", cancel),
    ]


def error(status: int | None, code: str | None) -> web.Response:
    return web.json_response({"error": _WORDS.get(code or "", code or "error")}, status=status or 422)


def refuse(status: int, code: str) -> Refusal:
    return Refusal(error(status, code))


@served("gp_connect.patient", error)
async def patient(request: web.Request) -> web.Response:
    """GET /patients/{nhs}."""
    found = _patient(request, _practice(request), request.match_info["nhs"])
    facts = {"id": found.id, "nhs": found.nhs_number, "given": found.given, "family": found.family}
    mobiles = [found.mobile] if found.mobile else []
    return web.json_response({**facts, "title": found.title, "born": found.dob, "mobiles": mobiles})


@served("gp_connect.slots", error)
async def slots(request: web.Request) -> web.Response:
    """GET /slots: what is free, in person and for practices, between two days."""
    practice, (first, last) = _practice(request), _days(request)
    found = request.app[BOOKS].clinic.free_slots(
        practice.ods, midnight_before(first), midnight_after(last), "gp-practice", practice.ods
    )
    return web.json_response(
        {
            "slots": [
                {
                    "id": row["id"],
                    "session_id": row["session_id"],
                    "session": row["session_name"],
                    "type": row["slot_type"],
                    "start": _written(row["start"]),
                    "end": _written(row["finish"]),
                    "clinician": row["clinician"],
                    "room_id": row["location_id"],
                    "room": row["location"],
                }
                for row in found
                if row["channel"] == "In-person"
            ]
        }
    )


@served("gp_connect.book", error)
async def book(request: web.Request) -> web.Response:
    """POST /bookings. The fault `slot_taken` has a receptionist take the slot a moment before."""
    practice, books = _practice(request), request.app[BOOKS]
    body = json.loads(await request.read())
    found = _patient(request, practice, body["patient"])
    slot = books.clinic.slot(practice.ods, body["slot"])
    if slot is None or slot["start"] <= books.clock.time():
        raise refuse(410, "slot_gone")
    facts = {"ods": practice.ods, "slot_id": slot["id"], "nhs_number": found.nhs_number}
    if books.faults.take("gp_connect.book", {"slot_taken"}, facts):
        books.clinic.take(slot["id"])
    try:
        made = books.clinic.book(found, [slot], {"description": body["note"]})
    except SlotInUse as taken:
        raise refuse(409, "slot_taken") from taken
    return web.json_response(_made(made), status=201)


@served("gp_connect.appointments", error)
async def bookings(request: web.Request) -> web.Response:
    """GET /bookings: a patient's, between two days, cancelled ones too."""
    practice, (first, last) = _practice(request), _days(request)
    found = _patient(request, practice, request.query["patient"])
    listed = request.app[BOOKS].clinic.appointments(found, midnight_before(first), midnight_after(last))
    return web.json_response({"bookings": [_made(made) for made in listed]})


@served("gp_connect.appointment", error)
async def booking(request: web.Request) -> web.Response:
    """GET /bookings/{id}."""
    return web.json_response(_made(_booking(request)))


@served("gp_connect.cancel", error)
async def cancel(request: web.Request) -> web.Response:
    """POST /bookings/{id}/cancel."""
    current = _booking(request)
    return web.json_response(_made(request.app[BOOKS].clinic.change(current, "cancelled", current.resource)))


def _practice(request: web.Request) -> Practice:
    practice = request.app[BOOKS].clinic.practice(request.match_info["ods"])
    caller, called = request.headers.get("X-From"), request.headers.get("X-To")
    if practice is None or called != practice.asid or practice.consumer_asid not in ("", caller):
        raise refuse(401, "not_authorised")
    if not practice.enabled:
        raise refuse(403, "not_enabled")
    return practice


def _patient(request: web.Request, practice: Practice, nhs_number: str) -> Patient:
    found = [one for one in request.app[BOOKS].clinic.patients(practice.ods, nhs_number) if one.shown]
    if not found:
        raise refuse(404, "unknown_patient")
    if len(found) > 1:
        raise refuse(409, "several_patients")
    return found[0]


def _booking(request: web.Request) -> Appointment:
    found = request.app[BOOKS].clinic.appointment(_practice(request).ods, request.match_info["id"])
    if found is None:
        raise refuse(404, "unknown_booking")
    return found


def _days(request: web.Request) -> tuple[date, date]:
    return date.fromisoformat(request.query["from"]), date.fromisoformat(request.query["to"])


def _made(made: Appointment) -> dict[str, Any]:
    times = {"start": _written(made.start), "end": _written(made.finish)}
    return {"id": made.id, "version": made.version, "status": made.status, "slots": made.slot_ids, **times} | {
        "type": made.slot_type
    }


def _written(seconds: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()
