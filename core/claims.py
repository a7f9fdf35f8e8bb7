"""Claiming rows for a call to an outside system: they are one worker's for a while, and no other's.

A claim is committed before the call, so that no row is locked, and no connection held, while somebody else's system is
waited for. A worker that dies leaves a claim that runs out (docs/architecture.md, "Claim, call, settle").
"""

from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)

WORKED_ON = 50
"""Batches that one sweep works on itself; the others have the next. What only asks for work has no such limit."""


class Tried(Protocol):
    """A row that counts how often it was tried."""

    attempts: int


def take(rows: models.QuerySet[M, M], limit: int) -> list[M]:
    """Up to so many of these rows, locked until the caller's transaction ends.

    Those that another worker has locked are skipped, so that nobody waits for anybody. Rows read along with them
    (`select_related`) are not locked.
    """
    return list(rows.select_for_update(of=("self",), skip_locked=True)[:limit])


def take_first(rows: models.QuerySet[M, M]) -> M | None:
    """The first of these rows, locked as by `take`; None where there is none, or where another worker has it."""
    return next(iter(take(rows, 1)), None)


def one_more_try(row: Tried, now: datetime, lasts: timedelta) -> dict[str, Any]:
    """The fields that claim a locked row, with their new values: nobody else's for so long, and tried once more."""
    return {"due_at": now + lasts, "started_at": now, "attempts": row.attempts + 1}


def mark_tried(row: Tried, now: datetime, lasts: timedelta) -> list[str]:
    """Give a locked row the values of `one_more_try`; the names of its fields that are to be saved."""
    values = one_more_try(row, now, lasts)
    for name, value in values.items():
        setattr(row, name, value)
    return list(values)


def is_held(rows: models.QuerySet[Any, Any], now: datetime) -> bool:
    """Whether a worker has a claim on any of these rows that has not run out, by their `claimed_until`."""
    return rows.filter(claimed_until__gt=now).exists()
