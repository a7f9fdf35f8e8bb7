"""Coded entries in the record gateway: filed once per Idempotency-Key, and read back (record-gateway#read-back)."""

import hashlib
import json
import re
import uuid
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from aiohttp import web
from stdnum import verhoeff

from integrations.sandbox.clinic import Patient, Practice
from integrations.sandbox.gateway.rules import admit, answer, gateway_error, json_body, patient_by_id, refuse
from integrations.sandbox.serving import BOOKS, served

KEY_SECONDS = 24 * 60 * 60
CONCEPT = re.compile(r"[1-9]\d{2,14}[01]0\d", re.ASCII)
DESCRIPTION = re.compile(r"[1-9]\d{2,14}[01]1\d", re.ASCII)
NOBODYS = re.compile(r"\d+999999910\d", re.ASCII)
"""Ids in the namespace 9999999, which nobody has: no such concept is in any release."""

Write = Callable[[web.Request, Practice], Awaitable[web.Response]]


def once_per_key(write: Write) -> Write:
    """Answer a repeated Idempotency-Key with the first answer (for 24 hours), and do nothing again."""

    async def guarded(request: web.Request, practice: Practice) -> web.Response:
        books, key = request.app[BOOKS], request.headers.get("Idempotency-Key", "")
        if not key:
            raise refuse(400, "BAD_REQUEST", "Idempotency-Key is missing")
        content = request.path.encode() + b"\n" + await request.read()
        digest = hashlib.sha256(content).hexdigest()
        now = books.clock.time()
        books.store.write("DELETE FROM answers WHERE at < ?", now - KEY_SECONDS)
        cached = books.store.row("SELECT * FROM answers WHERE ods = ? AND key = ?", practice.ods, key)
        if cached is not None:
            if cached["request"] != digest:
                raise refuse(422, "IDEMPOTENCY_KEY_REUSED", "this key was used for another request")
            return answer(json.loads(cached["body"]), cached["status"])
        response = await write(request, practice)
        books.store.insert(
            "answers", ods=practice.ods, key=key, request=digest, status=response.status, body=response.text or "null",
            at=now,
        )  # fmt: skip
        return response

    return guarded


@served("gateway.codes", gateway_error)
async def file(request: web.Request) -> web.Response:
    """POST /v1/patients/{id}/codes."""
    return await _file(request, admit(request))


@served("gateway.read_codes", gateway_error)
async def read(request: web.Request) -> web.Response:
    """GET /v1/patients/{id}/codes: what stands in the record, narrowed by `key` or `entry_id`."""
    practice = admit(request)
    books = request.app[BOOKS]
    key, entry_id = request.query.get("key", ""), request.query.get("entry_id", "")
    rows = books.clinic.codes(patient_by_id(request, practice), books.clock.time())
    entries = [
        {
            "entry_id": row["entry_id"],
            "key": row["key"],
            "snomed": row["snomed"],
            "description_id": row["description_id"],
            "local": {"scheme": row["scheme"], "value": row["value"]} if row["value"] else None,
            "date": row["day"],
            "text": row["term"],
        }
        for row in rows
        if key in ("", row["key"]) and entry_id in ("", row["entry_id"])
    ]
    return answer({"codes": entries})


@once_per_key
async def _file(request: web.Request, practice: Practice) -> web.Response:
    """File one entry.

    EMIS says it did even when the local code is not in its dictionary, and keeps nothing; a gateway that maps finds
    one itself. Faults: `drop_code` keeps nothing anywhere; `late_code` answers 202, and the entry shows in the record
    after `seconds`.
    """
    books, patient, body = request.app[BOOKS], patient_by_id(request, practice), await json_body(request)
    local = _checked(body, practice)
    facts = {"ods": practice.ods, "snomed": body["snomed"], "nhs_number": patient.nhs_number}
    entry_id = str(uuid.uuid4())
    dropped = books.faults.take("gateway.codes", {"drop_code"}, facts)
    late = books.faults.take("gateway.codes", {"late_code"}, facts)
    maps = practice.system != "emis" or (practice.maps_local_codes and not local[1])
    known = maps or books.clinic.knows_local_code(practice.ods, *local)
    if known and not dropped:
        books.clinic.file(
            **_entry(request, patient, body, local),
            entry_id=entry_id, shows_at=books.clock.time() + (late.seconds if late else 0),
            description_id=str(body.get("description_id") or ""),
        )  # fmt: skip
    if late:
        return answer({"entry_id": entry_id, "verified": False}, 202)
    return answer({"entry_id": entry_id, "verified": practice.system != "emis"}, 201)


def _checked(body: dict[str, Any], practice: Practice) -> tuple[str, str]:
    """The local scheme and code of a usable request. Raises Refusal."""
    local = body.get("local") or {}
    if not isinstance(local, dict):
        raise refuse(422, "INVALID_RESOURCE", "local is not an object")
    scheme, value = str(local.get("scheme", "")), str(local.get("value", ""))
    snomed, description = body.get("snomed"), body.get("description_id")
    if not (isinstance(snomed, str) and CONCEPT.fullmatch(snomed) and verhoeff.is_valid(snomed)):
        raise refuse(422, "CODE_NOT_ACCEPTED", "snomed is not a concept id")
    if NOBODYS.fullmatch(snomed):
        raise refuse(422, "CODE_NOT_ACCEPTED", "snomed is a concept that there is not")
    if description and not (DESCRIPTION.fullmatch(str(description)) and verhoeff.is_valid(str(description))):
        raise refuse(422, "INVALID_RESOURCE", "description_id is not a description id")
    if practice.system == "emis" and not (scheme and value) and not practice.maps_local_codes:
        raise refuse(422, "CODE_NOT_ACCEPTED", "EMIS needs its local code")
    try:
        date.fromisoformat(str(body.get("date")))
    except ValueError as error:
        raise refuse(422, "INVALID_RESOURCE", "date is not a date") from error
    return scheme, value


def _entry(request: web.Request, patient: Patient, body: dict[str, Any], local: tuple[str, str]) -> dict[str, Any]:
    return {
        "ods": patient.ods,
        "patient_id": patient.id,
        "key": request.headers["Idempotency-Key"],
        "snomed": body["snomed"],
        "scheme": local[0],
        "value": local[1],
        "day": body["date"],
        "term": str(body.get("text", "")),
    }
