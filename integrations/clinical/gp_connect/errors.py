"""What a refusal means. The Spine code decides, not the HTTP status: 409 means two things (gp-connect#refusals)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from integrations.clinical.calls import Response
from integrations.clinical.errors import (
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
from integrations.clinical.gp_connect.fields import Resource, parsed, part, parts, text
from integrations.clinical.port import Slot

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


_LONGEST_DIAGNOSTICS = 2_000


@dataclass(frozen=True, slots=True)
class OperationOutcome:
    """What an OperationOutcome says. `diagnostics` may name the patient: read it, never repeat it.

    `is_one` is false for an answer that is none.
    """

    code: str = ""
    diagnostics: str = ""
    is_one: bool = False


def outcome_of(answer: Response) -> OperationOutcome:
    """The first issue with a code of an answer's OperationOutcome, or else its first; empty when it is none."""
    body = parsed(answer.content)
    if body is None or body["resourceType"] != "OperationOutcome":
        return OperationOutcome()
    outcomes = [
        OperationOutcome(code, str(issue.get("diagnostics") or ""), is_one=True)
        for issue in parts(body, "issue")
        for code in (_codes(issue) or [""])
    ]
    return next((outcome for outcome in outcomes if outcome.code), (outcomes or [OperationOutcome(is_one=True)])[0])


def _codes(issue: Resource) -> list[str]:
    codings = parts(part(issue, "details"), "coding")
    return [code for code in (text(coding.get("code")) for coding in codings) if code]


def is_missing(answer: Response) -> bool:
    """Whether what was read or changed is not there: 404, or 410 for what is there no more."""
    return answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def is_surely_missing(answer: Response) -> bool:
    """Whether the provider itself says so of the resource, by whatever code (gp-connect#cancelling).

    A page of HTML may be anybody's, and a practice that is not found is not one appointment's loss.
    """
    outcome = outcome_of(answer)
    return is_missing(answer) and outcome.is_one and outcome.code != "ORGANISATION_NOT_FOUND"


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


def booking_error(error: ClinicalError, answer: Response, slot: Slot, now: datetime) -> ClinicalError:
    """Tell apart what is wrong with the patient, with this slot, and with any booking (gp-connect#booking).

    Providers give the same code for a slot that is no more and for a broken rule; their diagnostics name what they
    mean, and a slot that has begun needs no telling.
    """
    named = list(_named(outcome_of(answer).diagnostics))
    first = named[0] if named else _Named("", "")
    is_about_slot = _Named("slot", slot.id) in named
    if first.kind == "patient" and not is_about_slot:
        return PatientNotFound(error.detail)
    # Whom it is with may have changed in the book since; the patient is shown it as it is now.
    if first in (_Named("slot", slot.id), _Named("practitioner", slot.practitioner_id)) or slot.start <= now:
        return SlotGone(error.detail)
    # Something else is not there, or another slot: fresh times would not help the patient.
    return BookingRefused(error.detail) if named and isinstance(error, SlotGone) else error


class _Named(NamedTuple):
    """A resource that diagnostics name: its type in small letters, and its id."""

    kind: str
    id: str


_TYPE = r"\b(patient|slot|location|practitioner|organi[sz]ation|schedule)"
_BETWEEN = r"(?:\s*ids?\b|\s+(?:resource|reference|value|number|logical|with|for|found|not|of|the)\b)*"
_NAMED = re.compile(
    # "Slot/12" may have any id; in "Patient resource reference 2" it is only an id when there is a digit in it.
    rf"{_TYPE}(?:/|{_BETWEEN}\s*[\s(\"'#:=]\s*(?=[\w.-]*\d))([\w-]+(?:\.[\w-]+)*)",
    re.IGNORECASE | re.ASCII,
)


def _named(diagnostics: str) -> Iterator[_Named]:
    """The resources that diagnostics name by their ids, as in "Slot/12" or "Patient resource reference 2"."""
    return (_Named(match[1].lower(), match[2]) for match in _NAMED.finditer(diagnostics[:_LONGEST_DIAGNOSTICS]))
