"""Every row that is about some patients of a list, erased in one transaction (retention#what-goes).

What goes is written down in one place, in the order in which rows refer to each other. A test compares it with the
models: a new table with patients in it fails there until it is here.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from booking.models import Booking, BookingState
from campaigns.models import Invitation, InvitationState
from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import CodeState, MessageState
from patients.models import Recipient

_OF_INVITATIONS = """
DELETE FROM booking_patientreply WHERE invitation_id = ANY(%(ids)s);
DELETE FROM booking_newlinkrequest WHERE invitation_id = ANY(%(ids)s);
DELETE FROM booking_wronganswer WHERE invitation_id = ANY(%(ids)s);
DELETE FROM booking_waitingpatient WHERE invitation_id = ANY(%(ids)s);
DELETE FROM booking_slothold WHERE invitation_id = ANY(%(ids)s);
DELETE FROM booking_decline WHERE invitation_id = ANY(%(ids)s);
DELETE FROM booking_appointmentreminder
    WHERE booking_id IN (SELECT id FROM booking_booking WHERE invitation_id = ANY(%(ids)s));
DELETE FROM booking_attendance
    WHERE booking_id IN (SELECT id FROM booking_booking WHERE invitation_id = ANY(%(ids)s));
DELETE FROM booking_clinicpatient
    WHERE booking_id IN (SELECT id FROM booking_booking WHERE invitation_id = ANY(%(ids)s));
DELETE FROM booking_booking WHERE invitation_id = ANY(%(ids)s);
DELETE FROM campaigns_reminderwait WHERE invitation_id = ANY(%(ids)s);
DELETE FROM campaigns_followedup WHERE invitation_id = ANY(%(ids)s);
DELETE FROM integrations_codedentry WHERE subject_id = ANY(%(ids)s);
DELETE FROM integrations_deliveryreceipt WHERE (practice_id, provider_id) IN (
    SELECT practice_id, provider_id FROM integrations_message WHERE subject_id = ANY(%(ids)s)
);
DELETE FROM integrations_gonetext
    WHERE message_id IN (SELECT id FROM integrations_message WHERE subject_id = ANY(%(ids)s));
DELETE FROM integrations_message WHERE subject_id = ANY(%(ids)s);
DELETE FROM campaigns_invitation WHERE id = ANY(%(ids)s)
"""

_OF_RECIPIENTS = """
DELETE FROM campaigns_recordcheck WHERE recipient_id = ANY(%(ids)s);
DELETE FROM patients_recipient WHERE id = ANY(%(ids)s)
"""

_OF_REPORTED = """
DELETE FROM integrations_deliveryreceipt WHERE (practice_id, provider_id) IN (
    SELECT practice_id, provider_id FROM integrations_message WHERE subject_id = ANY(%(ids)s)
);
DELETE FROM integrations_gonetext
    WHERE message_id IN (SELECT id FROM integrations_message WHERE subject_id = ANY(%(ids)s));
DELETE FROM integrations_message WHERE subject_id = ANY(%(ids)s);
DELETE FROM booking_reportedreminder WHERE appointment_id = ANY(%(ids)s);
DELETE FROM booking_reportedappointment WHERE id = ANY(%(ids)s)
"""

UNDER_WAY = Q(state__in=[MessageState.STARTED, MessageState.UNKNOWN])
_MOVING = [
    *(BookingState.PENDING, BookingState.STARTED, BookingState.UNKNOWN, BookingState.MOVING, BookingState.CANCELLING),
]
_FILING = [CodeState.STARTED, CodeState.UNCONFIRMED]


def lock(recipient_ids: Sequence[UUID]) -> list[Invitation]:
    """The invitations of these rows, locked in one order: as all who work on a patient do."""
    rows = Invitation.objects.filter(recipient__in=recipient_ids).order_by("id")
    return list(rows.select_for_update(of=("self",)).select_related("campaign"))


def under_way(invitations: Sequence[Invitation]) -> set[UUID]:
    """Of locked invitations those of whom something is on its way out: a text, a booking or a code that was claimed."""
    ids = [invitation.id for invitation in invitations]
    texts = Message.objects.filter(UNDER_WAY, subject_id__any_of=ids).values_list("subject_id", flat=True)
    codes = CodedEntry.objects.filter(subject_id__any_of=ids, state__in=_FILING, due_at__isnull=False)
    bookings = Booking.objects.filter(invitation__in=ids, state__in=_MOVING, due_at__isnull=False)
    return {*texts, *codes.values_list("subject_id", flat=True), *bookings.values_list("invitation", flat=True)}


def alive(invitations: Sequence[Invitation]) -> set[UUID]:
    """Of locked invitations those whose patient may still do something, or has an appointment to come."""
    now = timezone.now()
    open_links = {
        invitation.id
        for invitation in invitations
        if invitation.expires_at > now and invitation.state in (InvitationState.OPEN, InvitationState.BOOKING)
    }
    ids = [invitation.id for invitation in invitations]
    to_come = Booking.objects.live().filter(invitation__in=ids, ends_at__gt=now)
    due = Message.objects.filter(subject_id__any_of=ids, due_at__isnull=False)
    return {
        *open_links,
        *to_come.values_list("invitation", flat=True),
        *due.values_list("subject_id", flat=True),
        *under_way(invitations),
    }


def erase(recipient_ids: Sequence[UUID], invitations: Sequence[Invitation]) -> None:
    """Delete these rows of lists, their locked invitations, and all that is about them."""
    _run(_OF_INVITATIONS, [invitation.id for invitation in invitations])
    _run(_OF_RECIPIENTS, list(recipient_ids))


def erase_reported(appointment_ids: Sequence[UUID]) -> None:
    """Delete these rows of reports of appointments, their reminders and texts."""
    _run(_OF_REPORTED, list(appointment_ids))


def tables() -> set[str]:
    """The tables that rows are deleted from."""
    words = (_OF_INVITATIONS + _OF_RECIPIENTS + _OF_REPORTED).split("DELETE FROM ")[1:]
    return {statement.split()[0] for statement in words}


def _run(statements: str, ids: list[Any]) -> None:
    if not ids:
        return
    with connection.cursor() as cursor:
        for statement in statements.split(";"):
            cursor.execute(statement, {"ids": ids})


def count_left(patient_list_id: UUID) -> int:
    """How many rows of a list are still there."""
    return Recipient.objects.filter(patient_list=patient_list_id).count()
