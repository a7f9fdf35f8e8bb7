"""What refusals mean (gp-connect#refusals)."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from integrations.clinical import port
from integrations.clinical.calls import Response
from integrations.clinical.gp_connect.errors import booking_error, outcome_of, read_error, write_error

TABLE = [
    # status, code, a read, a write
    (400, "INVALID_NHS_NUMBER", port.InvalidNhsNumber, port.InvalidNhsNumber),
    (400, "INVALID_IDENTIFIER_VALUE", port.InvalidNhsNumber, port.InvalidNhsNumber),
    (400, "BAD_REQUEST", port.NotAuthorised, port.NotAuthorised),
    (400, "ENDPOINT_MISMATCH", port.NotAuthorised, port.NotAuthorised),
    (400, "", port.UnreadableAnswer, port.UnknownOutcome),
    (401, "", port.NotAuthorised, port.NotAuthorised),
    (403, "", port.NotAuthorised, port.NotAuthorised),
    (403, "ASID_NOT_AUTHORISED", port.NotAuthorised, port.NotAuthorised),
    (403, "NO_ORGANISATION_CONSENT", port.NotAuthorised, port.NotAuthorised),
    (403, "NO_PATIENT_CONSENT", port.PatientNotFound, port.PatientNotFound),
    (403, "ACCESS DENIED", port.NotEnabled, port.NotEnabled),
    (403, "ACCESS_DENIED", port.NotEnabled, port.NotEnabled),
    (404, "PATIENT_NOT_FOUND", port.PatientNotFound, port.PatientNotFound),
    (404, "NO_RECORD_FOUND", port.AppointmentNotFound, port.AppointmentNotFound),
    (404, "ORGANISATION_NOT_FOUND", port.NotAuthorised, port.NotAuthorised),
    (404, "", port.UnreadableAnswer, port.UnknownOutcome),
    (409, "DUPLICATE_REJECTED", port.SlotTaken, port.SlotTaken),
    (409, "FHIR_CONSTRAINT_VIOLATION", port.VersionConflict, port.VersionConflict),
    (409, "", port.UnreadableAnswer, port.UnknownOutcome),
    (422, "REFERENCE_NOT_FOUND", port.SlotGone, port.SlotGone),
    (422, "INVALID_RESOURCE", port.UnreadableAnswer, port.BookingRefused),
    (422, "INVALID_PARAMETER", port.UnreadableAnswer, port.BookingRefused),
    (429, "", port.Busy, port.Busy),
    (500, "INTERNAL_SERVER_ERROR", port.Busy, port.UnknownOutcome),
    (501, "NOT_IMPLEMENTED", port.NotEnabled, port.NotEnabled),
    (502, "", port.Busy, port.UnknownOutcome),
    (503, "", port.Busy, port.UnknownOutcome),
    (302, "", port.UnreadableAnswer, port.UnknownOutcome),
]


def answer(status: int, code: str, diagnostics: str = "9990000018 is not here") -> Response:
    """An OperationOutcome with this code, or a page of HTML without one."""
    issue = {"details": {"coding": [{"code": code}]}, "diagnostics": diagnostics}
    body = json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}) if code else "<html></html>"
    return Response(status, httpx.Headers({"Retry-After": "30"}), body.encode())


@pytest.mark.parametrize(("status", "code", "read", "write"), TABLE)
def test_the_code_decides(status: int, code: str, read: type[Exception], write: type[Exception]) -> None:
    assert type(read_error(answer(status, code))) is read
    assert type(write_error(answer(status, code))) is write


def test_details_repeat_the_code_and_never_the_diagnostics() -> None:
    error = read_error(answer(404, "PATIENT_NOT_FOUND"))
    assert str(error) == "404 PATIENT_NOT_FOUND"


def test_busy_says_how_long_to_wait() -> None:
    error = read_error(answer(503, ""))
    assert isinstance(error, port.Busy)
    assert error.retry_after == 30


@pytest.mark.parametrize("body", [b"", b"[]", b'{"resourceType": "OperationOutcome"}', b'{"resourceType": 1}', b"\xff"])
def test_a_malformed_outcome_is_no_refusal(body: bytes) -> None:
    assert type(write_error(Response(409, httpx.Headers(), body))) is port.UnknownOutcome


SLOT = port.Slot(
    id="1584",
    schedule_id="14",
    session_name="",
    slot_type="Flu clinic",
    start=datetime(2126, 10, 10, 9, tzinfo=UTC),
    end=datetime(2126, 10, 10, 9, 5, tzinfo=UTC),
    clinician="",
    location_id="1584",
    location="",
    practitioner_id="2",
)


@pytest.mark.parametrize("code", ["INVALID_RESOURCE", "REFERENCE_NOT_FOUND"])
@pytest.mark.parametrize(
    ("diagnostics", "kind"),
    [
        ("Patient resource reference 2 is not a valid resource", port.PatientNotFound),
        ("Patient/2 was not found", port.PatientNotFound),
        ("https://provider.example.nhs.uk/STU3/1/gpconnect/Patient/2 was not found", port.PatientNotFound),
        ("Slot resource reference value 1584 is not a valid resource.", port.SlotGone),
        ("Slot/1584 was not found", port.SlotGone),
        ("No slot found for id 1584", port.SlotGone),
        ("Provided practitioner id (2) is not equal to Schedule practitioner id (5)", port.SlotGone),
        ("Slot/15840 was not found", port.BookingRefused),
        ("Location resource reference 1584 is not a valid resource", port.BookingRefused),
        ("Provided location id (1584) is not equal to Schedule location id (17)", port.BookingRefused),
        ("Organization/1584 was not found", port.BookingRefused),
        ("Slot/1584 is one more than Patient/2 may have", port.SlotGone),
        ("Patient/2 may have no more than Slot/1584", port.BookingRefused),
    ],
)
def test_a_booking_error_is_about_the_resource_that_it_names(
    code: str, diagnostics: str, kind: type[Exception]
) -> None:
    refused = answer(422, code, diagnostics)
    assert type(booking_error(write_error(refused), refused, SLOT, datetime.now(UTC))) is kind


@pytest.mark.parametrize(
    ("code", "kind"), [("INVALID_RESOURCE", port.BookingRefused), ("REFERENCE_NOT_FOUND", port.SlotGone)]
)
@pytest.mark.parametrize("diagnostics", ["", "1584", "No more than 1584 bookings a day", "9990000018 is not here"])
def test_where_nothing_is_named_the_code_decides(code: str, kind: type[Exception], diagnostics: str) -> None:
    refused = answer(422, code, diagnostics)
    assert type(booking_error(write_error(refused), refused, SLOT, datetime.now(UTC))) is kind
    begun = replace(SLOT, start=datetime(2020, 1, 1, tzinfo=UTC))
    assert type(booking_error(write_error(refused), refused, begun, datetime.now(UTC))) is port.SlotGone


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"resourceType": "OperationOutcome"}', ""),
        (b'{"resourceType": "OperationOutcome", "issue": {"details": {"coding": {"code": "X"}}}}', "X"),
        (b'{"resourceType": "OperationOutcome", "issue": [5, {}, {"details": {"coding": [{}, {"code": "X"}]}}]}', "X"),
        (b'{"resourceType": "OperationOutcome", "issue": [{"details": []}, {"details": {"text": "no"}}]}', ""),
    ],
)
def test_an_outcome_is_read_however_odd_it_is(body: bytes, code: str) -> None:
    outcome = outcome_of(Response(404, httpx.Headers(), body))
    assert (outcome.is_one, outcome.code) == (True, code)
