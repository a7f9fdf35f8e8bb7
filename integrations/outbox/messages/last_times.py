"""The last time of each message: what was to go yesterday and did not goes no more (text-messages#last-times).

A text that nobody has taken for so long says that Selfbook was away, on hold, or restored: the patient may have had it,
or has no more use for it. While Selfbook runs and knows why a text waits, for the morning, a pause or an account that
does not work, the time moves on with it. The database gives no claim a message whose time is over; the sweep settles
it as not delivered, so that staff follow it up.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from core.sociable_hours import LONDON, next_sociable
from integrations.models.outbox import ANSWERS, Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox.messages import receipts, writing
from practices.models import Hold, Practice

ANSWERS_LAST = timedelta(days=3)
"""What answers a patient, or is about an appointment, is of use for longer: a reminder ends by a rule of its own."""

A_DAY = timedelta(hours=24)
"""For what may go at night."""

TOO_LATE = "too_late"
"""The error code of a message whose last time is over."""

REASON = "It could not be sent on its day, so it was not sent. Contact the patient in another way."

SOON = timedelta(minutes=10)
"""What waits for an account that does not work is given another day when so little is left."""

AT_A_TIME = 1000

_PROLONG = """
UPDATE integrations_message AS one SET useless_after = one.useless_after + interval '1 day'
WHERE one.id = ANY(ARRAY(
    SELECT id FROM integrations_message AS waiting
    WHERE state = 'due' AND useless_after > %(now)s AND useless_after <= %(soon)s
        AND EXISTS (SELECT FROM integrations_stoppage AS broken WHERE broken.practice_id = waiting.practice_id)
    ORDER BY id
    FOR UPDATE SKIP LOCKED
))
"""


def last_time(purpose: str, due: datetime, *, any_hour: bool) -> datetime:
    """After when a message that is due then is of no use any more: the end of the day in London on which it may go."""
    if purpose in ANSWERS or purpose in (Purpose.APPOINTMENT, Purpose.CLINIC):
        return due + ANSWERS_LAST
    if any_hour:
        return due + A_DAY
    return end_of_day(next_sociable(due))


def end_of_day(moment: datetime) -> datetime:
    """Midnight in London after a moment, in UTC."""
    day = moment.astimezone(LONDON).date() + timedelta(days=1)
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def give(messages: Iterable[Message]) -> None:
    """Give unsaved messages their last time."""
    for message in messages:
        if message.useless_after is None and message.due_at is not None:
            message.useless_after = last_time(message.purpose, message.due_at, any_hour=message.any_hour)


def sweep(now: datetime) -> None:
    """Settle what is over, but of practices on hold: there it is first found out what went."""
    with connection.cursor() as cursor:
        cursor.execute(_PROLONG, {"now": now, "soon": now + SOON})
    holds = Hold.objects.filter(Q(practice=None) | Q(practice=OuterRef("practice")))
    practices = _over(now).exclude(Exists(holds)).order_by().values_list("practice_id", flat=True).distinct()
    for practice_id in practices:
        withdraw(Practice.objects.get(id=practice_id))


def withdraw(practice: Practice) -> int:
    """Settle a practice's waiting messages whose last time is over as not delivered, with the reason; how many."""
    count = 0
    while settled := _withdraw(practice):
        count += settled
    return count


@transaction.atomic
def _withdraw(practice: Practice) -> int:
    now = timezone.now()
    over = _over(now).filter(practice=practice).order_by("id").select_for_update(skip_locked=True)
    ids: list[UUID] = list(over.values_list("id", flat=True)[:AT_A_TIME])
    rows = Message.objects.filter(id__in=ids)
    writing.advance(rows, MessageState.FAILED, due_at=None, settled_at=now, error_code=TOO_LATE, reason=REASON)
    receipts.after_change(ids)
    return len(ids)


def _over(now: datetime) -> QuerySet[Message]:
    """A paused batch's wait for staff; the text behind a message in the app has a time of its own."""
    return Message.objects.filter(state=MessageState.DUE, held=False, app_over=None, useless_after__lte=now)
