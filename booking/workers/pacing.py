"""What paced batches ask of this room: the free times, and how patients have answered (pacing#answers)."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from booking.models import LIVE
from booking.slots import free_list
from booking.slots import offered as slots
from booking.workers.waiting_list import MAY_STILL_COME
from campaigns.models import Campaign
from campaigns.sending.paced.book import Answers, Book, BookUnreadable, Count

_LIVE = sorted(str(state) for state in LIVE)

# A patient comes once: when they first confirmed a time, or asked to hear of more, whatever became of it. Whoever has
# come is not open any more, also with a link that works again; nor is one whom no text has reached. Who was invited
# again by the batch's plan answers that text as others do their first. Texts go a little after the full hour at which
# they were decided, and so the hours of those who are open are the nearest, not the whole.
_ANSWERS = """
WITH answered AS (
    SELECT
        invited.state, invited.id,
        invited.state = 'open' AND invited.locked_at IS NULL AND invited.expires_at > %(now)s
            AND invited.elsewhere_at IS NULL AS can_answer,
        invited.state = 'open' AND invited.expires_at <= %(now)s AND invited.elsewhere_at IS NULL AS has_lapsed,
        coalesce(again.at, message.sent_at, message.in_app_at) AS texted_at,
        coalesce(message.state NOT IN ('failed', 'withdrawn'), TRUE) AS reached,
        least(booked.at, waiting.asked_at) AS came_at,
        waiting.asked_at IS NOT NULL AND (waiting.told_at IS NULL OR waiting.told_at > %(told_since)s) AS waits
    FROM campaigns_invitation AS invited
    LEFT JOIN integrations_message AS message
        ON message.subject_id = invited.id AND message.purpose = 'invitation' AND message.step = 0
    LEFT JOIN booking_waitingpatient AS waiting ON waiting.invitation_id = invited.id
    LEFT JOIN LATERAL (
        SELECT min(created_at) AS at FROM booking_booking WHERE invitation_id = invited.id
    ) AS booked ON TRUE
    LEFT JOIN LATERAL (
        SELECT max(coalesce(sent_at, in_app_at)) AS at FROM integrations_message
        WHERE subject_id = invited.id AND purpose = 'next_invitation'
            AND coalesce(sent_at, in_app_at) < coalesce(least(booked.at, waiting.asked_at), 'infinity')
    ) AS again ON TRUE
    WHERE invited.campaign_id = ANY(%(batches)s)
)
SELECT 'booked', 0, count(*) FROM answered WHERE state IN ('booked', 'booking')
UNION ALL SELECT 'declined', 0, count(*) FROM answered WHERE state = 'declined'
UNION ALL SELECT 'lapsed', 0, count(*) FROM answered WHERE has_lapsed AND came_at IS NULL AND reached
UNION ALL SELECT 'waiting', 0, count(*) FROM answered WHERE can_answer AND waits
UNION ALL SELECT 'came', floor(extract(epoch FROM greatest(came_at - texted_at, '0')) / 3600)::int AS hours, count(*)
    FROM answered WHERE came_at IS NOT NULL GROUP BY hours
UNION ALL SELECT 'open', round(extract(epoch FROM greatest(%(now)s - texted_at, '0')) / 3600)::int AS hours, count(*)
    FROM answered WHERE can_answer AND came_at IS NULL AND reached GROUP BY hours
"""

_TAKEN = """
SELECT day, count(*) FROM (
    SELECT (live.starts_at AT TIME ZONE 'Europe/London')::date AS day
    FROM booking_booking AS live
    JOIN campaigns_invitation AS invited ON invited.id = live.invitation_id
    JOIN campaigns_campaign AS batch ON batch.id = invited.campaign_id
    WHERE live.practice_id = %(practice)s AND live.state = ANY(%(live)s) AND live.starts_at > %(now)s
        AND batch.slot_type = %(slot_type)s
    UNION ALL
    SELECT ((held.slot ->> 'start')::timestamptz AT TIME ZONE 'Europe/London')::date
    FROM booking_slothold AS held
    JOIN campaigns_invitation AS invited ON invited.id = held.invitation_id
    JOIN campaigns_campaign AS batch ON batch.id = invited.campaign_id
    WHERE held.practice_id = %(practice)s AND held.expires_at > %(now)s AND batch.slot_type = %(slot_type)s
) AS taken GROUP BY day
"""


def read(campaign: Campaign) -> Count:
    """The free times of a batch, by the list that all share. Raises BookUnreadable."""
    try:
        listed = free_list.free(campaign)
    except free_list.Unavailable as error:
        raise BookUnreadable from error
    return lambda: slots.count_by_day(campaign, listed)


def answers(practice_id: UUID, slot_type: str, batches: Collection[UUID]) -> Answers:
    """How the patients of some batches of a practice and slot type have answered, in two queries."""
    now = timezone.now()
    values: dict[str, Any] = {"batches": list(batches), "now": now, "told_since": now - MAY_STILL_COME}
    counts: dict[str, Counter[int]] = {
        kind: Counter() for kind in ("booked", "declined", "lapsed", "waiting", "came", "open")
    }
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, values)
        for kind, hours, count in cursor.fetchall():
            counts[kind][hours or 0] += count  # a text that has not gone has its hours before it
    return Answers(
        open_hours=dict(counts["open"]),
        answer_hours=dict(counts["came"]),
        booked=counts["booked"].total(),
        waiting=counts["waiting"].total(),
        declined=counts["declined"].total(),
        lapsed=counts["lapsed"].total(),
        taken=_taken(practice_id, slot_type),
    )


def _taken(practice_id: UUID, slot_type: str) -> Mapping[date, int]:
    values: dict[str, Any] = {
        "practice": practice_id,
        "slot_type": slot_type,
        "live": _LIVE,
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, values)
        return dict(cursor.fetchall())


BOOK = Book(read, answers)
