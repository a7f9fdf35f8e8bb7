"""What refusals mean (gp-connect#refusals)."""

import json

import httpx
import pytest

from integrations.clinical import port
from integrations.clinical.calls import Response
from integrations.clinical.gp_connect.errors import read_error, write_error

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
