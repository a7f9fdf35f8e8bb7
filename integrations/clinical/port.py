"""The port to a practice's record system: what every adapter offers, in values of ours.

Adapters know no Django model: values in, values or a `ClinicalError` out. All times are aware datetimes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """The staff member in whose name a call is made (GP Connect wants a named person in every token)."""

    id: UUID
    given: str
    family: str


class CapabilityAnswer(StrEnum):
    """How a gateway answered when it was asked what it can do. NONE: it is older than the question."""

    GIVEN = "given"
    NONE = "none"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a record gateway says that it can do (record-gateway#capabilities). What it does not say, it cannot.

    `contract` is the version of the contract that it speaks; empty unless it was given.
    """

    answer: CapabilityAnswer
    contract: str = ""
    maps_local_codes: bool = False
    takes_description_ids: bool = False


@dataclass(frozen=True, slots=True)
class Certificates:
    """What GP Connect is called with, as PEM text: our certificate with its key, and whom of the others we trust.

    Empty where there is none. Without authorities, those are trusted that are trusted on the internet.
    """

    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    authority: str = field(default="", repr=False)


NO_CERTIFICATES = Certificates()


@dataclass(frozen=True, slots=True)
class Connection:
    """Where one practice's clinical system answers, and who is asking.

    `system` is a key of `registry.SYSTEMS`. `ssp_url` is empty where calls go straight to the provider, without the
    Spine Secure Proxy. `certificates` are for GP Connect, whichever of the two is called. `egress_proxy` is the address
    of the proxy by which calls leave this network, or empty. `gateway_url` and `gateway_token` are empty where there is
    no record gateway. `capabilities` are its own, as far as they have been read of late. `offers_unmarked`: slots that
    do not say whether they are face to face count as such.
    """

    system: str
    ods_code: str
    practice_name: str
    practice_phone: str
    gp_connect_url: str
    asid_from: str
    asid_to: str
    gateway_url: str
    gateway_token: str
    issuer_url: str
    ssp_url: str = ""
    capabilities: Capabilities | None = None
    certificates: Certificates = NO_CERTIFICATES
    egress_proxy: str = field(default="", repr=False)
    offers_unmarked: bool = False


@dataclass(frozen=True, slots=True)
class PatientDetails:
    """One patient as the clinical system knows them. `mobiles` are as written there, best first.

    `gender` is the administrative one, a word such as female; empty where the system does not say.
    """

    local_id: str
    nhs_number: str
    given: str
    family: str
    title: str
    date_of_birth: date | None
    mobiles: tuple[str, ...]
    gender: str = ""


@dataclass(frozen=True, slots=True)
class CheckedPatient:
    """The patient that a write is meant for: an NHS number, and the date of birth that the patient was checked against.

    `date_of_birth` is None where that is not known any more: then nothing may be written.
    """

    nhs_number: str
    date_of_birth: date | None


@dataclass(frozen=True, slots=True)
class SlotType:
    """A slot type by its name in the appointment book, with the face-to-face slots free in the asked range."""

    name: str
    free: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One free slot, with everything needed to book it without asking again.

    What the system does not say is empty. `role` and `gender` are the clinician's, as the system words them; `address`
    is the location's, in one line. `practitioner_id` is empty where nobody, or more than one person, is to be seen.
    `is_marked` is false where the slot does not say that it is face to face.
    """

    id: str
    schedule_id: str
    session_name: str
    slot_type: str
    start: datetime
    end: datetime
    clinician: str
    location_id: str
    location: str
    address: str = ""
    role: str = ""
    gender: str = ""
    practitioner_id: str = ""
    is_marked: bool = True


class Omission(StrEnum):
    """Why something in an answer could not be used, and was left out."""

    NO_NUMBER = "no_number"
    NO_START = "no_start"
    NO_END = "no_end"
    NO_LENGTH = "no_length"
    NO_SESSION = "no_session"
    NO_PLACE = "no_place"
    UNCLEAR_KIND = "unclear_kind"
    CONTRADICTORY = "contradictory"
    BROKEN = "broken"


Item = TypeVar("Item")


class Listing(list[Item]):
    """What could be used of an answer, and how much could not: one odd item costs itself and no other.

    `left_out` counts what could not be read, by reason. `unmarked` counts the slots that do not say whether they are
    face to face: they are in the list where the practice offers them, and are not where it does not.
    """

    def __init__(
        self, items: Iterable[Item] = (), left_out: Mapping[Omission, int] | None = None, unmarked: int = 0
    ) -> None:
        """Counts of nothing are none."""
        super().__init__(items)
        self.left_out: Mapping[Omission, int] = MappingProxyType(dict(left_out or {}))
        self.unmarked = unmarked


def left_out_of(answer: Sequence[object]) -> Mapping[Omission, int]:
    """What was left out of an adapter's list, by reason; nothing where the adapter read all of it."""
    return answer.left_out if isinstance(answer, Listing) else MappingProxyType({})


def unmarked_of(answer: Sequence[object]) -> int:
    """How many slots of an adapter's answer do not say whether they are face to face."""
    return answer.unmarked if isinstance(answer, Listing) else 0


class AppointmentStatus(StrEnum):
    """Where an appointment stands in the clinical system."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    MISSED = "missed"
    """The practice has marked that the patient did not come. It is in the book all the same."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment in the clinical system's book. `version` is what a cancellation must quote, or empty.

    `slot_ids` is empty where the system does not say, or not readably, which slots it is in. `description` is what it
    was booked with, and `cancelled_because` what it was cancelled with; empty where the system does not say.
    """

    id: str
    version: str
    status: AppointmentStatus
    slot_ids: tuple[str, ...]
    slot_type: str
    start: datetime
    end: datetime
    description: str = ""
    cancelled_because: str = ""


@dataclass(frozen=True, slots=True)
class CodeToFile:
    """One SNOMED CT concept for one record. `key` is the same at every try, so that a repeat files nothing twice.

    `local_scheme` and `local_code` are its entry in the system's own dictionary (record-gateway#local-codes), or empty.
    `description_id` is the SNOMED CT id of the term, where a release has it; else empty.
    """

    key: UUID
    concept_id: str
    term: str
    on: date
    local_scheme: str = ""
    local_code: str = ""
    description_id: str = ""


@dataclass(frozen=True, slots=True)
class FiledCode:
    """What the record system said. `verified` is true once the entry was read back from the record."""

    entry_id: str
    verified: bool


class ClinicalSystem(Protocol):
    """What a practice's record system does for us. One instance serves one practice and one actor, in any thread.

    Every method may raise `Busy`, `NotAuthorised`, `NotEnabled` or `UnreadableAnswer`; the others are named.
    Reads are tried again by the adapter itself (calls#repeats); writes never are.
    """

    def find_patient(self, nhs_number: str) -> PatientDetails:
        """Look a patient up by a ten-digit NHS number. Raises PatientNotFound, InvalidNhsNumber, OtherNumber."""
        ...

    def slot_types(self, start: date, end: date) -> list[SlotType]:
        """The face-to-face slot types with free slots between two days (both included), by name.

        A Listing where slots had to be left out, whatever their type.
        """
        ...

    def free_slots(self, start: date, end: date, slot_type: str) -> list[Slot]:
        """The free face-to-face slots of a type between two days (both included, any range), earliest first.

        A Listing where slots had to be left out that are of the type, or of none that can be read.
        """
        ...

    def book(self, patient: CheckedPatient, slot: Slot, description: str) -> Appointment:
        """Book a slot for a patient, once their record has been read and has the date of birth that it must have.

        Raises PatientNotFound, RecordMismatch, SlotTaken, SlotGone, BookingRefused, UnknownOutcome.
        """
        ...

    def cancel(self, appointment_id: str, reason: str) -> Appointment:
        """Cancel an appointment; cancelling one already cancelled succeeds.

        Raises AppointmentNotFound where there is surely no such appointment any more: whoever wanted it cancelled has
        what they wanted. Raises BookingRefused, VersionConflict, UnknownOutcome.
        """
        ...

    def appointments(self, nhs_number: str, start: date, end: date) -> list[Appointment]:
        """A patient's appointments between two days, cancelled ones too. Raises PatientNotFound.

        A Listing where some had to be left out: nobody may conclude from it that an appointment is not there.
        """
        ...

    def find_with_appointments(
        self, nhs_number: str, start: date, end: date
    ) -> tuple[PatientDetails, list[Appointment]]:
        """A patient's record and their appointments between two days, in no more calls than the appointments take.

        The same holds for these appointments. Raises PatientNotFound, InvalidNhsNumber.
        """
        ...

    def file_code(self, patient: CheckedPatient, code: CodeToFile) -> FiledCode:
        """File a coded entry to a record, once it has been read and has the date of birth that it must have.

        Raises PatientNotFound, RecordMismatch, CodeNotAccepted, LocalCodeMissing, UnknownOutcome (the same key may be
        sent again). An entry that is in the record already counts as filed, whatever else stands there now. With
        `verified` false the system took it and it cannot be read back yet: look for it later.
        """
        ...

    def find_code(self, nhs_number: str, code: CodeToFile) -> str:
        """The id of the entry that was filed with this code's key; empty when the record has none.

        Raises PatientNotFound.
        """
        ...

    def close(self) -> None:
        """Close the connections. The instance cannot be used afterwards."""
        ...
