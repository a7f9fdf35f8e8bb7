"""Doing for a patient who phones what they could do by their link: book, move, cancel, decline.

The services are the patient's own. Here their refusals become sentences for staff, and the audit trail keeps that the
staff member said they had checked who is calling.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from booking.appointments import cancel as appointments_cancel
from booking.appointments import change, services
from booking.appointments.change import NothingToChange, TooLate
from booking.appointments.services import HoldGone, MayNotDecline, NotOpen, SlotUnavailable
from booking.models import Booking, SlotHold
from booking.slots import offered as slots
from booking.staff.patient.refusals import CannotDo
from booking.visits.links import Standing
from campaigns.models import Invitation
from practices.audit import trail as audit
from practices.models import User

Result = TypeVar("Result")

_CLOSED = {
    Standing.USED_TO_BOOK: "This patient has booked already, or is booking now.",
    Standing.DECLINED: "This patient has declined. Reverse that first if they have changed their mind.",
    Standing.WITHDRAWN: "This invitation was withdrawn with its batch. Book in your appointment book instead.",
    Standing.OPEN: "This patient has no appointment that can be changed.",
}
_OTHERWISE = "This cannot be done now."

TAKEN = "Somebody else has just taken that time. Choose another time."
RUN_OUT = "That time is no longer kept, or another one was chosen since. Choose a time."


@contextmanager
def _translate_refusals() -> Iterator[None]:
    """Raise CannotDo for whatever the services refuse."""
    try:
        yield
    except NotOpen as closed:
        raise CannotDo(_CLOSED.get(closed.standing, _OTHERWISE)) from None
    except NothingToChange:
        raise CannotDo("This appointment is not booked now, so it cannot be changed.") from None
    except TooLate:
        raise CannotDo("This appointment has begun. Change it in your appointment book.") from None
    except MayNotDecline:
        raise CannotDo("This batch does not let patients decline.") from None
    except SlotUnavailable:
        raise CannotDo(TAKEN) from None
    except HoldGone:
        raise CannotDo(RUN_OUT) from None


def _checked(invitation: Invitation, by: User, act: Callable[[], Result]) -> Result:
    """Do it, and keep on record that who is calling was checked, in one transaction. Raises CannotDo."""
    with _translate_refusals(), transaction.atomic():
        audit.record(
            "invitation.caller_checked",
            practice=invitation.practice,
            actor=by,
            object_id=invitation.id,
            campaign_id=str(invitation.campaign_id),
        )
        return act()


def hold(*, invitation: Invitation, slot_id: str, moving: bool, by: User) -> SlotHold:
    """Keep a time for a patient, to be read out and confirmed. Raises CannotDo, and Unavailable of `slots`."""
    hold_first_of = change.hold_first_of if moving else services.hold_first_of
    with _translate_refusals():
        equal = slots.at_time_of(invitation, slot_id)
        return hold_first_of(invitation_id=invitation.id, slots=equal, by=by)


def confirm(*, invitation: Invitation, slot_id: str, moving: bool, by: User) -> Booking:
    """Book the time that was kept, or move the appointment there. Raises CannotDo."""
    book = change.confirm if moving else services.confirm
    return _checked(invitation, by, lambda: book(invitation_id=invitation.id, slot_id=slot_id, by=by))


def cancel(*, invitation: Invitation, booking_id: UUID, by: User) -> Booking:
    """Cancel the appointment that the staff member has seen. Raises CannotDo."""
    return _checked(invitation, by, lambda: appointments_cancel.cancel(booking_id=booking_id, by=by))


def decline(*, invitation: Invitation, by: User) -> None:
    """Decline for a patient. Raises CannotDo."""
    _checked(invitation, by, lambda: services.decline(invitation_id=invitation.id, by=by))


def cancelled_by_hand(*, booking_id: UUID, by: User) -> None:
    """Staff have cancelled in the book what we could not. Raises CannotDo."""
    with _translate_refusals():
        appointments_cancel.cancelled_by_hand(booking_id=booking_id, by=by)
