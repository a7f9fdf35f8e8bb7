"""Messages in doubt with NHS Notify: posted again in the call that they were in (nhs-notify#references).

All of a call's messages that are in doubt go again together. Were some posted without the others, and were that the
first that Notify heard of the call, the others would be taken for sent and never go.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.database import release
from core.sociable_hours import is_sociable
from integrations.connections import NotConnected, channel_for
from integrations.messaging.channels import Channel
from integrations.messaging.port import Accepted, DeliveryStatus, FailureKind, NotAccepted, Outcome
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox import retries
from integrations.outbox.messages import hooks as message_hooks
from integrations.outbox.messages import in_app, in_time, receipts, writing
from integrations.outbox.messages.routes import BY_CHANNEL, Route
from integrations.outbox.messages.sending import as_texts
from integrations.outbox.messages.settling import settle as write
from practices.holds import services as holds
from practices.models import Practice

IN_DOUBT = "NHS Notify did not confirm this message. Selfbook is checking whether it went."
GIVEN_UP = "We could not find out whether this message went. Check with the patient."


def settle(practice: Practice, claimed: Sequence[Message]) -> None:
    """Find out what became of the calls whose messages these are. `claimed` are ours for as long as a claim is."""
    ours = {row.id for row in claimed}
    routes = {row.together: BY_CHANNEL[Channel(row.way)] for row in claimed if row.together is not None}
    for together, route in routes.items():
        now = timezone.now()
        rows = _take(practice, together, ours, now)
        if rows and all(now - (row.started_at or now) >= retries.SETTLE_WITHIN for row in rows):
            _give_up(rows, now)
        elif rows and not _must_wait(rows, now):
            _post_again(practice, rows, now, route)


@transaction.atomic
def _take(practice: Practice, together: UUID, ours: set[UUID], now: datetime) -> list[Message]:
    """All of a call's messages that are in doubt; none when another worker has the first of them, and so the call."""
    if not holds.may_leave(practice.id):
        return []  # it would be posted now, had it not been before
    of_call = Message.objects.filter(practice=practice, together=together, state=MessageState.UNKNOWN)
    rows = list(of_call.order_by("id").select_for_update())
    if not rows or rows[0].id not in ours:
        return []
    # The number tells whose word counts: the worker that posted them before may still come back with its own.
    ids = [row.id for row in rows]
    Message.objects.filter(id__in=ids).update(attempts=F("attempts") + 1, due_at=now + retries.LOST_AFTER)
    for row in rows:
        row.attempts += 1
        row.practice = practice
    return rows


def _must_wait(rows: Sequence[Message], now: datetime) -> bool:
    """Whether this is no time for what may go for the first time now: the batch is paused, or it is night."""
    at_night = not is_sociable(now) and not all(row.any_hour for row in rows)
    return at_night or any(row.held for row in rows)


def _post_again(practice: Practice, rows: Sequence[Message], now: datetime, route: Route) -> None:
    """Post those that may still go; by whether Notify had the call before, it is known of the others too.

    What would be texted too late, had Notify not had it, is left out as well. Where that is all there is, nobody can
    find out in time.
    """
    stopped = {refusal.reference for refusal in message_hooks.stopped(practice, rows)}
    stopped |= set(message_hooks.not_needed(practice, rows))
    late = in_time.too_late(practice, [row for row in rows if row.id not in stopped], route.channel)
    going = [row for row in rows if row.id not in stopped | late]
    if late and not going:
        _give_up([row for row in rows if row.id in late], now)
        return
    stopped |= late
    texts, refused = as_texts(going, message_hooks.nhs_numbers(practice, going))
    try:
        channel = channel_for(practice, route.channel)
    except NotConnected:
        return
    if refused or not texts:
        return
    release()
    until = now + retries.POST_WITHIN
    outcomes = [_in_doubt(outcome) for outcome in channel.send([replace(text, not_after=until) for text in texts])]
    left_out = [_outcome_of_left_out(row, outcomes) for row in rows if row.id in stopped]
    write(rows, [*outcomes, *left_out])


def _in_doubt(outcome: Outcome) -> Outcome:
    """A refusal now says nothing of the first time."""
    if isinstance(outcome, Accepted):
        return outcome
    wait = outcome.retry_after
    return NotAccepted(outcome.reference, FailureKind.UNKNOWN, outcome.code, IN_DOUBT, max(wait or 0, 60))


def _outcome_of_left_out(row: Message, outcomes: Sequence[Outcome]) -> Outcome:
    """Of a message that must not go any more: ids for the others say that Notify first heard of their call now."""
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    if not accepted:
        return NotAccepted(row.id, FailureKind.UNKNOWN, "", IN_DOUBT, 60)
    if all(outcome.provider_id for outcome in accepted):
        return NotAccepted(row.id, FailureKind.NOT_POSTED, "", "")
    return Accepted(row.id, "", DeliveryStatus.ACCEPTED)


@transaction.atomic
def _give_up(rows: Sequence[Message], now: datetime) -> None:
    """Ask a person; or text, which does no harm where the doubt is about the app."""
    for row in rows:
        if row.way == Channel.APP:
            in_app.go_by_text(row, now)
            continue
        row.state, row.due_at, row.settled_at, row.reason = MessageState.CHECK, None, now, GIVEN_UP
    receipts.after_change(list(writing.save(rows).ids))
