"""What every call of the record gateway has in common: who may call, and its form of answers."""

import json
import uuid
from typing import Any

from aiohttp import web

from integrations.sandbox.clinic import Patient, Practice
from integrations.sandbox.serving import BOOKS, Refusal


def answer(body: object, status: int = 200) -> web.Response:
    """A JSON answer that nobody may cache, as every one of the gateway's is."""
    return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})


def gateway_error(status: int | None, code: str | None, message: str = "") -> web.Response:
    """An error in the gateway's form (record-gateway#refusals)."""
    return answer({"code": code or "ERROR", "message": message, "retry_after": None}, status or 500)


def refuse(status: int, code: str, message: str = "") -> Refusal:
    """A refusal, to be raised."""
    return Refusal(gateway_error(status, code, message))


def admit(request: web.Request) -> Practice:
    """The practice called. Raises Refusal unless the bearer token and the request id are right."""
    practice = request.app[BOOKS].clinic.practice(request.match_info["ods"])
    if practice is None:
        raise refuse(404, "ORGANISATION_NOT_FOUND")
    if request.headers.get("Authorization") != f"Bearer {practice.gateway_token}":
        raise refuse(401, "NOT_AUTHORISED")
    try:
        uuid.UUID(request.headers.get("X-Request-Id", ""))
    except ValueError as error:
        raise refuse(400, "BAD_REQUEST", "X-Request-Id is not a UUID") from error
    return practice


def patient_by_id(request: web.Request, practice: Practice, patient_id: str = "") -> Patient:
    """The patient named in the path, or by `patient_id`. Raises Refusal."""
    patient = request.app[BOOKS].clinic.patient(practice.ods, patient_id or request.match_info["id"])
    if patient is None:
        raise refuse(404, "PATIENT_NOT_FOUND")
    return patient


async def json_body(request: web.Request) -> dict[str, Any]:
    """The request's JSON object. Raises Refusal."""
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise refuse(400, "BAD_REQUEST", "the body is not JSON") from error
    if not isinstance(body, dict):
        raise refuse(400, "BAD_REQUEST", "the body is not an object")
    return body
