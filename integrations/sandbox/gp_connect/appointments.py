"""Booking, reading, amending and cancelling an appointment (gp-connect#booking, gp-connect#cancelling)."""

import json
from typing import Any

from aiohttp import web

from integrations.sandbox.books import Books
from integrations.sandbox.clinic import Appointment, SlotInUse
from integrations.sandbox.gp_connect import odd, resources
from integrations.sandbox.gp_connect.admission import admit
from integrations.sandbox.gp_connect.answers import CONTENT_TYPE, not_there, proxy_error, refuse, resource
from integrations.sandbox.gp_connect.bodies import Booking, checked_booking
from integrations.sandbox.gp_connect.shapes import check_appointment
from integrations.sandbox.serving import BOOKS, Handler, served


@served("gp_connect.book", proxy_error)
async def book(request: web.Request) -> web.Response:
    """POST /Appointment. The fault `slot_taken` has a receptionist take the slot a moment before."""
    practice, _ = admit(request, "create:appointment-1")
    books = request.app[BOOKS]
    body = await _body(request)
    booking = checked_booking(body, books, practice)
    facts = {"ods": practice.ods, "slot_id": booking.slots[0]["id"], "nhs_number": booking.patient.nhs_number}
    if books.faults.take("gp_connect.book", {"slot_taken"}, facts):
        books.clinic.take(booking.slots[0]["id"])
    try:
        appointment = books.clinic.book(booking.patient, booking.slots, _as_booked(body, booking))
    except SlotInUse as error:
        raise refuse("DUPLICATE_REJECTED", "Slot is already in use.") from error
    address = f"{request.path}/{appointment.id}/_history/{appointment.version}"
    if request.headers.get("Prefer") == "return=minimal":
        return web.Response(status=201, content_type=CONTENT_TYPE, headers={"Location": address})
    return resource(resources.appointment(appointment), 201, Location=address)


@served("gp_connect.appointment", proxy_error)
async def read(request: web.Request) -> web.Response:
    """GET /Appointment/{id}: the appointment as it is booked or cancelled."""
    practice, _ = admit(request, "read:appointment-1")
    return odd.read(request, "gp_connect.appointment", resources.appointment(_appointment(request, practice.ods)))


async def change(request: web.Request) -> web.StreamResponse:
    """PUT /Appointment/{id}: the interaction id alone tells an amendment from a cancellation."""
    amends = request.headers.get("Ssp-InteractionID", "").endswith(":update:appointment-1")
    handler: Handler = amend if amends else cancel
    return await handler(request)


@served("gp_connect.amend", proxy_error)
async def amend(request: web.Request) -> web.Response:
    """Change the description and the comment, and nothing else."""
    practice, _ = admit(request, "update:appointment-1")
    current, body = _appointment(request, practice.ods), await _body(request)
    _check_version(request, current)
    if current.status == "cancelled":
        raise refuse("INVALID_RESOURCE", "the appointment is cancelled")
    _check_unchanged(current, body, {"description", "comment"})
    return resource(resources.appointment(_changed(request, current, "booked", body)))


@served("gp_connect.cancel", proxy_error)
async def cancel(request: web.Request) -> web.Response:
    """Set the status and a reason, and change nothing else; the slot becomes free again."""
    practice, _ = admit(request, "cancel:appointment-1")
    current, body = _appointment(request, practice.ods), await _body(request)
    _check_version(request, current)
    if current.status == "cancelled" or body.get("status") != "cancelled":
        raise refuse("INVALID_RESOURCE", "only a booked appointment can become cancelled")
    if current.start <= request.app[BOOKS].clock.time():
        raise refuse("INVALID_RESOURCE", "the appointment is in the past")
    _check_unchanged(current, body, {"status", "extension"})
    _check_reason(current.resource.get("extension", []), body.get("extension", []))
    return resource(resources.appointment(_changed(request, current, "cancelled", body)))


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise refuse("BAD_REQUEST", "the body is not JSON") from error
    if not isinstance(body, dict):
        raise refuse("BAD_REQUEST", "the body is not a resource")
    check_appointment(body)
    return body


def _as_booked(body: dict[str, Any], booking: Booking) -> dict[str, Any]:
    """The appointment as the provider completes it."""
    slot = booking.slots[0]
    extensions = [*body["extension"], {"url": resources.DELIVERY_CHANNEL, "valueCode": slot["channel"]}]
    return {
        **body,
        "extension": extensions,
        "serviceCategory": {"text": slot["session_name"]},
        "serviceType": [{"text": slot["slot_type"]}],
    }


def _appointment(request: web.Request, ods: str) -> Appointment:
    appointment = request.app[BOOKS].clinic.appointment(ods, request.match_info["id"])
    if appointment is None:
        raise not_there(request.app[BOOKS], "appointment", request.match_info["id"])
    return appointment


def _check_version(request: web.Request, current: Appointment) -> None:
    if request.headers.get("If-Match") != f'W/"{current.version}"':
        raise refuse("FHIR_CONSTRAINT_VIOLATION", "If-Match is not the current version")


def _check_unchanged(current: Appointment, body: dict[str, Any], may_change: set[str]) -> None:
    """Everything but `may_change` must be as it is, and references relative."""
    before = resources.appointment(current)
    for name in sorted((set(before) | set(body)) - may_change - {"meta"}):
        if before.get(name) != body.get(name):
            raise refuse("INVALID_RESOURCE", f"{name} may not be changed")
    if any("://" in participant["actor"]["reference"] for participant in body.get("participant", [])):
        raise refuse("INVALID_RESOURCE", "references must be relative")


def _check_reason(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """Exactly one reason, in place of one that may be there, and no other extension changed."""
    reasons = [item for item in after if item.get("url") == resources.CANCELLATION_REASON]
    others = [item for item in after if item not in reasons]
    if others != [item for item in before if item.get("url") != resources.CANCELLATION_REASON]:
        raise refuse("INVALID_RESOURCE", "Invalid Appointment property has been amended (cancellation) [extension]")
    if len(reasons) != 1:
        words = "Invalid/multiple appointment extensions found. The following are in excess or invalid"
        raise refuse("INVALID_RESOURCE", f"{words}: {resources.CANCELLATION_REASON}")
    if not reasons[0].get("valueString"):
        raise refuse("INVALID_PARAMETER", "The cancellation reason can not be blank")


def _changed(request: web.Request, current: Appointment, status: str, body: dict[str, Any]) -> Appointment:
    books: Books = request.app[BOOKS]
    content = {name: value for name, value in body.items() if name not in ("id", "meta")}
    return books.clinic.change(current, status, content)
