"""Made-up "Vellum": a record system with a plain JSON wire of its own. This module, and a line in the registry, is all.

Its lists have mobiles and dates of birth of their own, each row is compared with its record all the same, and it wants
the CTV3 code beside the concept: so it is like neither of the others.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from stdnum.gb import nhs

from integrations.clinical.calls import Calls, Response
from integrations.clinical.errors import (
    AppointmentNotFound,
    BookingRefused,
    Busy,
    ClinicalError,
    InvalidNhsNumber,
    NotAuthorised,
    NotEnabled,
    OtherNumber,
    PatientNotFound,
    SeveralPatients,
    SlotGone,
    SlotTaken,
    UnknownOutcome,
    UnreadableAnswer,
    VersionConflict,
)
from integrations.clinical.gateway import Gateway
from integrations.clinical.port import (
    Actor,
    Appointment,
    AppointmentStatus,
    CheckedPatient,
    CodeToFile,
    Connection,
    FiledCode,
    PatientDetails,
    Slot,
    SlotType,
)
from integrations.clinical.profile import Guide, LocalCodes, ManyCodes, SystemProfile
from integrations.clinical.same_record import check_birth

_LONGEST_NOTE = 100
_ERRORS: dict[str, type[ClinicalError]] = {
    "unknown_patient": PatientNotFound,
    "several_patients": SeveralPatients,
    "unknown_booking": AppointmentNotFound,
    "slot_taken": SlotTaken,
    "slot_gone": SlotGone,
    "refused": BookingRefused,
    "conflict": VersionConflict,
    "not_enabled": NotEnabled,
    "not_authorised": NotAuthorised,
}


class Vellum:
    """The port for a practice on Vellum."""

    def __init__(self, connection: Connection, actor: Actor) -> None:
        self._connection, self._actor = connection, actor
        self._calls = Calls()
        self._gateway = Gateway(self._calls, connection)

    def find_patient(self, nhs_number: str) -> PatientDetails:
        if len(nhs_number) != 10 or not nhs.is_valid(nhs_number):
            raise InvalidNhsNumber("not an NHS number")
        found = self._read(f"/patients/{nhs_number}")
        with _promised(UnreadableAnswer):
            patient = _patient(found)
        if patient.nhs_number != nhs_number:
            raise OtherNumber("another NHS number was answered")
        return patient

    def slot_types(self, start: date, end: date) -> list[SlotType]:
        counts = Counter(slot.slot_type for slot in self._slots(start, end))
        return [SlotType(name, counts[name]) for name in sorted(counts)]

    def free_slots(self, start: date, end: date, slot_type: str) -> list[Slot]:
        return [slot for slot in self._slots(start, end) if slot.slot_type == slot_type]

    def book(self, patient: CheckedPatient, slot: Slot, description: str) -> Appointment:
        record = self.find_patient(patient.nhs_number)
        check_birth(patient, record.date_of_birth)
        body = {"patient": record.nhs_number, "slot": slot.id, "note": description[:_LONGEST_NOTE]}
        made = self._write("/bookings", body, wanted=201)
        if made.status is not AppointmentStatus.BOOKED or slot.id not in made.slot_ids:
            raise UnknownOutcome("another booking was answered")
        return made

    def cancel(self, appointment_id: str, reason: str) -> Appointment:
        current = self._booking(appointment_id)
        if current.status is AppointmentStatus.CANCELLED:
            return current
        try:
            return self._write(f"/bookings/{appointment_id}/cancel", {"reason": reason}, wanted=200)
        except VersionConflict:
            meanwhile = self._booking(appointment_id)
            if meanwhile.status is not AppointmentStatus.CANCELLED:
                raise
            return meanwhile

    def appointments(self, nhs_number: str, start: date, end: date) -> list[Appointment]:
        return self._bookings(self.find_patient(nhs_number), start, end)

    def find_with_appointments(
        self, nhs_number: str, start: date, end: date
    ) -> tuple[PatientDetails, list[Appointment]]:
        patient = self.find_patient(nhs_number)
        return patient, self._bookings(patient, start, end)

    def file_code(self, patient: CheckedPatient, code: CodeToFile) -> FiledCode:
        self._gateway.check_local_code(code)
        return self._gateway.file(patient, code, always_read_back=False)

    def find_code(self, nhs_number: str, code: CodeToFile) -> str:
        return self._gateway.find(nhs_number, code)

    def close(self) -> None:
        self._calls.close()

    def _slots(self, start: date, end: date) -> list[Slot]:
        if start > end:
            return []
        body = self._read(f"/slots?{urlencode({'from': start, 'to': end})}")
        with _promised(UnreadableAnswer):
            slots = [_slot(found) for found in body["slots"]]
        now = datetime.now(UTC)
        return sorted((slot for slot in slots if slot.start > now), key=lambda slot: (slot.start, slot.id))

    def _booking(self, booking_id: str) -> Appointment:
        body = self._read(f"/bookings/{booking_id}")
        with _promised(UnreadableAnswer):
            return _appointment(body)

    def _bookings(self, patient: PatientDetails, start: date, end: date) -> list[Appointment]:
        first = max(start, datetime.now(UTC).date())
        if first > end:
            return []
        query = urlencode({"patient": patient.nhs_number, "from": first, "to": end})
        body = self._read(f"/bookings?{query}")
        with _promised(UnreadableAnswer):
            found = [_appointment(booking) for booking in body["bookings"]]
        return sorted(found, key=lambda booking: (booking.start, booking.id))

    def _read(self, path: str) -> dict[str, Any]:
        answer = self._calls.get(self._connection.gp_connect_url + path, self._headers)
        if answer.status != 200:
            raise _error(answer, UnreadableAnswer)
        return _document(answer, UnreadableAnswer)

    def _write(self, path: str, body: dict[str, str], *, wanted: int) -> Appointment:
        content = json.dumps(body).encode()
        answer = self._calls.send("POST", self._connection.gp_connect_url + path, self._headers, content)
        if answer.status != wanted:
            raise _error(answer, UnknownOutcome)
        with _promised(UnknownOutcome):
            return _appointment(_document(answer, UnknownOutcome))

    def _headers(self) -> dict[str, str]:
        return {
            "X-From": self._connection.asid_from,
            "X-To": self._connection.asid_to,
            "X-User": str(self._actor.id),
            "Content-Type": "application/json",
        }


VELLUM = SystemProfile(
    key="vellum",
    name="Vellum",
    adapter=Vellum,
    required_columns=("nhs_number", "date_of_birth", "mobile"),
    details_from_record=False,
    reads_every_record=True,
    local_codes=LocalCodes.CTV3,
    guide=Guide("Your file needs each patient's NHS number, date of birth and mobile number.", ("Press Export.",)),
    many_codes=ManyCodes(("Press Import.",), {"NHS no": lambda row: row.nhs_number}),
    sample={
        "NHS number": lambda row: row.nhs_number,
        "Date of birth": lambda row: str(row.date_of_birth),
        "Mobile number": lambda row: row.mobile,
    },
)


@contextmanager
def _promised(otherwise: type[ClinicalError]) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError):
        raise otherwise("malformed") from None


def _document(answer: Response, otherwise: type[ClinicalError]) -> dict[str, Any]:
    try:
        body = json.loads(answer.content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise otherwise("not an object")
    return body


def _error(answer: Response, otherwise: type[ClinicalError]) -> ClinicalError:
    if answer.status == 429:
        return Busy("429", answer.retry_after())
    if answer.status == 401:
        return NotAuthorised("401")
    try:
        code = _document(answer, otherwise).get("error", "")
    except ClinicalError:
        code = ""
    if answer.status >= 500:
        return Busy(str(answer.status)) if otherwise is UnreadableAnswer else otherwise(str(answer.status))
    return _ERRORS.get(code, otherwise)(f"{answer.status} {code}".strip())


def _patient(body: dict[str, Any]) -> PatientDetails:
    return PatientDetails(
        local_id=str(body["id"]),
        nhs_number=str(body["nhs"]),
        given=str(body["given"]),
        family=str(body["family"]),
        title=str(body["title"]),
        date_of_birth=_day(body["born"]),
        mobiles=tuple(body["mobiles"]),
    )


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _slot(body: dict[str, Any]) -> Slot:
    return Slot(
        id=str(body["id"]),
        schedule_id=str(body["session_id"]),
        session_name=body["session"],
        slot_type=body["type"],
        start=datetime.fromisoformat(body["start"]),
        end=datetime.fromisoformat(body["end"]),
        clinician=body["clinician"],
        location_id=str(body["room_id"]),
        location=body["room"],
    )


def _appointment(body: dict[str, Any]) -> Appointment:
    return Appointment(
        id=str(body["id"]),
        version=str(body["version"]),
        status=AppointmentStatus(body["status"]),
        start=datetime.fromisoformat(body["start"]),
        end=datetime.fromisoformat(body["end"]),
        slot_ids=tuple(str(slot) for slot in body["slots"]),
        slot_type=body["type"],
    )
