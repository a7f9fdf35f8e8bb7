"""What patients text back about an appointment, or about their number: staff are told, and see to it.

A text comes from a phone, and a phone may be several patients'. Then each of them who has an appointment to come is
shown, and staff ask whose it is about. Nothing is done to any appointment here.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from booking.models import Booking, BookingState
from booking.models.requests import ABOUT_COMING, PatientReply
from campaigns.models import Invitation
from integrations.messaging.replies import Wish
from practices.audit import trail as audit
from practices.models import Practice

STANDS = (
    BookingState.PENDING,
    BookingState.STARTED,
    BookingState.UNKNOWN,
    BookingState.BOOKED,
    BookingState.CHECK,
    BookingState.MOVING,
)
"""An appointment that its patient has, or is getting, and that nobody is cancelling yet."""


@transaction.atomic
def hear(practice: Practice, mobile: str, wish: Wish) -> bool:
    """Note what somebody with this phone (E.164) has texted, for staff to see; whether there is anybody to note it of.

    That is: every patient with this phone who has an appointment to come through us; for a wrong number, everybody who
    was invited by it.
    """
    if wish == Wish.WRONG_NUMBER:
        return _note_wrong_number(practice, mobile)
    bookings = list(_to_come(practice, mobile))
    patients = len({booking.invitation.recipient.nhs_number for booking in bookings})
    for booking in bookings:
        _note(booking, wish, patients)
    return bool(bookings)


def _to_come(practice: Practice, mobile: str) -> QuerySet[Booking]:
    # The practice is named on each side of a join, so that nobody else's rows are looked at.
    bookings = Booking.objects.filter(
        practice=practice,
        invitation__practice=practice,
        invitation__recipient__practice=practice,
        invitation__recipient__mobile=mobile,
    )
    standing = bookings.filter(state__in=STANDS, starts_at__gt=timezone.now())
    return standing.select_related("invitation__recipient").order_by("id")


def _note(booking: Booking, wish: Wish, patients: int) -> None:
    """Note it of one appointment. Of several texts about it the plainest counts, and the latest time."""
    reply, is_new = PatientReply.objects.select_for_update().get_or_create(
        booking=booking,
        defaults={
            "practice_id": booking.practice_id,
            "invitation_id": booking.invitation_id,
            "wish": wish,
            "patients": patients,
        },
    )
    if not is_new:
        reply.wish = min(wish, Wish(reply.wish), key=ABOUT_COMING.index)
        reply.patients, reply.texted_at = patients, timezone.now()
        reply.save(update_fields=["wish", "patients", "texted_at"])
    audit.record(
        "booking.texted",
        practice=booking.practice,
        actor=None,
        object_id=booking.id,
        campaign_id=str(booking.invitation.campaign_id),
        invitation_id=str(booking.invitation_id),
        wish=wish.value,
        patients=patients,
    )


def _note_wrong_number(practice: Practice, mobile: str) -> bool:
    invitations = _newest_by(practice, mobile)
    for invitation in invitations:
        PatientReply.objects.update_or_create(
            invitation=invitation,
            booking=None,
            defaults={"texted_at": timezone.now(), "patients": len(invitations)},
            create_defaults={"practice": practice, "wish": Wish.WRONG_NUMBER, "patients": len(invitations)},
        )
        audit.record(
            "invitation.wrong_number",
            practice=practice,
            actor=None,
            object_id=invitation.id,
            campaign_id=str(invitation.campaign_id),
            patients=len(invitations),
        )
    return bool(invitations)


def _newest_by(practice: Practice, mobile: str) -> Sequence[Invitation]:
    """The newest invitation of each patient who was invited by this phone."""
    invitations = Invitation.objects.filter(practice=practice, recipient__practice=practice, recipient__mobile=mobile)
    return list(invitations.order_by("recipient__nhs_number", "-created_at").distinct("recipient__nhs_number"))
