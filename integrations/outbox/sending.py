"""Sending messages: claim, call, settle. No database connection is held while the provider is called."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.connections import NotConnected, channel_for
from integrations.database import release
from integrations.links import LINK, NoSuchKey, link_for
from integrations.messaging.port import (
    Accepted,
    FailureKind,
    MessageChannel,
    NotAccepted,
    Outcome,
    OutgoingText,
)
from integrations.outbox import gates, news, retries
from integrations.outbox.models import Message
from integrations.outbox.states import MessageState
from practices.models import Practice

logger = logging.getLogger(__name__)

CLAIM = 50
"""Messages that one worker holds at a time: what a crash can put in doubt."""


def full_text(message: Message) -> str:
    """The text as the patient gets it, with the personal link in its place."""
    return message.body.replace(LINK, link_for(message.subject_id, key_number=message.link_key))


def claim(practice_id: UUID, limit: int = CLAIM) -> list[Message]:
    """Mark some due messages of a practice as started, so that no other worker takes them, and return them."""
    now = timezone.now()
    with transaction.atomic():
        rows = list(
            Message.objects.due()
            .filter(practice_id=practice_id, state=MessageState.DUE, held=False)
            .select_for_update(skip_locked=True)[:limit]
        )
        for row in rows:
            row.state = MessageState.STARTED
            row.started_at = now
            row.due_at = now + retries.LOST_AFTER
            row.attempts += 1
        Message.objects.bulk_update(rows, ["state", "started_at", "due_at", "attempts"])
    return rows


def send_due(practice_id: UUID) -> int:
    """Send one claim of a practice's due messages; returns how many there were."""
    practice = Practice.objects.get(id=practice_id)
    claimed = claim(practice_id)
    rows = _let_through(practice, claimed)
    if not rows:
        return len(claimed)
    try:
        channel = channel_for(practice)
    except NotConnected:
        settle(rows, [_not_connected(row) for row in rows])
        return len(claimed)
    release()
    outcomes = _call(channel, rows)
    settle(rows, outcomes)
    return len(claimed)


def _let_through(practice: Practice, claimed: Sequence[Message]) -> list[Message]:
    """The texts that may go; the others are settled. Asked after the claim, so that the latest word counts."""
    if not claimed:
        return []
    refusals = gates.stopped(practice, claimed)
    if refusals:
        settle(claimed, refusals)
    refused = {refusal.reference for refusal in refusals}
    return [row for row in claimed if row.id not in refused]


def _call(channel: MessageChannel, rows: Sequence[Message]) -> list[Outcome]:
    texts, refused = [], []
    for row in rows:
        try:
            texts.append(OutgoingText(reference=row.id, to=row.to, body=full_text(row)))
        except NoSuchKey:
            refused.append(
                NotAccepted(row.id, FailureKind.CONFIGURATION, "no_link_key", "The key of this link is missing.")
            )
    return [*channel.send(texts), *refused]


def _not_connected(row: Message) -> NotAccepted:
    return NotAccepted(row.id, FailureKind.CONFIGURATION, "not_connected", "No text message account is connected.")


def settle(rows: Sequence[Message], outcomes: Sequence[Outcome]) -> None:
    """Write what became of each claimed message, in one go, and let its consequences follow."""
    now = timezone.now()
    by_id = {row.id: row for row in rows}
    with transaction.atomic():
        # A sweeper may have taken the row for lost and settled it meanwhile, or given it to another worker: the count
        # of attempts says whose it is. Then that word stands.
        held = dict(
            Message.objects.filter(id__in=by_id, state__in=[MessageState.STARTED, MessageState.UNKNOWN])
            .order_by("id")
            .select_for_update()
            .values_list("id", "attempts")
        )
        outcomes = [one for one in outcomes if held.get(one.reference) == by_id[one.reference].attempts]
        for outcome in outcomes:
            _write(by_id[outcome.reference], outcome, now)
            _log(by_id[outcome.reference], outcome)
        Message.objects.bulk_update(
            [by_id[outcome.reference] for outcome in outcomes],
            ["state", "due_at", "provider_id", "error_code", "reason", "number_fault", "sent_at", "settled_at"],
        )
        news.tell_of_stops([by_id[outcome.reference] for outcome in outcomes])
        news.after_change([outcome.reference for outcome in outcomes])
    news.apply_waiting([o.provider_id for o in outcomes if isinstance(o, Accepted)])


def _log(row: Message, outcome: Outcome) -> None:
    ids = {"message_id": str(row.id), "campaign_id": str(row.batch_id)}
    if isinstance(outcome, Accepted):
        logger.info("message accepted", extra=ids)
    else:
        logger.warning("message not accepted", extra={**ids, "kind": outcome.kind, "code": outcome.code})


def _write(row: Message, outcome: Outcome, now: datetime) -> None:
    if isinstance(outcome, Accepted):
        news.set_status(row, outcome.status, now)
        row.provider_id = outcome.provider_id
        row.error_code = row.reason = row.number_fault = ""
        return
    row.error_code, row.reason, row.number_fault = outcome.code, outcome.reason, outcome.number
    if outcome.kind == FailureKind.UNKNOWN:
        row.state = MessageState.UNKNOWN
        row.due_at = now + timedelta(seconds=5)  # give the provider's list time to show it
        return
    wait = retries.wait_before(outcome.kind, row.attempts, outcome.retry_after)
    if wait is None:
        row.state, row.due_at, row.settled_at = MessageState.FAILED, None, now
    else:
        row.state, row.due_at = MessageState.DUE, now + wait
