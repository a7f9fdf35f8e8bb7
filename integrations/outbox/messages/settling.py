"""Settling messages: what became of each claimed one, written many at a time, and what follows from it."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core import metrics
from integrations.connections import provider_of, text_after
from integrations.messaging.channels import Channel
from integrations.messaging.port import Accepted, FailureKind, NotAccepted, Outcome
from integrations.models.outbox import Message
from integrations.models.states import GONE, NEVER_GOES, MessageState
from integrations.outbox import retries
from integrations.outbox.messages import in_app, receipts, stoppages, writing

logger = logging.getLogger(__name__)

_HAS_CONSEQUENCES = GONE | NEVER_GOES
_ON_ITS_WAY = frozenset({MessageState.ACCEPTED, MessageState.IN_APP})
"""Nothing follows from a text's being here: writing it is all there is to do."""


def settle(rows: Sequence[Message], outcomes: Sequence[Outcome]) -> None:
    """Write what became of messages of one practice, in one go, and let its consequences follow.

    `rows` are as their claim gave them. A sweeper may have taken one for lost and given it to another worker meanwhile:
    then that worker's word counts, and this one is dropped (`writing.save`).
    """
    by_id = {row.id: row for row in rows}
    outcomes = [outcome for outcome in outcomes if outcome.reference in by_id]
    if not outcomes:
        return
    settled = [by_id[outcome.reference] for outcome in outcomes]
    error = stoppages.account_error(outcomes)
    now = timezone.now()
    pairs = zip(settled, outcomes, strict=True)
    account = _Account(works=error is None, text_after=_text_after(settled))
    waited = {row.id for row, outcome in pairs if _write(row, outcome, now, account)}
    if error is None and all(row.state in _ON_ITS_WAY for row in settled):
        saved = writing.save(settled)
    else:
        saved = _save_with_consequences(settled, outcomes, error, waited)
    if saved.early:
        receipts.apply_waiting([row.provider_id for row in settled if row.id in saved.early and row.provider_id])
    _log(settled, outcomes)


@transaction.atomic
def _save_with_consequences(
    rows: Sequence[Message], outcomes: Sequence[Outcome], error: NotAccepted | None, waited: set[UUID]
) -> writing.Saved:
    saved = writing.save(rows, give_back=waited)
    stored = [row for row in rows if row.id in saved.ids]
    receipts.tell_of_stops(stored)
    receipts.after_change([row.id for row in stored if row.state in _HAS_CONSEQUENCES])
    if error is not None:
        first = rows[0]
        provider = first.provider or provider_of(first.practice_id, Channel(first.way))
        stoppages.begin(first.practice, error, provider)
    return saved


@dataclass(frozen=True, slots=True)
class _Account:
    """Whether the practice's account works, by these outcomes; and how long its messages wait unread in the app."""

    works: bool
    text_after: timedelta


def _text_after(rows: Sequence[Message]) -> timedelta:
    """Asked of the database where a row went into the app: all of a claim go the same way."""
    return text_after(rows[0].practice_id) if any(row.way == Channel.APP for row in rows) else timedelta()


def _write(row: Message, outcome: Outcome, now: datetime, account: _Account) -> bool:
    """Change the unsaved row; True when it gets its try back, because it has only waited."""
    if isinstance(outcome, Accepted):
        if row.way == Channel.APP:
            in_app.put_in(row, now, account.text_after)
        else:
            receipts.set_status(row, outcome.status, now)
        # Of what was taken before, Notify does not say the id: its news will.
        row.provider_id = outcome.provider_id or None
        row.error_code = row.reason = row.number_fault = ""
        return False
    if outcome.kind is FailureKind.NOT_POSTED:
        row.state, row.due_at = MessageState.DUE, now
        return True
    row.error_code, row.reason, row.number_fault = outcome.code, outcome.reason, outcome.number
    if outcome.kind is FailureKind.UNKNOWN:
        row.state, row.due_at = (
            MessageState.UNKNOWN,
            max(now + retries.ASK_SOON, now + timedelta(seconds=outcome.retry_after or 0)),
        )
        return False
    if outcome.kind is FailureKind.CONFIGURATION and not outcome.alone and not account.works:
        # It goes as soon as the account works: `stoppages` sees to the time.
        row.state, row.due_at = MessageState.DUE, now
        return True
    _try_again_or_fail(row, outcome, now)
    return False


def _try_again_or_fail(row: Message, outcome: NotAccepted, now: datetime) -> None:
    wait = retries.wait_before(outcome.kind, row.attempts, outcome.retry_after)
    if wait is None and row.way == Channel.APP:
        in_app.go_by_text(row, now)
    elif wait is None:
        row.state, row.due_at, row.settled_at = MessageState.FAILED, None, now
    else:
        row.state, row.due_at = MessageState.DUE, now + wait


def _log(rows: Sequence[Message], outcomes: Sequence[Outcome]) -> None:
    """One line for all that went, and one for each that did not."""
    accepted = Counter(
        str(row.campaign_id) for row, result in zip(rows, outcomes, strict=True) if isinstance(result, Accepted)
    )
    for batch, count in accepted.items():
        logger.info("messages accepted", extra={"campaign_id": batch, "count": count})
    for row, outcome in zip(rows, outcomes, strict=True):
        result = "accepted" if isinstance(outcome, Accepted) else outcome.kind.value
        metrics.SENDS.labels(channel=row.way, provider=row.provider, result=result).inc()
        if isinstance(outcome, NotAccepted) and outcome.kind is not FailureKind.NOT_POSTED:
            ids = {"message_id": str(row.id), "campaign_id": str(row.campaign_id)}
            logger.warning("message not accepted", extra={**ids, "kind": outcome.kind, "code": outcome.code})
