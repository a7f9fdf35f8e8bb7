"""What refusals mean (gp-connect#refusals)."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from integrations.clinical import errors, port
from integrations.clinical.calls import Response
from integrations.clinical.gp_connect.errors import booking_error, outcome_of, read_error, write_error

TABLE = [
    # status, code, a read, a write
    (400, "INVALID_NHS_NUMBER", errors.InvalidNhsNumber, errors.InvalidNhsNumber),
    (400, "INVALID_IDENTIFIER_VALUE", errors.InvalidNhsNumber, errors.InvalidNhsNumber),
    (400, "BAD_REQUEST", errors.NotAuthorised, errors.NotAuthorised),
    (400, "ENDPOINT_MISMATCH", errors.NotAuthorised, errors.NotAuthorised),
    (400, "", errors.UnreadableAnswer, errors.UnknownOutcome),
    (401, "", errors.NotAuthorised, errors.NotAuthorised),
    (403, "", errors.NotAuthorised, errors.NotAuthorised),
    (403, "ASID_NOT_AUTHORISED", errors.NotAuthorised, errors.NotAuthorised),
    (403, "NO_ORGANISATION_CONSENT", errors.NotAuthorised, errors.NotAuthorised),
    (403, "NO_PATIENT_CONSENT", errors.PatientNotFound, errors.PatientNotFound),
    (403, "ACCESS DENIED", errors.NotEnabled, errors.NotEnabled),
    (403, "ACCESS_DENIED", errors.NotEnabled, errors.NotEnabled),
    (404, "PATIENT_NOT_FOUND", errors.PatientNotFound, errors.PatientNotFound),
    (404, "NO_RECORD_FOUND", errors.AppointmentNotFound, errors.AppointmentNotFound),
    (404, "ORGANISATION_NOT_FOUND", errors.NotAuthorised, errors.NotAuthorised),
    (404, "", errors.UnreadableAnswer, errors.UnknownOutcome),
    (409, "DUPLICATE_REJECTED", errors.SlotTaken, errors.SlotTaken),
    (409, "FHIR_CONSTRAINT_VIOLATION", errors.VersionConflict, errors.VersionConflict),
    (409, "", errors.UnreadableAnswer, errors.UnknownOutcome),
    (422, "REFERENCE_NOT_FOUND", errors.SlotGone, errors.SlotGone),
    (422, "INVALID_RESOURCE", errors.UnreadableAnswer, errors.BookingRefused),
    (422, "INVALID_PARAMETER", errors.UnreadableAnswer, errors.BookingRefused),
    (429, "", errors.Busy, errors.Busy),
    (500, "INTERNAL_SERVER_ERROR", errors.Busy, errors.UnknownOutcome),
    (501, "NOT_IMPLEMENTED", errors.NotEnabled, errors.NotEnabled),
    (502, "", errors.Busy, errors.UnknownOutcome),
    (503, "", errors.Busy, errors.UnknownOutcome),
    (302, "", errors.UnreadableAnswer, errors.UnknownOutcome),
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
    assert isinstance(error, errors.Busy)
    assert error.retry_after == 30


@pytest.mark.parametrize("body", [b"", b"[]", b'{"resourceType": "OperationOutcome"}', b'{"resourceType": 1}', b"\xff"])
def test_a_malformed_outcome_is_no_refusal(body: bytes) -> None:
    assert type(write_error(Response(409, httpx.Headers(), body))) is errors.UnknownOutcome


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
        ("Patient resource reference 2 is not a valid resource", errors.PatientNotFound),
        ("Patient/2 was not found", errors.PatientNotFound),
        ("https://provider.example.nhs.uk/STU3/1/gpconnect/Patient/2 was not found", errors.PatientNotFound),
        ("Slot resource reference value 1584 is not a valid resource.", errors.SlotGone),
        ("Slot/1584 was not found", errors.SlotGone),
        ("No slot found for id 1584", errors.SlotGone),
        ("Provided practitioner id (2) is not equal to Schedule practitioner id (5)", errors.SlotGone),
        ("Slot/15840 was not found", errors.BookingRefused),
        ("Location resource reference 1584 is not a valid resource", errors.BookingRefused),
        ("Provided location id (1584) is not equal to Schedule location id (17)", errors.BookingRefused),
        ("Organization/1584 was not found", errors.BookingRefused),
        ("Slot/1584 is one more than Patient/2 may have", errors.SlotGone),
        ("Patient/2 may have no more than Slot/1584", errors.BookingRefused),
    ],
)
def test_a_booking_error_is_about_the_resource_that_it_names(
    code: str, diagnostics: str, kind: type[Exception]
) -> None:
    refused = answer(422, code, diagnostics)
    assert type(booking_error(write_error(refused), refused, SLOT, datetime.now(UTC))) is kind


@pytest.mark.parametrize(
    ("code", "kind"), [("INVALID_RESOURCE", errors.BookingRefused), ("REFERENCE_NOT_FOUND", errors.SlotGone)]
)
@pytest.mark.parametrize("diagnostics", ["", "1584", "No more than 1584 bookings a day", "9990000018 is not here"])
def test_where_nothing_is_named_the_code_decides(code: str, kind: type[Exception], diagnostics: str) -> None:
    refused = answer(422, code, diagnostics)
    assert type(booking_error(write_error(refused), refused, SLOT, datetime.now(UTC))) is kind
    begun = replace(SLOT, start=datetime(2020, 1, 1, tzinfo=UTC))
    assert type(booking_error(write_error(refused), refused, begun, datetime.now(UTC))) is errors.SlotGone


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
