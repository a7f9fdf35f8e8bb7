"""Patients, free slots and appointments through GP Connect."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from integrations.clinical.calls import Calls, Response
from integrations.clinical.gp_connect import reading, writing
from integrations.clinical.gp_connect.errors import outcome_of
from integrations.clinical.gp_connect.transport import Interaction, Transport
from integrations.clinical.port import (
    Actor,
    Appointment,
    AppointmentNotFound,
    AppointmentStatus,
    BookingRefused,
    CheckedPatient,
    ClinicalError,
    Connection,
    InvalidNhsNumber,
    OtherNumber,
    PatientDetails,
    PatientNotFound,
    SeveralPatients,
    Slot,
    SlotGone,
    SlotType,
    UnknownOutcome,
    VersionConflict,
)
from integrations.clinical.same_record import check_birth

NHS_NUMBER = re.compile(r"\d{10}", re.ASCII)
# A search may span two weeks. Fourteen days with both ends counted is within every reading of that.
WINDOW_DAYS = 14


class GpConnect:
    """The part of the port that GP Connect offers, the same at every practice."""

    def __init__(self, calls: Calls, connection: Connection, actor: Actor) -> None:
        """Serve one practice in the name of one actor."""
        self._connection = connection
        self._transport = Transport(calls, connection, actor)

    def find_patient(self, nhs_number: str) -> PatientDetails:
        """See `ClinicalSystem.find_patient`. Raises SeveralPatients too."""
        if not NHS_NUMBER.fullmatch(nhs_number):
            raise InvalidNhsNumber("not ten digits")
        query = [("identifier", f"{reading.NHS_NUMBER}|{nhs_number}")]
        bundle = self._transport.read(Interaction.FIND_PATIENT, ["Patient"], query)
        with reading.promised():
            patients = [reading.patient(entry) for entry in reading.entries(bundle)]
        if not patients:
            raise PatientNotFound("empty bundle")
        if len(patients) > 1:
            raise SeveralPatients(f"{len(patients)} entries")
        if patients[0].nhs_number != nhs_number:
            raise OtherNumber("another NHS number was answered")
        return patients[0]

    def slot_types(self, start: date, end: date) -> list[SlotType]:
        """See `ClinicalSystem.slot_types`. Slots without a type are not counted."""
        counts = Counter(slot.slot_type for slot in self._slots(start, end) if slot.slot_type)
        return [SlotType(name, counts[name]) for name in sorted(counts)]

    def free_slots(self, start: date, end: date, slot_type: str) -> list[Slot]:
        """See `ClinicalSystem.free_slots`. Slots of all types are read, and one type is picked here."""
        return [slot for slot in self._slots(start, end) if slot.slot_type == slot_type]

    def book(self, patient: CheckedPatient, slot: Slot, description: str) -> Appointment:
        """See `ClinicalSystem.book`. Raises OtherNumber too."""
        record = self.find_patient(patient.nhs_number)
        check_birth(patient, record.date_of_birth)
        now = datetime.now(UTC)
        body = writing.new_appointment(self._connection, record.local_id, slot, description, now)
        answer = self._transport.send("POST", Interaction.BOOK, ["Appointment"], body)
        try:
            resource = self._transport.checked(answer)
        except (BookingRefused, SlotGone) as error:
            raise _booking_error(error, answer, slot, now) from None
        with reading.promised(UnknownOutcome):
            made = reading.appointment(resource)
        if made.status is not AppointmentStatus.BOOKED or slot.id not in made.slot_ids:
            raise UnknownOutcome("another appointment was answered")
        return made

    def cancel(self, appointment_id: str, reason: str) -> Appointment:
        """See `ClinicalSystem.cancel`. Reads first, because a cancellation must quote the current version."""
        path = ["Appointment", appointment_id]
        resource = self._transport.read(Interaction.READ_APPOINTMENT, path)
        with reading.promised():
            current = reading.appointment(resource)
        if current.status is AppointmentStatus.CANCELLED:
            return current
        body, version = writing.cancelled(resource, reason), f'W/"{current.version}"'
        try:
            changed = self._transport.write("PUT", Interaction.CANCEL, path, body, version)
        except VersionConflict:
            return self._cancelled_meanwhile(path)
        with reading.promised(UnknownOutcome):
            made = reading.appointment(changed)
        if made.status is not AppointmentStatus.CANCELLED:
            raise UnknownOutcome("the answer is not cancelled")
        return made

    def appointments(self, nhs_number: str, start: date, end: date) -> list[Appointment]:
        """See `ClinicalSystem.appointments`. Days before today cannot be asked for and are left out."""
        start = _from_today(start)
        return self._appointments_of(self.find_patient(nhs_number), start, end) if start <= end else []

    def find_with_appointments(
        self, nhs_number: str, start: date, end: date
    ) -> tuple[PatientDetails, list[Appointment]]:
        """See `ClinicalSystem.find_with_appointments`. Days before today are left out here too."""
        patient, start = self.find_patient(nhs_number), _from_today(start)
        return patient, self._appointments_of(patient, start, end) if start <= end else []

    def _appointments_of(self, patient: PatientDetails, start: date, end: date) -> list[Appointment]:
        path = ["Patient", patient.local_id, "Appointment"]
        query = [("start", f"ge{start}"), ("start", f"le{end}")]
        try:
            bundle = self._transport.read(Interaction.PATIENT_APPOINTMENTS, path, query)
        except AppointmentNotFound as error:
            raise PatientNotFound(error.detail) from None
        with reading.promised():
            appointments = [reading.appointment(entry) for entry in reading.entries(bundle)]
        return sorted(appointments, key=lambda appointment: (appointment.start, appointment.id))

    def _slots(self, start: date, end: date) -> list[Slot]:
        """All free face-to-face slots to come between two days, each once, earliest first."""
        slots: dict[str, Slot] = {}
        for first, last in windows(start, end):
            bundle = self._transport.read(Interaction.SEARCH_SLOTS, ["Slot"], self._slot_query(first, last))
            with reading.promised():
                slots.update((slot.id, slot) for slot in reading.free_slots(bundle))
        # Slots that have begun may be listed, and cannot be booked.
        now = datetime.now(UTC)
        to_come = (slot for slot in slots.values() if slot.start > now)
        return sorted(to_come, key=lambda slot: (slot.start, slot.id))

    def _slot_query(self, first: date, last: date) -> list[tuple[str, str]]:
        return [
            ("status", "free"),
            ("start", f"ge{first}"),
            ("end", f"le{last}"),
            ("_include", "Slot:schedule"),
            ("_include:recurse", "Schedule:actor:Practitioner"),
            ("_include:recurse", "Schedule:actor:Location"),
            ("_include:recurse", "Location:managingOrganization"),
            ("searchFilter", f"{writing.ORGANISATION_TYPE}|{writing.GP_PRACTICE}"),
            ("searchFilter", f"{writing.ODS_CODE}|{self._connection.ods_code}"),
        ]

    def _cancelled_meanwhile(self, path: list[str]) -> Appointment:
        """After a version conflict: fine if somebody else cancelled it. Raises VersionConflict if not."""
        resource = self._transport.read(Interaction.READ_APPOINTMENT, path)
        with reading.promised():
            current = reading.appointment(resource)
        if current.status is AppointmentStatus.CANCELLED:
            return current
        raise VersionConflict("changed by somebody else")


def _from_today(day: date) -> date:
    """The day, or today in London where that is later."""
    return max(day, datetime.now(writing.LONDON).date())


def windows(start: date, end: date) -> Iterator[tuple[date, date]]:
    """The days from `start` to `end` (both included) in searches of at most two weeks."""
    while start <= end:
        last = min(end, start + timedelta(days=WINDOW_DAYS - 1))
        yield start, last
        start = last + timedelta(days=1)


def _booking_error(error: ClinicalError, answer: Response, slot: Slot, now: datetime) -> ClinicalError:
    """Tell apart what is wrong with the patient, with this slot, and with any booking (gp-connect#booking).

    Providers give the same code for a slot that is no more and for a broken rule; their diagnostics name what they
    mean, and a slot that has begun needs no telling.
    """
    diagnostics = outcome_of(answer).diagnostics
    if "Patient/" in diagnostics:
        return PatientNotFound(error.detail)
    names_slot = re.search(rf"\b{re.escape(slot.id)}\b", diagnostics) is not None
    if names_slot or slot.start <= now:
        return SlotGone(error.detail)
    return error
