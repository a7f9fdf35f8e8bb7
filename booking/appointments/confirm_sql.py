"""The moment of booking, as one statement: the hold becomes a booking, the invitation is answered, the trail says so.

It is what many patients do at once when a batch has gone, and by the ORM it was six statements, whose making took most
of a web process's time. All of it happens or nothing does. Constraints stand behind it as behind every other way.
"""

from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from booking.models import Booking, BookingState
from campaigns.models import InvitationState
from core.database import ask, columns_of, from_row
from practices.models import User

_STATEMENT = """
WITH locked AS MATERIALIZED (
  SELECT id, practice_id, campaign_id FROM campaigns_invitation
  WHERE id = %(invitation)s
    AND (
      %(locked)s OR state = %(open)s AND locked_at IS NULL AND expires_at > %(now)s
      AND NOT EXISTS (SELECT FROM practices_hold)
    )
  FOR UPDATE
), held AS (
  SELECT locked.practice_id, invitation_id, slot_id, slot
  FROM booking_slothold hold JOIN locked ON locked.id = invitation_id
  WHERE (%(slot)s::text IS NULL OR slot_id = %(slot)s)
    AND (slot->>'start')::timestamptz > %(now)s
  FOR UPDATE OF hold
), made AS (
  INSERT INTO booking_booking (
    id, practice_id, invitation_id, slot_id, slot, starts_at, ends_at, state, due_at, attempts, appointment_id, reason,
    made_by_id, replaces_id, created_at
  )
  SELECT
    %(booking)s, practice_id, invitation_id, slot_id, slot, (slot->>'start')::timestamptz,
    (slot->>'end')::timestamptz, %(pending)s, %(now)s, 0, '', '', %(by)s::uuid, %(replaces)s::uuid, %(now)s
  FROM held
  ON CONFLICT DO NOTHING
  RETURNING *
), let_go AS (
  DELETE FROM booking_slothold WHERE invitation_id IN (SELECT invitation_id FROM made)
), answered AS (
  UPDATE campaigns_invitation SET state = %(answered)s WHERE id IN (SELECT invitation_id FROM made)
), told AS (
  INSERT INTO practices_auditevent (practice_id, actor_id, action, object_id, batch_id, patient_ids, data, at)
  SELECT
    made.practice_id, made_by_id, 'booking.confirmed', made.id, campaign_id, '{}',
    jsonb_strip_nulls(jsonb_build_object(
      'invitation_id', invitation_id, 'campaign_id', campaign_id, 'replaces', replaces_id
    )),
    %(now)s
  FROM made JOIN locked ON locked.id = invitation_id
)
SELECT {columns} FROM made
""".replace("{columns}", columns_of(Booking))


def book_held(
    invitation_id: UUID, slot_id: str | None, *, locked: bool, by: User | None = None, replaces: Booking | None = None
) -> Booking | None:
    """Make an invitation's hold a booking that waits for the worker; None where there is no hold to book.

    That is: none of this slot (or of any, where none is named), or of one that has begun. An invitation that the caller
    has `locked`, and found to be of use, is asked nothing more. Any other must be open to its patient by the plainest
    of rules, and no practice on hold, or the answer is None too; so it is where the slot has a patient already, or the
    patient a booking.
    """
    values: dict[str, Any] = {
        "invitation": invitation_id,
        "locked": locked,
        "open": InvitationState.OPEN.value,
        "slot": slot_id,
        "now": timezone.now(),
        "booking": uuid4(),
        "pending": BookingState.PENDING.value,
        "answered": InvitationState.BOOKING.value,
        "by": by.pk if by else None,
        "replaces": replaces.id if replaces else None,
    }
    rows = ask(_STATEMENT, values)
    return from_row(Booking, rows[0]) if rows else None
