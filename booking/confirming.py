"""The moment of booking, as one statement: the hold becomes a booking, the invitation is answered, the trail says so.

It is what many patients do at once when a batch has gone, and by the ORM it was six statements, whose making took most
of a web process's time. All of it happens or nothing does. Constraints stand behind it as behind every other way.
"""

from typing import Any
from uuid import uuid4

from django.utils import timezone

from booking.models import Booking, BookingState
from campaigns.models import Invitation, InvitationState
from practices.models import User

_STATEMENT = """
WITH held AS (
  DELETE FROM booking_slothold
  WHERE invitation_id = %(invitation)s
    AND (%(slot)s::text IS NULL OR slot_id = %(slot)s)
    AND (slot->>'start')::timestamptz > %(now)s
  RETURNING practice_id, slot_id, slot
), made AS (
  INSERT INTO booking_booking (
    id, practice_id, invitation_id, slot_id, slot, starts_at, ends_at, state, due_at, attempts, appointment_id, reason,
    made_by_id, replaces_id, created_at
  )
  SELECT
    %(booking)s, practice_id, %(invitation)s, slot_id, slot, (slot->>'start')::timestamptz,
    (slot->>'end')::timestamptz, %(pending)s, %(now)s, 0, '', '', %(by)s, %(replaces)s, %(now)s
  FROM held
  RETURNING *
), answered AS (
  UPDATE campaigns_invitation SET state = %(answered)s WHERE id IN (SELECT invitation_id FROM made)
), told AS (
  INSERT INTO practices_auditevent (practice_id, actor_id, action, object_id, data, at)
  SELECT
    practice_id, made_by_id, 'booking.confirmed', id,
    jsonb_strip_nulls(jsonb_build_object(
      'invitation_id', invitation_id, 'campaign_id', %(campaign)s::text, 'replaces', replaces_id
    )),
    %(now)s
  FROM made
)
SELECT * FROM made
"""


def book_held(
    invitation: Invitation, slot_id: str | None, *, by: User | None, replaces: Booking | None = None
) -> Booking | None:
    """Make a locked invitation's hold a booking that waits for the worker; None where there is no hold to book.

    That is: none of this slot (or of any, where none is named), or of one that has begun. Raises IntegrityError where
    the slot has a patient already.
    """
    values: dict[str, Any] = {
        "invitation": invitation.id,
        "campaign": str(invitation.campaign_id),
        "slot": slot_id,
        "now": timezone.now(),
        "booking": uuid4(),
        "pending": BookingState.PENDING.value,
        "answered": InvitationState.BOOKING.value,
        "by": by.pk if by else None,
        "replaces": replaces.id if replaces else None,
    }
    return next(iter(Booking.objects.raw(_STATEMENT, values)), None)
