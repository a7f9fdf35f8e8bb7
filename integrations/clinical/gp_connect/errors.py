"""What a refusal means. The Spine code decides, not the HTTP status: 409 means two things (gp-connect#refusals)."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from integrations.clinical.calls import Response
from integrations.clinical.port import (
    AppointmentNotFound,
    BookingRefused,
    Busy,
    ClinicalError,
    InvalidNhsNumber,
    NotAuthorised,
    NotEnabled,
    PatientNotFound,
    SlotGone,
    SlotTaken,
    UnknownOutcome,
    UnreadableAnswer,
    VersionConflict,
)

BY_SPINE_CODE: dict[str, type[ClinicalError]] = {
    "INVALID_NHS_NUMBER": InvalidNhsNumber,
    "INVALID_IDENTIFIER_VALUE": InvalidNhsNumber,
    "INVALID_PATIENT_DEMOGRAPHICS": PatientNotFound,
    "PATIENT_NOT_FOUND": PatientNotFound,
    "NO_PATIENT_CONSENT": PatientNotFound,
    "NO_RECORD_FOUND": AppointmentNotFound,
    "DUPLICATE_REJECTED": SlotTaken,
    "FHIR_CONSTRAINT_VIOLATION": VersionConflict,
    "REFERENCE_NOT_FOUND": SlotGone,
    "INVALID_RESOURCE": BookingRefused,
    "INVALID_PARAMETER": BookingRefused,
    # The capability is off at this practice. The code really has a space.
    "ACCESS DENIED": NotEnabled,
    "ACCESS_DENIED": NotEnabled,
    "NOT_IMPLEMENTED": NotEnabled,
    # The rest is ours to mend: headers, token, addresses, agreements.
    "BAD_REQUEST": NotAuthorised,
    "INVALID_IDENTIFIER_SYSTEM": NotAuthorised,
    "NO_ORGANISATION_CONSENT": NotAuthorised,
    "ORGANISATION_NOT_FOUND": NotAuthorised,
    "PRACTITIONER_NOT_FOUND": NotAuthorised,
}
# What the Secure Proxy or the provider says with the status alone.
BY_STATUS: dict[int, type[ClinicalError]] = {
    HTTPStatus.UNAUTHORIZED: NotAuthorised,
    HTTPStatus.FORBIDDEN: NotAuthorised,
    HTTPStatus.METHOD_NOT_ALLOWED: NotAuthorised,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: NotAuthorised,
}


@dataclass(frozen=True, slots=True)
class OperationOutcome:
    """What an OperationOutcome says. `diagnostics` may name the patient: read it, never repeat it."""

    code: str = ""
    diagnostics: str = ""


def outcome_of(answer: Response) -> OperationOutcome:
    """The first issue of an answer's OperationOutcome; empty when it is none."""
    try:
        body = json.loads(answer.content)
        if body["resourceType"] != "OperationOutcome":
            return OperationOutcome()
        issue = body["issue"][0]
        return OperationOutcome(str(issue["details"]["coding"][0]["code"]), str(issue.get("diagnostics", "")))
    except (ValueError, KeyError, IndexError, TypeError):
        return OperationOutcome()


def read_error(answer: Response) -> ClinicalError:
    """The error for a read that was not answered with success."""
    outcome = outcome_of(answer)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or (answer.status >= 500 and outcome.code != "NOT_IMPLEMENTED"):
        return Busy(_detail(answer, outcome), answer.retry_after())
    kind = _kind(answer, outcome) or UnreadableAnswer
    # A read that the system finds malformed was refused by no rule of the practice: the two sides disagree.
    return (UnreadableAnswer if kind is BookingRefused else kind)(_detail(answer, outcome))


def write_error(answer: Response) -> ClinicalError:
    """The error for a write that was not answered with success: unknown, unless it was clearly refused."""
    outcome = outcome_of(answer)
    detail = _detail(answer, outcome)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Busy(detail, answer.retry_after())
    if answer.status >= 500 and outcome.code != "NOT_IMPLEMENTED":
        return UnknownOutcome(detail)
    return (_kind(answer, outcome) or UnknownOutcome)(detail)


def _kind(answer: Response, outcome: OperationOutcome) -> type[ClinicalError] | None:
    """The kind of a refusal; None when the answer is no refusal that can be understood."""
    if 400 <= answer.status < 600:
        return BY_SPINE_CODE.get(outcome.code) or BY_STATUS.get(answer.status) or _from_proxy(answer, outcome)
    return None


def _from_proxy(answer: Response, outcome: OperationOutcome) -> type[ClinicalError] | None:
    """A 400 with a code of the Secure Proxy's own: the address or an ASID is not the directory's."""
    return NotAuthorised if answer.status == HTTPStatus.BAD_REQUEST and outcome.code else None


def _detail(answer: Response, outcome: OperationOutcome) -> str:
    return f"{answer.status} {outcome.code}".strip()
