"""The stand-in provider's rules on booking, amending and cancelling (gp-connect#booking)."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from integrations.sandbox.server import SandboxServer
from tests.integrations.sandbox.practice import CANCELLATION, ODS, Caller, day, session, spine

Body = dict[str, Any]


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def caller(running: SandboxServer) -> Iterator[Caller]:
    made = Caller(running)
    with made.http:
        yield made


def booked(caller: Caller) -> Body:
    response = caller.book(caller.appointment())
    assert response.status_code == 201, response.text
    body: Body = response.json()
    return body


def as_cancelled(appointment: Body, url: str = CANCELLATION, reason: str = "Cancelled by patient") -> Body:
    changed = copy.deepcopy(appointment)
    changed["status"] = "cancelled"
    changed["extension"].append({"url": url, "valueString": reason})
    return changed


def test_a_booking_is_completed_by_the_provider(caller: Caller) -> None:
    response = caller.book(caller.appointment())
    body = response.json()
    assert response.status_code == 201
    assert response.headers["Location"].endswith(f"/Appointment/{body['id']}/_history/1")
    assert response.headers["ETag"] == 'W/"1"'
    assert body["serviceType"] == [{"text": "Flu clinic"}]
    assert body["serviceCategory"] == {"text": "Flu session"}
    assert body["extension"][1]["valueCode"] == "In-person"


def test_a_minimal_answer_has_only_its_address(caller: Caller) -> None:
    response = caller.book(caller.appointment(), Prefer="return=minimal")
    assert (response.status_code, response.content) == (201, b"")


def test_slots_next_to_each_other_are_booked_together(caller: Caller) -> None:
    assert caller.book(caller.appointment(slots=3)).status_code == 201
    assert "entry" not in caller.search().json()


def test_a_slot_is_booked_once(caller: Caller) -> None:
    body = caller.appointment()
    assert caller.book(body).status_code == 201
    again = caller.book(body)
    assert spine(again) == (409, "DUPLICATE_REJECTED")
    assert again.json()["issue"][0]["diagnostics"] == "Slot is already in use."


def test_a_receptionist_may_take_the_slot_first(caller: Caller) -> None:
    body = caller.appointment()
    assert caller.sandbox.control("take", {"slot_id": caller.first_slot}) == {"taken": True}
    assert caller.sandbox.control("take", {"slot_id": caller.first_slot}) == {"taken": False}
    assert spine(caller.book(body)) == (409, "DUPLICATE_REJECTED")


def without(name: str) -> Callable[[Body], None]:
    return lambda body: body.pop(name)


def with_field(name: str, value: object) -> Callable[[Body], None]:
    return lambda body: body.update({name: value})


def in_organisation(name: str) -> Callable[[Body], None]:
    return lambda body: body["contained"][0].pop(name)


def with_actor(place: int, reference: str) -> Callable[[Body], None]:
    return lambda body: body["participant"][place].update({"actor": {"reference": reference}})


@pytest.mark.parametrize(
    "change",
    [
        *(without(name) for name in ("start", "end", "status", "slot", "participant", "created", "description")),
        *(without(name) for name in ("meta", "contained", "extension")),
        *(in_organisation(name) for name in ("name", "telecom", "identifier")),
        with_field("reason", [{"text": "Flu"}]),
        with_field("specialty", [{"text": "GP"}]),
        with_field("colour", "blue"),
        with_field("status", "proposed"),
        with_field("description", "x" * 101),
        with_field("comment", "x" * 501),
        with_field("start", "2026-10-10T09:00:00"),
        with_field("end", "2030-10-10T09:00:00+01:00"),
        with_field("slot", [{"reference": "Slot/hello"}]),
        with_field("slot", [{"reference": "https://provider.example.nhs.uk/Slot/1"}]),
        with_actor(0, "https://provider.example.nhs.uk/Patient/1"),
        with_actor(1, "Location/98765"),
        lambda body: body["participant"][0].pop("status"),
        lambda body: body["participant"].pop(0),
        lambda body: body["extension"].append({"url": CANCELLATION, "valueString": "x"}),
    ],
)
def test_wrong_bookings_are_refused(caller: Caller, change: Callable[[Body], None]) -> None:
    body = caller.appointment()
    change(body)
    assert spine(caller.book(body)) == (422, "INVALID_RESOURCE")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (with_field("slot", [{"reference": "Slot/98765"}]), "Slot/98765"),
        (with_actor(0, "Patient/98765"), "Patient/98765"),
    ],
)
def test_references_that_lead_nowhere_are_named(caller: Caller, change: Callable[[Body], None], named: str) -> None:
    body = caller.appointment()
    change(body)
    response = caller.book(body)
    assert spine(response) == (422, "REFERENCE_NOT_FOUND")
    assert named in response.json()["issue"][0]["diagnostics"]


def test_a_slot_that_has_begun_cannot_be_booked(caller: Caller) -> None:
    body = caller.appointment()
    # The token is as young as before, so only the slot is late.
    caller.sandbox.control("seed", {"sessions": [session(f"{day(0)}T00:00:00", count=1, name="Begun")]})
    begun = next(slot for slot in caller.sandbox.control("books?part=slots")["slots"] if slot["start"] < body["start"])
    body.update(start=begun["start"], end=begun["finish"], slot=[{"reference": f"Slot/{begun['id']}"}])
    assert spine(caller.book(body)) == (422, "INVALID_RESOURCE")


def test_slots_apart_cannot_be_booked_together(caller: Caller) -> None:
    body = caller.appointment(slots=3)
    del body["slot"][1]
    assert spine(caller.book(body)) == (422, "INVALID_RESOURCE")


def test_slots_for_other_organisations_cannot_be_booked(caller: Caller) -> None:
    body = caller.appointment()
    caller.sandbox.control("reset", {})
    caller.sandbox.control(
        "seed",
        {
            "practices": [{"ods": ODS, "system": "emis", "name": "Example Surgery"}],
            "patients": [{"ods": ODS, "nhs_number": "9990000018", "given": "A", "family": "P", "dob": "1958-03-09"}],
            "sessions": [session(f"{day(1)}T09:00:00", only_ods="Y99999")],
        },
    )
    assert spine(caller.book(body)) == (422, "INVALID_RESOURCE")


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_body_that_is_no_resource_is_a_bad_request(caller: Caller, content: str) -> None:
    response = caller.fhir("POST", "/Appointment", "create:appointment-1", "patient/*.write", content)
    assert spine(response) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "changes",
    [
        {"participant": ["Patient/1"]},
        {"participant": 7},
        {"contained": ["Organization"]},
        {"slot": [None]},
        {"extension": [{"url": 7}]},
        {"meta": {"profile": "GPConnect-Appointment-1"}},
    ],
)
def test_a_body_of_another_shape_is_refused_in_the_providers_form_and_noted(
    caller: Caller, changes: dict[str, Any]
) -> None:
    assert spine(caller.book({**caller.appointment(), **changes})) == (422, "INVALID_RESOURCE")
    assert caller.sandbox.control("books?part=journal")["journal"][-1]["status"] == 422


def test_cancelling_frees_the_slot(caller: Caller) -> None:
    appointment = booked(caller)
    response = caller.put(as_cancelled(appointment), "1")
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    assert response.headers["ETag"] == 'W/"2"'
    assert caller.book(caller.appointment()).status_code == 201


def test_a_stale_version_is_a_conflict(caller: Caller) -> None:
    appointment = booked(caller)
    assert caller.put(as_cancelled(appointment), "1").status_code == 200
    assert spine(caller.put(as_cancelled(appointment), "1")) == (409, "FHIR_CONSTRAINT_VIOLATION")
    assert spine(caller.put(as_cancelled(appointment), "2")) == (422, "INVALID_RESOURCE")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda body: body.update(description="Something else"), "INVALID_RESOURCE"),
        (lambda body: body.update(comment="Something new"), "INVALID_RESOURCE"),
        (lambda body: body["participant"].pop(), "INVALID_RESOURCE"),
        (lambda body: body.update(serviceType=[{"text": "Other"}]), "INVALID_RESOURCE"),
        (lambda body: body.update(status="booked"), "INVALID_RESOURCE"),
        (lambda body: body["extension"].pop(), "INVALID_RESOURCE"),
        (lambda body: body["extension"].pop(0), "INVALID_RESOURCE"),
        (lambda body: body["extension"][-1].update(url="https://example.com"), "INVALID_RESOURCE"),
        (lambda body: body["extension"][-1].update(valueString=""), "INVALID_PARAMETER"),
    ],
)
def test_a_cancellation_changes_two_things_only(caller: Caller, change: Callable[[Body], None], expected: str) -> None:
    body = as_cancelled(booked(caller))
    change(body)
    assert spine(caller.put(body, "1")) == (422, expected)


def test_an_unknown_appointment_is_not_found(caller: Caller) -> None:
    body = as_cancelled(booked(caller))
    assert spine(caller.put({**body, "id": "98765"}, "1")) == (404, "NO_RECORD_FOUND")
    assert spine(caller.fhir("GET", "/Appointment/x", "read:appointment-1")) == (404, "NO_RECORD_FOUND")


def test_an_amendment_changes_the_words_only(caller: Caller) -> None:
    appointment = booked(caller)
    amended = caller.put({**appointment, "description": "Flu and shingles"}, "1", "update")
    assert (amended.status_code, amended.json()["description"]) == (200, "Flu and shingles")
    moved = {**amended.json(), "start": appointment["end"]}
    assert spine(caller.put(moved, "2", "update")) == (422, "INVALID_RESOURCE")
    cancelled = caller.put(as_cancelled(amended.json()), "2").json()
    assert spine(caller.put(cancelled, "3", "update")) == (422, "INVALID_RESOURCE")


def test_an_absolute_reference_is_refused_when_cancelling(caller: Caller) -> None:
    body = as_cancelled(booked(caller))
    body["participant"][0]["actor"]["reference"] = "https://provider.example.nhs.uk/Patient/1"
    assert spine(caller.put(body, "1")) == (422, "INVALID_RESOURCE")


def test_a_body_must_say_that_it_is_in_utf_8(caller: Caller) -> None:
    for written in ("application/fhir+json", "application/fhir+json;charset=iso-8859-1"):
        assert caller.book(caller.appointment(), **{"Content-Type": written}).status_code == 415
    assert caller.sandbox.control("books?part=appointments")["appointments"] == []


def test_two_reasons_are_refused_and_one_may_replace_another(caller: Caller) -> None:
    body = as_cancelled(booked(caller))
    twice = {**body, "extension": [*body["extension"], body["extension"][-1]]}
    assert spine(caller.put(twice, "1")) == (422, "INVALID_RESOURCE")
    assert caller.put(body, "1").status_code == 200


def test_the_demonstrators_answers(caller: Caller) -> None:
    caller.sandbox.control("gp-connect", {"like_demonstrator": True})
    response = caller.fhir("GET", "/Appointment/98765", "read:appointment-1")
    assert spine(response) == (404, "REFERENCE_NOT_FOUND")
    assert response.json()["issue"][0]["diagnostics"] == "No appointment details found for ID: 98765"
    body = caller.appointment()
    with_field("slot", [{"reference": "Slot/98765"}])(body)
    response = caller.book(body)
    assert spine(response) == (422, "INVALID_RESOURCE")
    named = "Slot resource reference value 98765 is not a valid resource."
    assert response.json()["issue"][0]["diagnostics"] == named


def test_what_the_practice_removes_is_gone_and_its_slot_free(caller: Caller) -> None:
    made = booked(caller)
    assert caller.sandbox.control("remove-appointment", {"id": made["id"]}) == {"removed": True}
    assert caller.sandbox.control("remove-appointment", {"id": made["id"]}) == {"removed": False}
    assert spine(caller.fhir("GET", f"/Appointment/{made['id']}", "read:appointment-1")) == (404, "NO_RECORD_FOUND")
    assert caller.book(caller.appointment()).status_code == 201


def test_what_the_practice_notes_is_in_the_book(caller: Caller) -> None:
    made = booked(caller)
    for mark in ("noshow", "arrived", "booked"):
        assert caller.sandbox.control("mark-appointment", {"id": made["id"], "status": mark}) == {"marked": True}
        there = caller.fhir("GET", f"/Appointment/{made['id']}", "read:appointment-1").json()
        assert there["status"] == mark
    assert there["meta"]["versionId"] == "4"
    assert caller.sandbox.control("mark-appointment", {"id": "98765", "status": "noshow"}) == {"marked": False}
    with pytest.raises(httpx.HTTPStatusError):
        caller.sandbox.control("mark-appointment", {"id": made["id"], "status": "late"})
