"""The sweepers: they find every row whose time has come, whatever state a crash left it in."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations.connections import NotConnected, channel_for
from integrations.database import release
from integrations.hints import hint
from integrations.messaging.port import LookUpFailed, MessageChannel, ProviderRecord
from integrations.outbox import news, retries
from integrations.outbox.models import CodedEntry, DeliveryReceipt, Message
from integrations.outbox.sending import full_text
from integrations.outbox.states import CodeState, MessageState
from practices.models import Practice

logger = logging.getLogger(__name__)

ASK_AT_ONCE = 20


def sweep() -> None:
    """Bring lost rows back into the flow, and hint at every practice that has due work."""
    now = timezone.now()
    lost = Message.objects.filter(state=MessageState.STARTED, due_at__lte=now)
    lost.update(state=MessageState.UNKNOWN, due_at=now)
    # A code's key makes a second try harmless: the row simply goes again.
    CodedEntry.objects.filter(state=CodeState.STARTED, due_at__lte=now).update(state=CodeState.DUE, due_at=now)
    receipts = DeliveryReceipt.objects.filter(applied_at=None, received_at__gte=now - timedelta(days=4))
    news.apply_waiting(receipts.values_list("provider_id", flat=True)[:1000])
    _hint("outbox.send_messages", Message.objects.filter(state=MessageState.DUE, due_at__lte=now))
    _hint("outbox.file_codes", CodedEntry.objects.filter(state=CodeState.DUE, due_at__lte=now))
    asking = [MessageState.UNKNOWN, MessageState.ACCEPTED, MessageState.SENT]
    _hint("outbox.ask_provider", Message.objects.filter(state__in=asking, due_at__lte=now))


def _hint(task: str, rows: QuerySet[Message] | QuerySet[CodedEntry]) -> None:
    for practice_id in set(rows.values_list("practice_id", flat=True).distinct()):
        hint(task, practice_id)


def ask_provider(practice_id: UUID) -> int:
    """Ask the provider about messages whose outcome or delivery is not known; returns how many were looked at."""
    rows = _claim_questions(practice_id)
    if not rows:
        return 0
    try:
        channel = channel_for(Practice.objects.get(id=practice_id))
    except NotConnected:
        return 0
    release()
    answers = [_ask(channel, row) for row in rows]
    for row, answer in zip(rows, answers, strict=True):
        _settle(row, answer)
    return len(rows)


def _claim_questions(practice_id: UUID) -> list[Message]:
    now = timezone.now()
    with transaction.atomic():
        rows = list(
            Message.objects.due()
            .filter(
                practice_id=practice_id,
                state__in=[MessageState.UNKNOWN, MessageState.ACCEPTED, MessageState.SENT],
            )
            .select_for_update(skip_locked=True)[:ASK_AT_ONCE]
        )
        Message.objects.filter(id__in=[row.id for row in rows]).update(due_at=now + retries.LOST_AFTER)
    return rows


_Answer = ProviderRecord | None | LookUpFailed


def _ask(channel: MessageChannel, row: Message) -> _Answer:
    try:
        if row.provider_id:
            return channel.fetch(row.provider_id)
        since = (row.started_at or row.created_at) - timedelta(minutes=1)
        text = full_text(row)
        # The text holds this invitation's own link, so the same words are the same message.
        found = [record for record in channel.look_up(row.to, since) if record.body == text]
        return found[0] if found else None
    except LookUpFailed as failure:
        return failure


@transaction.atomic
def _settle(row: Message, answer: _Answer) -> None:
    now = timezone.now()
    row = Message.objects.select_for_update().get(id=row.id)
    if isinstance(answer, ProviderRecord):
        row.provider_id = row.provider_id or answer.provider_id
        news.set_status(row, answer.status, now)
        if row.state == MessageState.FAILED:
            row.error_code, row.reason = answer.code, answer.reason
    if row.state == MessageState.UNKNOWN:
        _settle_unknown(row, never_arrived=answer is None)
    elif row.state in (MessageState.ACCEPTED, MessageState.SENT):
        if now - (row.sent_at or now) >= retries.NO_NEWS_AFTER:
            row.state, row.due_at = MessageState.NO_NEWS, None
        else:
            row.due_at = news.next_check(row, now)
    row.save()
    news.after_change([row.id])


def _settle_unknown(row: Message, *, never_arrived: bool) -> None:
    """Send again only what the provider surely does not have; ask a person when it cannot be found out."""
    now = timezone.now()
    age = now - (row.started_at or now)
    if never_arrived and age >= retries.LOST_AFTER / 4 and row.attempts < retries.UNKNOWN_TRIES:
        row.state, row.due_at = MessageState.DUE, now
    elif never_arrived and row.attempts >= retries.UNKNOWN_TRIES:
        row.state, row.due_at, row.settled_at = MessageState.FAILED, None, now
        row.reason = "The text message service did not answer, and does not have this text."
    elif age >= retries.SETTLE_WITHIN:
        row.state, row.due_at, row.settled_at = MessageState.CHECK, None, now
        row.reason = "We could not find out whether this text went. Check with the patient."
    else:
        row.due_at = now + (timedelta(seconds=10) if never_arrived else timedelta(minutes=1))
