"""What one try to make a booking, or to cancel it, came to."""

from dataclasses import dataclass

from integrations.clinical.errors import RecordFault


@dataclass(frozen=True, slots=True)
class Made:
    """It is in the patient's appointments."""

    appointment_id: str


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody else has the slot, or it can no longer be booked."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not be booked; `reason` is for staff. `fault` is what is wrong with the record, where that is why."""

    reason: str
    fault: RecordFault | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing was changed: try again.

    `reason` is for staff, should the tries end without another answer; without one it is that nobody answered.
    """

    retry_after: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may be booked. `looked` is whether the patient's appointments could be read, and it was not there."""

    looked: bool = False


BookingOutcome = Made | Gone | Refused | Later | Unknown


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The appointment is not in the clinical system's book any more, whoever took it out."""


CancelOutcome = Cancelled | Refused | Later
"""What one try to cancel an appointment came to. A lost answer is `Later`: every try reads the appointment first."""
