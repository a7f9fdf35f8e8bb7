"""An invitation that was answered becomes open again: its patient may choose another time."""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from booking.appointments import texts
from booking.appointments.notify import tell
from booking.appointments.services import record
from booking.appointments.transitions import move
from booking.models import Booking, BookingState, ClinicPatient
from booking.slots import offered as slots
from booking.slots import outages
from booking.visits.links import Standing, standing_of
from campaigns.models import Invitation, InvitationState
from practices.models import User

LINK_EXTENSION = timedelta(days=1)
"""A patient whose slot went has at least this long to choose another one."""


def settle_cancelled(booking: Booking, invitation: Invitation, *, by: User | None = None) -> None:
    """The appointment is cancelled: its slot is free, and its patient may choose another time.

    Both rows are locked by the caller. `by` is the staff member who did it by hand.
    """
    move(booking, BookingState.CANCELLED)
    transaction.on_commit(partial(slots.forget, invitation.campaign))
    record("booking.cancelled", booking, invitation, by=by)
    if gave_way(booking):
        return
    if cancelled_for_clinic(booking):
        _reopen_for_clinic(invitation)
    else:
        may_choose = _reopen_after_cancellation(invitation)
        tell(invitation, texts.cancelled(booking, invitation, may_choose=may_choose), overtakes=True)


def gave_way(booking: Booking) -> bool:
    """Another appointment took this one's place: nobody needs to be told that it is cancelled."""
    failed = (BookingState.SLOT_GONE, BookingState.FAILED)
    return Booking.objects.filter(replaces=booking).exclude(state__in=failed).exists()


def cancelled_for_clinic(booking: Booking) -> bool:
    """The practice had it cancelled with its clinic: its patient has the clinic's text, or is phoned, and no more."""
    return ClinicPatient.objects.filter(booking=booking, cancel_asked=True).exists()


def _reopen_for_clinic(invitation: Invitation) -> None:
    """Let the patient choose another time, with the link's whole lifetime from now, however old it was."""
    if invitation.campaign.links_withdrawn:
        _reopen(invitation, InvitationState.CANCELLED)
    else:
        invitation.renew()


def reopen_after_failure(invitation: Invitation) -> bool:
    """Let the patient answer again, with enough time to do so; False when they cannot.

    That is when staff have withdrawn the link meanwhile, or it is locked, and a staff member asked for the booking.
    """
    return _reopen(invitation, InvitationState.WITHDRAWN if invitation.campaign.links_withdrawn else None)


def _reopen_after_cancellation(invitation: Invitation) -> bool:
    """Let the patient book another time; False where they cannot.

    Where the link has run out, or staff have withdrawn the batch's links, it stays answered, and so leads to the page
    that says that the appointment is cancelled.
    """
    has_run_out = invitation.is_expired and not outages.spares(invitation)
    closed = has_run_out or invitation.campaign.links_withdrawn
    return _reopen(invitation, InvitationState.CANCELLED if closed else None)


def _reopen(invitation: Invitation, closed: InvitationState | None) -> bool:
    """Open the invitation, for `LINK_EXTENSION` at least, or leave it `closed`; whether its patient may answer now."""
    if closed is not None:
        invitation.state = closed
        invitation.save(update_fields=["state"])
        return False
    invitation.open_until(timezone.now() + LINK_EXTENSION)
    return standing_of(invitation) == Standing.OPEN
