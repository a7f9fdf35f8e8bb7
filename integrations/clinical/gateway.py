"""Client of the record gateway, by which coded entries reach a record (record-gateway#contract).

The gateway's contract is Selfbook's own; it stands in front of EMIS's and SystmOne's record interfaces and is not
theirs. Calls used: GET health, capabilities and patients, and POST and GET of a patient's codes.
"""

import json
import logging
import re
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from integrations.clinical.calls import Calls, Response
from integrations.clinical.errors import (
    Busy,
    ClinicalError,
    CodeNotAccepted,
    InvalidNhsNumber,
    KeyReused,
    LocalCodeMissing,
    NotAuthorised,
    NotEnabled,
    OtherNumber,
    PatientNotFound,
    SeveralPatients,
    UnknownOutcome,
    UnreadableAnswer,
)
from integrations.clinical.port import Capabilities, CapabilityAnswer, CheckedPatient, CodeToFile, Connection, FiledCode
from integrations.clinical.same_record import check_birth

logger = logging.getLogger(__name__)

CODES_READ_SECONDS = 60.0
BY_CODE: dict[str, type[ClinicalError]] = {
    "PATIENT_NOT_FOUND": PatientNotFound,
    "SEVERAL_PATIENTS": SeveralPatients,
    "INVALID_NHS_NUMBER": InvalidNhsNumber,
    "CODE_NOT_ACCEPTED": CodeNotAccepted,
    "INVALID_RESOURCE": CodeNotAccepted,
    "IDEMPOTENCY_KEY_REUSED": KeyReused,
    "NOT_ENABLED_AT_PRACTICE": NotEnabled,
    "NOT_AUTHORISED": NotAuthorised,
    "ORGANISATION_NOT_FOUND": NotAuthorised,
    "BAD_REQUEST": NotAuthorised,
}
BY_STATUS: dict[int, type[ClinicalError]] = {
    HTTPStatus.UNAUTHORIZED: NotAuthorised,
    HTTPStatus.FORBIDDEN: NotAuthorised,
}


CONTRACT = re.compile(r"1\.(0|[1-9][0-9]{0,3})", re.ASCII)
"""The versions of the contract that this client speaks (record-gateway#versions)."""

_FLAGS = ("maps_local_codes", "takes_description_ids")
_NOT_LET_IN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True)
class Taken:
    """The gateway's answer to a filing. `final`: the record system says that it is done, so it can be read back."""

    entry_id: str
    verified: bool
    final: bool


@dataclass(frozen=True, slots=True)
class Record:
    """The gateway's answer about a patient. `date_of_birth` is None where it gives no whole date."""

    local_id: str
    date_of_birth: date | None


class Gateway:
    """Coded entries for one practice."""

    def __init__(self, calls: Calls, connection: Connection) -> None:
        """Call the gateway of `connection` through `calls`, which the caller closes."""
        self._calls = calls
        self._base = connection.gateway_url.rstrip("/")
        self._token = connection.gateway_token
        self._capabilities = connection.capabilities

    def greet(self) -> None:
        """Ask whether it is there and lets us in, without a patient. Raises NotEnabled, NotAuthorised, Busy."""
        if not self._base:
            raise NotEnabled("no gateway")
        self._read("/v1/health", {})

    def capabilities(self) -> Capabilities:
        """What the gateway says that it can do: as the connection has it, or as it answers now.

        One that does not know the question, or answers nothing that can be read, can do nothing of it. Raises
        NotEnabled, NotAuthorised, Busy: then nobody knows.
        """
        if self._capabilities is None:
            self._capabilities = self.read_capabilities()
        return self._capabilities

    def read_capabilities(self) -> Capabilities:
        """Ask the gateway what it can do, whatever is known. Raises as `capabilities`."""
        if not self._base:
            raise NotEnabled("no gateway")
        answer = self._calls.get(f"{self._base}/v1/capabilities", self._headers)
        if answer.status == HTTPStatus.OK:
            return _capabilities(_object(answer))
        if answer.status in _NOT_LET_IN or (answer.status >= 500 and answer.status != HTTPStatus.NOT_IMPLEMENTED):
            raise _error(answer, UnreadableAnswer)
        # Whatever else it makes of a call that it does not know: gateways of contract 1.0 know none of this.
        return Capabilities(CapabilityAnswer.NONE)

    def check_local_code(self, code: CodeToFile) -> None:
        """For a system that keeps no entry without a local code: raises LocalCodeMissing where nobody knows it.

        A code without one may go to a gateway that finds it itself. Raises as `capabilities`, too.
        """
        if not (code.local_scheme and code.local_code) and not self.capabilities().maps_local_codes:
            raise LocalCodeMissing(code.concept_id)

    def file(self, patient: CheckedPatient, code: CodeToFile, *, always_read_back: bool) -> FiledCode:
        """File a code with its key, and read it back unless the gateway did and may be believed.

        Looks for the key in the record first: gateways forget keys after 24 hours, tries go on for days. What is there
        is filed; anything else is filed only if the record has the patient's date of birth. Raises NotEnabled (no
        gateway), PatientNotFound, OtherNumber, RecordMismatch, CodeNotAccepted, UnknownOutcome.
        """
        record = self._record(patient.nhs_number)
        patient_id = record.local_id
        if entry_id := self._kept(patient_id, code):
            return FiledCode(entry_id, verified=True)
        check_birth(patient, record.date_of_birth)
        taken = self._post(patient_id, code)
        if taken.verified and not always_read_back:
            return FiledCode(taken.entry_id, verified=True)
        return self._read_back(patient_id, code, taken)

    def find(self, nhs_number: str, code: CodeToFile) -> str:
        """The id of the entry that was filed with this code's key; empty when the record has none.

        Raises NotEnabled (no gateway), PatientNotFound.
        """
        return self._kept(self._record(nhs_number).local_id, code)

    def _record(self, nhs_number: str) -> Record:
        """The record of an NHS number. A gateway that gives no date of birth is not refused: only nothing is filed."""
        if not self._base:
            raise NotEnabled("no gateway")
        body = self._read("/v1/patients", {"nhs_number": nhs_number})
        try:
            if body["nhs_number"] != nhs_number:
                raise OtherNumber("another NHS number was answered")
            if body["deceased"] or body["sensitive"] or not body["active"]:
                raise PatientNotFound("not to be shown")
            return Record(str(body["local_id"]), _day(body.get("dob")))
        except (KeyError, TypeError):
            raise UnreadableAnswer("malformed patient") from None

    def _kept(self, patient_id: str, code: CodeToFile) -> str:
        """The id of this code's entry in the record; empty when it is not there."""
        body = self._read(self._codes_path(patient_id), {"key": str(code.key)}, CODES_READ_SECONDS)
        try:
            entry_ids = [str(entry["entry_id"]) for entry in body["codes"] if entry["snomed"] == code.concept_id]
        except (KeyError, TypeError):
            raise UnreadableAnswer("malformed codes") from None
        return entry_ids[0] if entry_ids else ""

    def _post(self, patient_id: str, code: CodeToFile) -> Taken:
        content: dict[str, Any] = {"snomed": code.concept_id, "date": code.on.isoformat(), "text": code.term}
        # A key's content must be the same at each try, so where it is not known yet what to send, it is asked.
        if code.description_id and self.capabilities().takes_description_ids:
            content["description_id"] = code.description_id
        if code.local_code:
            content["local"] = {"scheme": code.local_scheme, "value": code.local_code}
        answer = self._calls.send(
            "POST",
            self._base + self._codes_path(patient_id),
            lambda: self._headers() | {"Content-Type": "application/json", "Idempotency-Key": str(code.key)},
            json.dumps(content).encode(),
            CODES_READ_SECONDS,
        )
        if answer.status not in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED):
            raise _error(answer, UnknownOutcome)
        body = _object(answer) or {}
        if not body.get("entry_id"):
            raise UnknownOutcome(f"{answer.status} without an entry")
        final = answer.status == HTTPStatus.CREATED
        return Taken(str(body["entry_id"]), verified=final and body.get("verified") is True, final=final)

    def _read_back(self, patient_id: str, code: CodeToFile, taken: Taken) -> FiledCode:
        """Look whether the record kept it. Raises CodeNotAccepted when it says that it did and does not have it."""
        try:
            entry_id = self._kept(patient_id, code)
        except ClinicalError as error:
            # It was taken: failing now would only say less than is known.
            logger.warning("Read-back of a coded entry failed", extra={"detail": error.detail, "key": str(code.key)})
            return FiledCode(taken.entry_id, verified=False)
        if entry_id:
            return FiledCode(entry_id, verified=True)
        if taken.final:
            raise CodeNotAccepted("reported as filed, not in the record")
        return FiledCode(taken.entry_id, verified=False)

    def _read(self, path: str, query: dict[str, str], read_seconds: float = 30.0) -> dict[str, Any]:
        answer = self._calls.get(f"{self._base}{path}?{urlencode(query)}", self._headers, read_seconds)
        if answer.status != HTTPStatus.OK:
            raise _error(answer, UnreadableAnswer)
        body = _object(answer)
        if body is None:
            raise UnreadableAnswer("not an object")
        return body

    def _codes_path(self, patient_id: str) -> str:
        return f"/v1/patients/{quote(patient_id, safe='')}/codes"

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._token}",
            "X-Request-Id": str(uuid4()),
            "Accept": "application/json",
        }


def _capabilities(body: dict[str, Any] | None) -> Capabilities:
    """What an answer says. Of another major version, or in another form, it says nothing that we may rely on."""
    contract, flags = (body or {}).get("contract"), [(body or {}).get(name, False) for name in _FLAGS]
    if not (
        isinstance(contract, str) and CONTRACT.fullmatch(contract) and all(isinstance(flag, bool) for flag in flags)
    ):
        return Capabilities(CapabilityAnswer.UNUSABLE)
    return Capabilities(CapabilityAnswer.GIVEN, contract, *flags)


def _day(written: object) -> date | None:
    """A whole date as the contract writes it; None for anything else."""
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        return None


def _object(answer: Response) -> dict[str, Any] | None:
    """The JSON object of an answer; None when it is none."""
    try:
        body = json.loads(answer.content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _error(answer: Response, otherwise: type[ClinicalError]) -> ClinicalError:
    """The error that an answer means, by its code; `otherwise` when it is no refusal that can be understood."""
    code = str((_object(answer) or {}).get("code", ""))
    detail = f"{answer.status} {code}".strip()
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Busy(detail, answer.retry_after())
    if answer.status >= 500:
        return Busy(detail, answer.retry_after()) if otherwise is UnreadableAnswer else otherwise(detail)
    if answer.status >= 400:
        return (BY_CODE.get(code) or BY_STATUS.get(answer.status) or otherwise)(detail)
    return otherwise(detail)
