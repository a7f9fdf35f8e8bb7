"""Patients, free slots and appointments through GP Connect."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from integrations.clinical.calls import Calls, Response
from integrations.clinical.errors import (
    AppointmentNotFound,
    BookingRefused,
    ClinicalError,
    InvalidNhsNumber,
    PatientNotFound,
    SlotGone,
    UnknownOutcome,
    UnreadableAnswer,
    VersionConflict,
)
from integrations.clinical.gp_connect import reading, slots, writing
from integrations.clinical.gp_connect.errors import (
    booking_error,
    is_missing,
    is_surely_missing,
    write_error,
)
from integrations.clinical.gp_connect.fields import Resource
from integrations.clinical.gp_connect.transport import Interaction, Transport
from integrations.clinical.port import (
    Actor,
    Appointment,
    AppointmentStatus,
    CheckedPatient,
    Connection,
    Listing,
    PatientDetails,
    Slot,
    SlotType,
)
from integrations.clinical.same_record import check_birth

NHS_NUMBER = re.compile(r"\d{10}", re.ASCII)
_ETAG = re.compile(r'(?:W/)?"([!#-~]+)"', re.ASCII)
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
        return reading.the_patient(self._transport.search(Interaction.FIND_PATIENT, ["Patient"], query), nhs_number)

    def slot_types(self, start: date, end: date) -> Listing[SlotType]:
        """See `ClinicalSystem.slot_types`. Slots without a type are not counted."""
        free = self._slots(start, end)
        counts = Counter(slot.slot_type for slot in free if slot.slot_type)
        return Listing((SlotType(name, counts[name]) for name in sorted(counts)), free.left_out, free.unmarked)

    def free_slots(self, start: date, end: date, slot_type: str) -> Listing[Slot]:
        """See `ClinicalSystem.free_slots`. Slots of all types are read, and one type is picked here."""
        return self._slots(start, end, slot_type)

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
            raise booking_error(error, answer, slot, now) from None
        with _after_write():
            made = reading.appointment(resource)
        if made.status is not AppointmentStatus.BOOKED or slot.id not in made.slot_ids:
            raise UnknownOutcome("another appointment was answered")
        return made

    def cancel(self, appointment_id: str, reason: str) -> Appointment:
        """See `ClinicalSystem.cancel`. Reads first, because a cancellation must quote the current version."""
        path = ["Appointment", appointment_id]
        resource, version = self._appointment(path)
        current = reading.appointment(resource)
        if current.status is AppointmentStatus.CANCELLED:
            return current
        if not version:
            raise UnreadableAnswer("an appointment without a version")
        answer = self._transport.send(
            "PUT", Interaction.CANCEL, path, writing.cancelled(resource, reason), f'W/"{version}"'
        )
        if is_missing(answer):
            raise self._missing(answer)
        try:
            changed = self._transport.checked(answer)
        except VersionConflict:
            return self._cancelled_meanwhile(path)
        with _after_write():
            made = reading.appointment(changed)
        if made.status is not AppointmentStatus.CANCELLED:
            raise UnknownOutcome("the answer is not cancelled")
        return made

    def appointments(self, nhs_number: str, start: date, end: date) -> Listing[Appointment]:
        """See `ClinicalSystem.appointments`. Days before today cannot be asked for and are left out."""
        start = _from_today(start)
        return self._appointments_of(self.find_patient(nhs_number), start, end) if start <= end else Listing()

    def find_with_appointments(
        self, nhs_number: str, start: date, end: date
    ) -> tuple[PatientDetails, Listing[Appointment]]:
        """See `ClinicalSystem.find_with_appointments`. Days before today are left out here too."""
        patient, start = self.find_patient(nhs_number), _from_today(start)
        return patient, self._appointments_of(patient, start, end) if start <= end else Listing()

    def _appointments_of(self, patient: PatientDetails, start: date, end: date) -> Listing[Appointment]:
        path = ["Patient", patient.local_id, "Appointment"]
        query = [("start", f"ge{start}"), ("start", f"le{end}")]
        try:
            found = self._transport.search(Interaction.PATIENT_APPOINTMENTS, path, query)
        except (AppointmentNotFound, SlotGone) as error:
            # By whichever code: of what this asks for, only the patient can be missing.
            raise PatientNotFound(error.detail) from None
        return reading.appointments(found)

    def _slots(self, start: date, end: date, slot_type: str | None = None) -> Listing[Slot]:
        """All free face-to-face slots to come between two days, of one type or of all, earliest first."""
        book = slots.Book()
        for first, last in windows(start, end):
            book.add(self._transport.search(Interaction.SEARCH_SLOTS, ["Slot"], self._slot_query(first, last)))
        offers_unmarked = self._connection.offers_unmarked
        return book.to_come(datetime.now(UTC), offers_unmarked=offers_unmarked, slot_type=slot_type)

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

    def _appointment(self, path: list[str]) -> tuple[Resource, str]:
        """An appointment as it is now, and its version. Raises AppointmentNotFound where it is gone."""
        answer = self._transport.get(Interaction.READ_APPOINTMENT, self._transport.address(path))
        if is_missing(answer):
            raise self._missing(answer)
        resource = self._transport.resource_in(answer)
        return resource, reading.version(resource) or _etag(answer)

    def _missing(self, answer: Response) -> ClinicalError:
        """What a 404 about an appointment means: it is gone, once it is sure that the provider itself says so.

        A 404 without an OperationOutcome may come from anything on the way, such as a wrong address. If GP Connect
        answers at this address, the appointment is what is not there. Raises the error of that call otherwise.
        """
        if not is_surely_missing(answer):
            statement = self._transport.read(Interaction.CAPABILITIES, ["metadata"])
            if statement["resourceType"] != "CapabilityStatement":
                return UnreadableAnswer("no capability statement")
        return AppointmentNotFound(write_error(answer).detail)

    def _cancelled_meanwhile(self, path: list[str]) -> Appointment:
        """After a version conflict: fine if somebody else cancelled it. Raises VersionConflict if not."""
        current = reading.appointment(self._appointment(path)[0])
        if current.status is AppointmentStatus.CANCELLED:
            return current
        raise VersionConflict("changed by somebody else")


@contextmanager
def _after_write() -> Iterator[None]:
    """An answer to a write that cannot be read leaves open what was done."""
    try:
        yield
    except UnreadableAnswer as error:
        raise UnknownOutcome(error.detail) from None


def _etag(answer: Response) -> str:
    """The version that an answer's ETag names; empty without one."""
    match = _ETAG.fullmatch(answer.headers.get("ETag", ""))
    return match[1] if match else ""


def _from_today(day: date) -> date:
    """The day, or today in London where that is later."""
    return max(day, datetime.now(writing.LONDON).date())


def windows(start: date, end: date) -> Iterator[tuple[date, date]]:
    """The days from `start` to `end` (both included) in searches of at most two weeks."""
    while start <= end:
        last = min(end, start + timedelta(days=WINDOW_DAYS - 1))
        yield start, last
        start = last + timedelta(days=1)
