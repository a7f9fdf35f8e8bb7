"""Filing coded entries: claim, call, settle, like messages. The entry's own id makes a repeat harmless."""

import logging
from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core import metrics
from core.claims import mark_tried, take
from core.database import release
from integrations import gateways
from integrations.connections import NotConnected, clinical_for
from integrations.models.outbox import CodedEntry
from integrations.models.states import CodeState
from integrations.outbox import retries
from integrations.outbox.codes import by_hand, capabilities, outages, subjects
from integrations.outbox.codes import hooks as code_hooks
from integrations.outbox.codes.calls import TRY_AGAIN, Result, Turn
from practices.holds import services as holds
from practices.models import Practice

logger = logging.getLogger(__name__)

CLAIM = 20
CLAIMS_AT_ONCE = 2
"""Claims of one practice that workers may hold: a gateway that hangs must not sit on other practices' workers."""

READ_BACKS = [timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24), timedelta(hours=48)]
"""When we look for an entry that the clinical system took and did not show, counted from its taking."""

READ_BACK_UNTIL = timedelta(hours=96)
"""How long we try to look, when the clinical system cannot be asked, before a person must."""

HELD_FOR = timedelta(minutes=30)
"""How long an entry waits that a gate has stopped, before the gate is asked again: for three days, then staff are."""

WORTH_A_TURN = (CodeState.DUE, CodeState.UNCONFIRMED)
"""The states in which an entry whose `due_at` has come is taken by `file_due`."""


def claim(practice_id: UUID, limit: int = CLAIM) -> list[CodedEntry]:
    """Take some due entries of a practice, all for one actor, and return them; none while its gateway is away.

    One to be filed is marked as started. One to be read back keeps its state, and is nobody else's until `due_at`.
    """
    now = timezone.now()
    with transaction.atomic():
        if (
            not holds.may_leave(practice_id)
            or outages.wait_until(practice_id, now)
            or _claims_held(practice_id, now) >= CLAIMS_AT_ONCE
        ):
            return []
        due = CodedEntry.objects.filter(practice_id=practice_id, state__in=WORTH_A_TURN, due_at__lte=now)
        rows = take(due.order_by("due_at"), limit)
        rows = [row for row in rows if row.actor_id == rows[0].actor_id]
        for row in rows:
            row.state = CodeState.STARTED if row.state == CodeState.DUE else row.state
            mark_tried(row, now, retries.CODE_LOST_AFTER)
        CodedEntry.objects.bulk_update(rows, ["state", "started_at", "due_at", "attempts"])
    return rows


def _claims_held(practice_id: UUID, now: datetime) -> int:
    """Claims that workers hold now. The rows of one claim share their start, and are due when it has been lost."""
    held = CodedEntry.objects.filter(
        practice_id=practice_id,
        state__in=[CodeState.STARTED, CodeState.UNCONFIRMED],
        due_at__gt=now,
        due_at=F("started_at") + retries.CODE_LOST_AFTER,
    )
    return held.values("started_at").distinct().count()


def file_due(practice_id: UUID) -> int:
    """File one claim of a practice's due entries. How many there were; 0 also when the gateway is away.

    Where the practice has chosen to have no gateway, all of them are for staff at once.
    """
    if gateways.is_without(practice_id):
        return by_hand.hand_over(practice_id)
    rows = claim(practice_id)
    if not rows:
        return 0
    decided = _decided(rows)
    asked = [row for row in rows if row.id not in decided]
    is_there = call(practice_id, asked, decided) if asked else None
    settle(rows, [decided[row.id] for row in rows])
    logger.info("codes filed", extra={"practice_id": str(practice_id), "count": len(rows)})
    if is_there is False:
        outages.note(practice_id)
        return 0
    if is_there:
        outages.end(practice_id)
    return len(rows)


def _decided(rows: list[CodedEntry]) -> dict[UUID, Result]:
    """The entries that no call is made for, with what becomes of them."""
    to_file = [row for row in rows if row.state == CodeState.STARTED]
    held = {key: Result(None, reason=reason, begun=False) for key, reason in code_hooks.stopped(to_file).items()}
    # Claimed more often than there are tries, and never settled: whoever takes it dies of it.
    worn_out = [row for row in to_file if row.attempts > len(retries.CODE_SCHEDULE) + 1]
    return held | {row.id: TRY_AGAIN for row in worn_out}


def call(practice_id: UUID, rows: list[CodedEntry], decided: dict[UUID, Result]) -> bool | None:
    """Ask the clinical system about these entries, and add what became of them.

    Whether the system is there; None when that cannot be told.
    """
    decided |= dict.fromkeys([row.id for row in rows], TRY_AGAIN)
    practice = Practice.objects.get(id=practice_id)
    try:
        capabilities.refresh(practice)
        system = clinical_for(practice, rows[0].actor)
    except NotConnected:
        return False
    except Exception as error:
        # A connection that cannot even be made must end with a person too, and keep nobody's claim open.
        logger.error("filing could not begin", extra={"practice_id": str(practice_id), "error": type(error).__name__})
        return False
    births = subjects.births(rows)
    release()
    with closing(system):
        turn = Turn(system, births, seconds=retries.CODE_LOST_AFTER.total_seconds() / 2)
        decided |= zip([row.id for row in rows], turn.run(rows), strict=True)
    return False if turn.is_down else turn.answered or None


def settle(rows: list[CodedEntry], results: list[Result]) -> None:
    """Write what became of each claimed entry."""
    now = timezone.now()
    with transaction.atomic():
        # The count of attempts says whose claim it is: the sweeper may have given the entry to somebody else.
        held = dict(
            CodedEntry.objects.filter(
                id__in=[row.id for row in rows], state__in=[CodeState.STARTED, CodeState.UNCONFIRMED]
            )
            .order_by("id")
            .select_for_update()
            .values_list("id", "attempts")
        )
        claimed = [(row, result) for row, result in zip(rows, results, strict=True) if held.get(row.id) == row.attempts]
        for row, result in claimed:
            _write(row, result, now)
            metrics.CODES.labels(state=str(row.state)).inc()
        changed = ["state", "due_at", "entry_id", "reason", "look_first", "settled_at", "attempts"]
        CodedEntry.objects.bulk_update([row for row, _ in claimed], changed)
        subjects.note({row.subject_id: result.fault for row, result in claimed if result.fault})


def _write(row: CodedEntry, result: Result, now: datetime) -> None:
    if not result.begun:
        _put_back(row, result.reason, now)
    elif result.state == CodeState.UNCONFIRMED:
        _unconfirmed(row, result, now)
    elif result.state is not None:
        _final(row, result.state, result.reason, now, look_first=result.look_first)
        row.entry_id = _storable(result.entry_id)
    elif row.state == CodeState.UNCONFIRMED:
        _look_again(row, result.wait, now)
    else:
        _try_again(row, result.wait, now)


def _final(row: CodedEntry, state: CodeState, reason: str, now: datetime, *, look_first: bool) -> None:
    row.state, row.reason, row.due_at, row.settled_at = state, reason, None, now
    row.look_first = look_first


def _put_back(row: CodedEntry, reason: str, now: datetime) -> None:
    """No call was made: it costs no try. Without a reason there was only no time for it."""
    if reason and now - (row.happened_at or now) >= outages.GIVE_UP_AFTER:
        _final(row, CodeState.NOT_FILED, reason, now, look_first=row.attempts > 1)
        return
    row.state = CodeState.DUE if row.state == CodeState.STARTED else row.state
    row.due_at, row.attempts = now + (HELD_FOR if reason else timedelta()), row.attempts - 1
    row.reason = reason


def _storable(entry_id: str) -> str:
    """An id as the database can keep it: one strange answer must not keep the others' from being written."""
    return "".join(character for character in entry_id if character.isprintable())[:80]


def _unconfirmed(row: CodedEntry, result: Result, now: datetime) -> None:
    """The system took the entry and the record does not show it: look again, and in the end believe the record."""
    if row.state == CodeState.STARTED:
        row.state, row.entry_id, row.settled_at = CodeState.UNCONFIRMED, _storable(result.entry_id), now
    taken = row.settled_at or now
    row.due_at = next((taken + after for after in READ_BACKS if taken + after > now), None)
    if row.due_at is None:
        reason = "The clinical system took this code, and it is not in the record. File it by hand."
        _final(row, CodeState.NOT_FILED, reason, now, look_first=True)


def _look_again(row: CodedEntry, wait: float, now: datetime) -> None:
    if now - (row.settled_at or now) >= READ_BACK_UNTIL:
        _final(row, CodeState.CHECK, by_hand.NOT_READ_BACK, now, look_first=True)
    else:
        row.due_at = now + retries.jitter(max(15 * 60, _bearable(wait)))


def _try_again(row: CodedEntry, wait: float, now: datetime) -> None:
    # However late a try is, the adapter reads the record first: a code that is there is not filed again.
    if row.attempts > len(retries.CODE_SCHEDULE):
        _final(row, CodeState.CHECK, outages.UNREACHED, now, look_first=True)
        return
    row.state, row.reason = CodeState.DUE, ""
    row.due_at = now + retries.jitter(max(retries.CODE_SCHEDULE[row.attempts - 1], _bearable(wait)))


def _bearable(wait: float) -> float:
    """As long as the system asks for, up to half a day, lest a slip parks an entry (calls#asked-to-wait)."""
    return min(wait, 12 * 3600)
