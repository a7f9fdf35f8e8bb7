"""A stand-in record gateway (record-gateway#contract): one contract in front of EMIS's and SystmOne's interfaces.

It is not an EMIS or TPP contract.
"""

import sqlite3
from datetime import date, timedelta
from typing import Any

from aiohttp import web

from integrations.sandbox.books import Books, local
from integrations.sandbox.clinic import Practice, SlotInUse
from integrations.sandbox.gateway import codes as gateway_codes
from integrations.sandbox.gateway.codes import once_per_key
from integrations.sandbox.gateway.rules import admit, answer, gateway_error, json_body, patient_by_id, refuse
from integrations.sandbox.gp_connect.dates import midnight_after, midnight_before
from integrations.sandbox.serving import BOOKS, served

BASE = "/gateway/{ods}/v1"
LONGEST_DAYS = 28
SEEN = timedelta(weeks=8)


def routes(books: Books) -> list[web.RouteDef]:
    """All calls of the contract."""
    return [
        web.get(f"{BASE}/health", _health),
        web.get(f"{BASE}/patients", _patient),
        web.get(f"{BASE}/slots", _slots),
        web.get(f"{BASE}/slot-types", _slot_types),
        web.get(f"{BASE}/patients/{{id}}/appointments", _appointments),
        web.post(f"{BASE}/appointments", _book),
        web.post(f"{BASE}/appointments/{{id}}/cancel", _cancel),
        web.post(f"{BASE}/patients/{{id}}/codes", gateway_codes.file),
        web.get(f"{BASE}/patients/{{id}}/codes", gateway_codes.read),
    ]


@served("gateway.health", gateway_error)
async def _health(request: web.Request) -> web.Response:
    return answer({"system": admit(request).system, "version": "1", "ok": True})


@served("gateway.patient", gateway_error)
async def _patient(request: web.Request) -> web.Response:
    practice = admit(request)
    patients = request.app[BOOKS].clinic.patients(practice.ods, request.query.get("nhs_number", ""))
    if not patients:
        raise refuse(404, "PATIENT_NOT_FOUND")
    if len(patients) > 1:
        raise refuse(409, "SEVERAL_PATIENTS")
    patient = patients[0]
    return answer(
        {
            "nhs_number": patient.nhs_number,
            "local_id": str(patient.id),
            "family": patient.family,
            "given": patient.given,
            "title": patient.title,
            "dob": patient.dob,
            "sex": patient.gender,
            "mobiles": [patient.mobile] if patient.mobile else [],
            "sms_consent": True,
            "deceased": bool(patient.deceased),
            "active": not patient.inactive,
            "sensitive": bool(patient.sensitive),
        }
    )


@served("gateway.slots", gateway_error)
async def _slots(request: web.Request) -> web.Response:
    practice = admit(request)
    try:
        first, last = (date.fromisoformat(request.query[name]) for name in ("from", "to"))
    except (KeyError, ValueError) as error:
        raise refuse(400, "BAD_REQUEST", "from and to must be dates") from error
    if not 0 <= (last - first).days <= LONGEST_DAYS:
        raise refuse(422, "INVALID_PARAMETER", "at most 28 days")
    rows = request.app[BOOKS].clinic.free_slots(
        practice.ods, midnight_before(first), midnight_after(last), "gp-practice", practice.ods
    )
    slot_type, session = request.query.get("slot_type", ""), request.query.get("session", "")
    return answer(
        {
            "slots": [
                _slot(row)
                for row in rows
                if slot_type in ("", row["slot_type"]) and session in ("", row["session_name"])
            ]
        }
    )


def _slot(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "session_id": str(row["session_id"]),
        "session_name": row["session_name"],
        "slot_type": row["slot_type"],
        "start": local(row["start"]).isoformat(),
        "minutes": (row["finish"] - row["start"]) // 60,
        "clinician": row["clinician"],
        "location": row["location"],
        "mode": row["channel"].lower().replace("-", "_"),
    }


@served("gateway.slot_types", gateway_error)
async def _slot_types(request: web.Request) -> web.Response:
    practice, books = admit(request), request.app[BOOKS]
    now, span = books.clock.time(), SEEN.total_seconds()
    return answer({"slot_types": books.clinic.slot_types(practice.ods, now - span, now + span)})


@served("gateway.appointments", gateway_error)
async def _appointments(request: web.Request) -> web.Response:
    practice, books = admit(request), request.app[BOOKS]
    patient = patient_by_id(request, practice)
    try:
        first = date.fromisoformat(request.query.get("from", "1970-01-02"))
    except ValueError as error:
        raise refuse(400, "BAD_REQUEST", "from must be a date") from error
    return answer(
        {
            "appointments": [
                {
                    "id": str(appointment.id),
                    "slot_id": str(appointment.slot_ids[0]),
                    "start": local(appointment.start).isoformat(),
                    "status": appointment.status,
                }
                for appointment in books.clinic.appointments(patient, midnight_before(first), 1e12)
            ]
        }
    )


@served("gateway.book", gateway_error)
async def _book(request: web.Request) -> web.Response:
    return await _book_once(request, admit(request))


@once_per_key
async def _book_once(request: web.Request, practice: Practice) -> web.Response:
    books, body = request.app[BOOKS], await json_body(request)
    patient = patient_by_id(request, practice, str(body.get("patient_id", "-")))
    slot = books.clinic.slot(practice.ods, str(body.get("slot_id", "")))
    if slot is None:
        raise refuse(422, "SLOT_GONE")
    if slot["start"] <= books.clock.time():
        raise refuse(422, "SLOT_IN_PAST")
    if books.faults.take("gateway.book", {"slot_taken"}, {"ods": practice.ods, "slot_id": slot["id"]}):
        books.clinic.take(slot["id"])
    try:
        appointment = books.clinic.book(patient, [slot], {"description": str(body.get("note", ""))})
    except SlotInUse as error:
        raise refuse(409, "SLOT_TAKEN") from error
    return answer({"appointment_id": str(appointment.id)}, 201)


@served("gateway.cancel", gateway_error)
async def _cancel(request: web.Request) -> web.Response:
    return await _cancel_once(request, admit(request))


@once_per_key
async def _cancel_once(request: web.Request, practice: Practice) -> web.Response:
    books, body = request.app[BOOKS], await json_body(request)
    appointment = books.clinic.appointment(practice.ods, request.match_info["id"])
    if appointment is None:
        raise refuse(404, "NO_RECORD_FOUND")
    if appointment.start <= books.clock.time():
        raise refuse(409, "TOO_LATE_TO_CANCEL")
    if appointment.status != "cancelled":
        books.clinic.change(appointment, "cancelled", {**appointment.resource, "reason": str(body.get("reason", ""))})
    return answer({"appointment_id": str(appointment.id), "status": "cancelled"})
