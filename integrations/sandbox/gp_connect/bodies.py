"""Checks of an Appointment that somebody wants to book (gp-connect#booking)."""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from integrations.sandbox.books import Books
from integrations.sandbox.clinic import Patient, Practice
from integrations.sandbox.gp_connect import resources
from integrations.sandbox.gp_connect.answers import bad_reference, refuse
from integrations.sandbox.gp_connect.dates import moment

KNOWN_FIELDS = {
    *("resourceType", "meta", "contained", "extension", "status", "description", "comment", "start", "end"),
    *("slot", "created", "participant", "serviceCategory", "serviceType"),
}
REFERENCE = re.compile(r"(Patient|Location|Practitioner|Slot)/(\d+)")
DESCRIPTION_MOST, COMMENT_MOST = 100, 500


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking that may be made, if its slots are still free."""

    patient: Patient
    slots: Sequence[sqlite3.Row]


def checked_booking(body: dict[str, Any], books: Books, practice: Practice) -> Booking:
    """The booking that `body` asks for. Raises Refusal."""
    _check_fields(body)
    organisation = _booking_organisation(body)
    actors = _actors(body)
    slots = [_slot(books, practice, reference) for reference in _slot_references(body)]
    _check_together(slots)
    _check_times(body, slots, books.clock.time())
    _check_practice_rules(slots, organisation)
    patient = books.clinic.patient(practice.ods, actors["Patient"])
    if patient is None or not patient.shown:
        raise bad_reference(books, f"Patient/{actors['Patient']}")
    for kind, theirs in (("Location", slots[0]["location_id"]), ("Practitioner", slots[0]["clinician_id"])):
        if kind in actors and actors[kind] != str(theirs):
            names = f"Provided {kind.lower()} id ({actors[kind]}) is not equal to Schedule {kind.lower()} id ({theirs})"
            raise refuse("INVALID_RESOURCE", names)
    return Booking(patient, slots)


def _check_fields(body: dict[str, Any]) -> None:
    if body.get("resourceType") != "Appointment":
        raise refuse("INVALID_RESOURCE", "an Appointment is needed")
    if extra := sorted(set(body) - KNOWN_FIELDS):
        raise refuse("INVALID_RESOURCE", f"{extra[0]} is not allowed")
    if resources.APPOINTMENT_PROFILE not in (body.get("meta") or {}).get("profile", []):
        raise refuse("INVALID_RESOURCE", "the profile is missing")
    if body.get("status") != "booked":
        raise refuse("INVALID_RESOURCE", "status must be booked")
    if moment(body.get("created")) is None:
        raise refuse("INVALID_RESOURCE", "created is missing")
    description, comment = body.get("description"), body.get("comment", "")
    if not isinstance(description, str) or not 0 < len(description) <= DESCRIPTION_MOST:
        raise refuse("INVALID_RESOURCE", "description is missing or too long")
    if not isinstance(comment, str) or len(comment) > COMMENT_MOST:
        raise refuse("INVALID_RESOURCE", "comment is too long")


def _booking_organisation(body: dict[str, Any]) -> tuple[str, str]:
    """The organisation that books: its type (may be empty) and its ODS code."""
    extensions = body.get("extension") or []
    if [extension.get("url") for extension in extensions] != [resources.BOOKING_ORGANISATION]:
        raise refuse("INVALID_RESOURCE", "exactly the booking organisation extension is needed")
    reference = extensions[0].get("valueReference", {}).get("reference", "")
    held = {f"#{item.get('id')}": item for item in body.get("contained") or []}.get(reference, {})
    codes = [item.get("value") for item in held.get("identifier", []) if item.get("system") == resources.ODS_CODE]
    phones = [item.get("value") for item in held.get("telecom", [])]
    if held.get("resourceType") != "Organization" or not (codes and codes[0]):
        raise refuse("INVALID_RESOURCE", "the booking organisation has no ODS code")
    if not held.get("name") or not (phones and phones[0]):
        raise refuse("INVALID_RESOURCE", "the booking organisation needs a name and a telephone number")
    types = [coding.get("code", "") for kind in held.get("type", []) for coding in kind.get("coding", [])]
    return (types or [""])[0], codes[0]


def _actors(body: dict[str, Any]) -> dict[str, str]:
    """The ids of the participants by type; one patient and one location must be among them."""
    actors: dict[str, str] = {}
    for participant in body.get("participant") or []:
        match = REFERENCE.fullmatch(participant.get("actor", {}).get("reference", ""))
        if match is None or not participant.get("status"):
            raise refuse("INVALID_RESOURCE", "a participant has no status or no usable reference")
        actors[match[1]] = match[2]
    if not {"Patient", "Location"} <= set(actors):
        raise refuse("INVALID_RESOURCE", "a patient and a location must take part")
    return actors


def _slot_references(body: dict[str, Any]) -> list[str]:
    references = [slot.get("reference", "") for slot in body.get("slot") or []]
    matches = [REFERENCE.fullmatch(reference) for reference in references]
    if not references or any(match is None or match[1] != "Slot" for match in matches):
        raise refuse("INVALID_RESOURCE", "slot references must be like Slot/1")
    return references


def _slot(books: Books, practice: Practice, reference: str) -> sqlite3.Row:
    row = books.clinic.slot(practice.ods, reference.removeprefix("Slot/"))
    if row is None:
        raise bad_reference(books, reference)
    return row


def _check_together(slots: Sequence[sqlite3.Row]) -> None:
    for earlier, later in pairwise(slots):
        if any(earlier[name] != later[name] for name in ("session_id", "channel", "slot_type")):
            raise refuse("INVALID_RESOURCE", "the slots differ in schedule, delivery channel or service type")
        if earlier["finish"] != later["start"]:
            raise refuse("INVALID_RESOURCE", "the slots are not next to each other")


def _check_times(body: dict[str, Any], slots: Sequence[sqlite3.Row], now: float) -> None:
    start, end = moment(body.get("start")), moment(body.get("end"))
    if start is None or end is None:
        raise refuse("INVALID_RESOURCE", "start or end is missing")
    # As seconds: in the hour that comes twice, Python calls no two times of different zones equal.
    if (start.timestamp(), end.timestamp()) != (slots[0]["start"], slots[-1]["finish"]):
        raise refuse("INVALID_RESOURCE", "start and end are not those of the slots")
    if start.timestamp() <= now:
        raise refuse("INVALID_RESOURCE", "start is in the past")


def _check_practice_rules(slots: Sequence[sqlite3.Row], organisation: tuple[str, str]) -> None:
    kind, ods = organisation
    for slot in slots:
        allowed = slot["only_type"] in ("", kind) and slot["only_ods"] in ("", ods)
        if not slot["bookable"] or slot["channel"] == "Visit" or not allowed:
            raise refuse("INVALID_RESOURCE", "the practice does not offer this to the booking organisation")
