"""Claiming messages: some due ones of a practice become one worker's, for a while, and no other's.

The database statements that sending takes do not depend on how many messages are claimed and settled at a time:

- claiming: two to claim, one for each gate, at most one for each that asks what is needed, one for each listener to
  departures, and the two ends of the transaction; with NHS Notify, one for the account, one for each that knows
  deadlines, and one where some would come too late; where nothing is due, one more to see whether a broken account may
  be tried again; where a gate stopped some, six to write that and see to their codes, and as many where some are not
  needed any more; at night, once in a turn, one to put off what may not go;
- settling (`settling`): one when all texts were accepted; else eight at most in a transaction, which see to codes too,
  five more when the account turns out not to work, and six when receipts came before their messages were settled.

In chunks of 50 that is an eighth of a statement for a message when all goes well, and less than half one when not.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from core import sociable_hours
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox import retries
from integrations.outbox.messages import gone_texts, in_app, in_time, last_times, receipts, stoppages, writing
from integrations.outbox.messages import hooks as message_hooks
from integrations.outbox.messages.routes import TEXTS, Route, with_provider
from practices.models import Practice

CLAIM = 50
"""Messages in one claim: what is committed, and asked of the gates, at a time."""

# One statement picks, locks, marks and reads. What is picked becomes a list first: PostgreSQL might else pick again for
# each row, or read a whole batch to find these. Others' rows are skipped, so that no worker waits for another.
_CLAIM = """
UPDATE integrations_message AS one
SET state = 'started', started_at = %(now)s, due_at = %(lost)s, attempts = one.attempts + 1,
    way = %(channel)s, provider = %(provider)s, together = %(together)s
WHERE one.id = ANY(ARRAY(
    SELECT id FROM integrations_message
    WHERE practice_id = %(practice)s AND state = 'due' AND NOT held AND due_at <= %(now)s AND {may_go}
        AND (useless_after IS NULL OR useless_after > %(now)s OR app_over IS NOT NULL)
    ORDER BY {first} due_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
))
RETURNING one.*
"""

# By the index that holds a practice's due rows in their order. Of a batch stored a moment ago PostgreSQL has no
# statistics: it takes the rows for a few, and any way to them for as good, and would sort all 100,000 for each claim.
# In the same statement: whether anything of the practice may leave, which stays true until the claim has committed;
# and whether there are texts that went before a restore, and wait for their messages.
_BEGIN = """
SELECT set_config('enable_sort', 'off', true), practices_may_leave(%(practice)s),
    EXISTS (SELECT FROM integrations_gonetext WHERE practice_id = %(practice)s AND message_id IS NULL)
"""

_ACCOUNT_WORKS = (
    "NOT EXISTS (SELECT FROM integrations_stoppage WHERE practice_id = %(practice)s AND service = %(provider)s)"
)

_PUT_OFF = """
WITH locked AS MATERIALIZED (
    SELECT id FROM integrations_message
    WHERE practice_id = %(practice)s AND state = 'due' AND NOT held AND due_at <= %(now)s AND NOT any_hour AND {only}
    ORDER BY id
    FOR UPDATE SKIP LOCKED
)
UPDATE integrations_message AS one SET
    due_at = %(opening)s,
    useless_after = CASE WHEN useless_after > %(now)s THEN greatest(useless_after, %(last)s) ELSE useless_after END
FROM locked WHERE one.id = locked.id
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim took: the texts that are to be sent now, and how many others were stopped, withdrawn, or given back
    to go as texts of ours.

    In a probe, they are to show whether the practice's account works again. `on_hold`: nothing may leave.
    """

    rows: list[Message]
    stopped: int = 0
    probe: bool = False
    on_hold: bool = False

    @property
    def size(self) -> int:
        """How many messages it took."""
        return len(self.rows) + self.stopped


@transaction.atomic
def take(practice: Practice, limit: int = CLAIM, route: Route = TEXTS) -> Claim:
    """Claim up to so many of the practice's due messages, as far as its account works and the hour allows.

    Only what has surely not gone is due, so every claim may choose the channel, the provider, and the call it is posted
    in, anew. One statement more where the route does not say who carries it.
    """
    route = with_provider(practice.id, route)
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, {"practice": practice.id})
        _, may_leave, some_went = cursor.fetchone()
    if not may_leave:
        return Claim([], on_hold=True)
    rows, probe = _mark(practice.id, limit, _ACCOUNT_WORKS, route), False
    if not rows and stoppages.may_probe(practice.id, route.provider):
        probe = True
        rows = _mark(practice.id, min(limit, stoppages.PROBE), "TRUE", route, first="error_code <> '',")
    for row in rows:
        row.practice = practice
    went = gone_texts.match(practice, rows) if some_went else set()
    rows = [row for row in rows if row.id not in went]
    stopped = _withdraw(practice, rows)
    stopped |= _stop(practice, [row for row in rows if row.id not in stopped])
    going = [row for row in rows if row.id not in stopped]
    late = in_time.text_instead(practice, going, route.channel)
    going = [row for row in going if row.id not in late]
    message_hooks.tell_of_departure(practice, going)
    return Claim(going, len(went) + len(stopped) + len(late), probe)


def put_off(practice_id: UUID, route: Route = TEXTS) -> int:
    """At an hour at which patients must not be disturbed: let what may not go now be due when it may; how many.

    In one statement, so that nobody looks at those rows again until then.
    """
    now = timezone.now()
    if sociable_hours.is_sociable(now):
        return 0
    opening = sociable_hours.next_sociable(now)
    values: dict[str, UUID | datetime] = {
        "practice": practice_id,
        "now": now,
        "opening": opening,
        "last": last_times.end_of_day(opening),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PUT_OFF.format(only=route.only), values)
        return int(cursor.rowcount)


def _mark(practice_id: UUID, limit: int, condition: str, route: Route, *, first: str = "") -> list[Message]:
    """`first` lets those that have had no trouble of their own go first."""
    now = timezone.now()
    is_open = sociable_hours.is_sociable(now)
    may_go = f"{condition} AND {route.only}" + ("" if is_open else " AND any_hour")
    values = {
        "practice": practice_id,
        "now": now,
        "lost": now + retries.LOST_AFTER,
        "limit": limit,
        "channel": route.channel.value,
        "provider": route.provider,
        "together": uuid4() if route.channel.by_nhs_number else None,
    }
    return list(Message.objects.raw(_CLAIM.format(may_go=may_go, first=first), values))


def _withdraw(practice: Practice, rows: list[Message]) -> set[UUID]:
    """Withdraw those that nobody needs any more. Only a text that waits may be: the claim gives them back first."""
    reasons = message_hooks.not_needed(practice, rows) if rows else {}
    for reason in set(reasons.values()):
        pointless = Message.objects.filter(
            id__in=[message_id for message_id, message_reason in reasons.items() if message_reason == reason]
        )
        writing.advance(pointless, MessageState.DUE)
        in_app.leave(pointless, reason)
        unsent = pointless.filter(state=MessageState.DUE)
        writing.advance(unsent, MessageState.WITHDRAWN, due_at=None, settled_at=timezone.now(), reason=reason)
    receipts.after_change(list(reasons))
    return set(reasons)


def _stop(practice: Practice, rows: list[Message]) -> set[UUID]:
    """Settle those that must not go. Asked after the claim, so that the latest word counts."""
    if not rows:
        return set()
    reasons = {refusal.reference: refusal for refusal in message_hooks.stopped(practice, rows)}
    stopped = [row for row in rows if row.id in reasons]
    now = timezone.now()
    for row in stopped:
        if row.in_app_at is not None:
            in_the_app = Message.objects.filter(id=row.id)
            writing.advance(in_the_app, MessageState.DUE)
            in_app.leave(in_the_app, reasons[row.id].reason)
        else:
            fail(row, reasons[row.id].code, reasons[row.id].reason, now)
    writing.save([row for row in stopped if row.in_app_at is None])
    receipts.after_change([row.id for row in stopped])
    return set(reasons)


def fail(row: Message, code: str, reason: str, now: datetime) -> None:
    """Mark an unsaved row as failed for good."""
    row.state, row.due_at, row.settled_at = MessageState.FAILED, None, now
    row.error_code, row.reason = code, reason
