"""Writing what has become of messages: the one place where a message that is on its way changes its state.

Nothing is written that the table of moves does not allow, however late or often somebody says it: a word that comes too
late finds its row moved on, and is dropped. (Staff's own pause and withdrawal are in `holding`, by the same table.)
"""

import json
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from time import sleep
from typing import Any, TypeVar
from uuid import UUID

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet

from integrations.models.outbox import Message
from integrations.models.states import MESSAGE_MOVES, MessageState, may_come_from
from integrations.outbox import retries

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_MOVES = ", ".join(f"'{before} {after}'" for before, afters in MESSAGE_MOVES.items() for after in sorted(afters))

_TIMES = ("started_at", "due_at", "sent_at", "settled_at", "in_app_at", "app_over")

# One statement for any number of rows, which come as one piece of JSON: the ORM's bulk_update builds a CASE for every
# column and row, which costs several times as much as all else that a message does to a worker.
# Rows are locked in the order in which everybody locks them, and found by a list of ids: of a batch that was stored a
# moment ago PostgreSQL has no statistics, and given a table of ids it would read through the whole batch.
# What went into the NHS App and is over there is a text by now: a word from before that comes too late.
# Whose word counts is told by the claim: by its number, and by its time, because a number can come again when a try is
# given back.
_SAVE = f"""
WITH said AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s) AS said (
        id uuid, attempts int, started_at timestamptz, given_back int, state text, due_at timestamptz,
        provider_id text, error_code text, reason text, number_fault text, sent_at timestamptz, settled_at timestamptz,
        in_app_at timestamptz, app_over timestamptz
    )
), locked AS MATERIALIZED (
    SELECT id FROM integrations_message WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE
)
UPDATE integrations_message AS one SET
    state = said.state, due_at = said.due_at, attempts = said.attempts - said.given_back,
    provider_id = coalesce(said.provider_id, one.provider_id), error_code = said.error_code, reason = said.reason,
    number_fault = said.number_fault, sent_at = said.sent_at, settled_at = said.settled_at,
    in_app_at = said.in_app_at, app_over = said.app_over
FROM said, locked
WHERE one.id = said.id AND one.id = locked.id
    AND one.attempts = said.attempts AND one.started_at IS NOT DISTINCT FROM said.started_at
    AND (one.state = said.state OR one.state || ' ' || said.state IN ({_MOVES}))
    AND (one.app_over IS NULL OR said.app_over IS NOT NULL)
RETURNING one.id, EXISTS (
    SELECT FROM integrations_deliveryreceipt AS early
    WHERE early.practice_id = one.practice_id AND early.provider_id = said.provider_id AND early.applied_at IS NULL
)
"""  # noqa: S608 - the states are our own


@dataclass(frozen=True, slots=True)
class Saved:
    """Which messages were written, and which of them receipts have come for already."""

    ids: frozenset[UUID] = frozenset()
    early: frozenset[UUID] = frozenset()


def save(rows: Sequence[Message], give_back: Collection[UUID] = ()) -> Saved:
    """Write the new states, and all that goes with them, of messages as their claim gave them.

    Each in `give_back` gets its try back: it did not use it. A row whose values the database refuses keeps no other
    from being written. One statement; one more for each row after such a refusal.
    """
    if not rows:
        return Saved()
    try:
        # By itself the statement is a transaction; in one of the caller's it must not spoil that.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            return _save(rows, give_back)
    except (DataError, IntegrityError):
        if len(rows) > 1:
            each = [save([row], give_back) for row in rows]
            return Saved(
                frozenset().union(*(result.ids for result in each)),
                frozenset().union(*(result.early for result in each)),
            )
        logger.exception("state of a message not kept", extra={"message_id": str(rows[0].id)})
        return Saved()


def _save(rows: Sequence[Message], give_back: Collection[UUID]) -> Saved:
    payload = json.dumps([_serialise(row, given_back=row.id in give_back) for row in rows])
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, [payload, [row.id for row in rows]])
        saved: list[tuple[UUID, bool]] = cursor.fetchall()
    return Saved(frozenset(id for id, _ in saved), frozenset(id for id, early in saved if early))


def _serialise(row: Message, *, given_back: bool) -> dict[str, str | int | None]:
    return {
        "id": str(row.id),
        "attempts": row.attempts,
        "given_back": int(given_back),
        "state": row.state,
        "provider_id": row.provider_id,
        "error_code": row.error_code[:40],
        "reason": row.reason[:200],
        "number_fault": row.number_fault,
        **{name: at.isoformat() for name in _TIMES if (at := getattr(row, name)) is not None},
    }


def advance(rows: QuerySet[Message], state: MessageState, **values: Any) -> int:
    """Move those of the rows that may go to a state there; how many did. For rows that are all treated alike."""
    return rows.filter(state__in=may_come_from(MESSAGE_MOVES, state)).update(state=state, **values)


def run_with_retries(write: Callable[[], Result]) -> Result:
    """Do a piece of database work, once more and again when the database breaks off: a restart, a deadlock.

    Only for work that does no harm when it had been done after all. Inside a transaction there is nothing to repeat.
    """
    for wait in retries.DATABASE_TRIES:
        try:
            return write()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            logger.warning("database work is tried again", extra={"error": type(error).__name__})
            connection.close()
            sleep(retries.jitter(wait).total_seconds())
    return write()
