"""Settling by hand what we could not find out: is an appointment in the practice's book, or is it not?"""

from contextlib import closing

from django.utils import timezone

from booking.appointments.outcomes import Made, Unknown
from booking.models import Booking
from booking.staff.patient.refusals import CannotDo
from booking.workers import book, settle
from campaigns.models import Invitation
from core.database import release
from integrations.connections import NotConnected, clinical_for
from practices.models import User

GONE_BY = "by hand"
"""Stands for the id of an appointment in the past, which cannot be read any more and will never be changed."""


def in_the_book(*, booking: Booking, by: User) -> bool:
    """Staff see the appointment in the book; False when the booking was settled before. Raises CannotDo.

    We read it too: without its id nobody could cancel or move it by us, and we would tell a patient that we had.
    """
    if timezone.localtime(booking.starts_at).date() < timezone.localdate():
        return settle.settle_check(booking_id=booking.id, appointment_id=GONE_BY, by=by)
    match _look(booking, by):
        case Made(appointment_id):
            return settle.settle_check(booking_id=booking.id, appointment_id=appointment_id, by=by)
        case Unknown(looked=True):
            raise CannotDo(
                "We looked in the appointment book, and this patient has no appointment at this time there. "
                "Check that it is booked for this patient, at this day and time."
            )
    raise CannotDo("We cannot read the appointment book now. Try again in a few minutes.")


def not_in_the_book(*, booking: Booking, by: User) -> bool:
    """Staff see no such appointment; False when the booking was settled before. Raises CannotDo if we see one."""
    if isinstance(_look(booking, by), Made):
        raise CannotDo("We looked in the appointment book, and this patient has an appointment at this time there.")
    return settle.settle_check(booking_id=booking.id, appointment_id="", by=by)


def _look(booking: Booking, by: User) -> Made | Unknown:
    """What the clinical system says now. No connection to the database is held meanwhile."""
    invitation = Invitation.objects.select_related("practice", "recipient").get(id=booking.invitation_id)
    try:
        system = clinical_for(invitation.practice, by)
    except NotConnected:
        return Unknown()
    release()
    with closing(system):
        return book.look(system, booking, invitation.recipient.nhs_number)
