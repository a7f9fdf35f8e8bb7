"""The sweepers: they find every row whose time has come, whatever state a crash left it in."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations.connections import NotConnected, channel_for
from integrations.database import release
from integrations.hints import hint
from integrations.links import LINK, NoSuchKey, link_for
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
    _hint("outbox.send_messages", Message.objects.filter(state=MessageState.DUE, held=False, due_at__lte=now))
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
        try:
            _settle(row, answer)
        except (DataError, IntegrityError):
            # One answer that does not fit its row must not keep the others' from theirs.
            logger.exception("answer about a message not kept", extra={"message_id": str(row.id)})
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


_Answer = list[ProviderRecord] | LookUpFailed
"""The records that may be a message's, newest first, or why the provider could not be asked."""


def _ask(channel: MessageChannel, row: Message) -> _Answer:
    try:
        if row.provider_id:
            return [channel.fetch(row.provider_id)]
        since = (row.started_at or row.created_at) - timedelta(minutes=1)
        words = _surest_words(row)
        return [record for record in channel.look_up(row.to, since) if words in _plain(record.body)]
    except LookUpFailed as failure:
        return failure
    except NoSuchKey:
        return LookUpFailed("no link key")


def _surest_words(row: Message) -> str:
    """What tells this text from others to the same phone: its own link, else all of it.

    Providers may trim a text, or put plain marks for typographic ones; a link they leave as it is.
    """
    return link_for(row.subject_id, key_number=row.link_key) if LINK in row.body else _plain(full_text(row))


def _plain(body: str) -> str:
    return " ".join(body.split())


@transaction.atomic
def _settle(row: Message, answer: _Answer) -> None:
    now = timezone.now()
    row = Message.objects.select_for_update().get(id=row.id)
    record = None if isinstance(answer, LookUpFailed) else _own(row, answer)
    if record is not None:
        row.provider_id = row.provider_id or record.provider_id
        news.set_status(row, record.status, now)
        if row.state == MessageState.FAILED:
            row.error_code, row.reason, row.number_fault = record.code, record.reason, record.number
            news.tell_of_stops([row])
    if row.state == MessageState.UNKNOWN:
        _settle_unknown(row, never_arrived=record is None and not isinstance(answer, LookUpFailed))
    elif row.state in (MessageState.ACCEPTED, MessageState.SENT):
        if now - (row.sent_at or now) >= retries.NO_NEWS_AFTER:
            row.state, row.due_at = MessageState.NO_NEWS, None
        else:
            row.due_at = news.next_check(row, now)
    row.save()
    news.after_change([row.id])


def _own(row: Message, records: Sequence[ProviderRecord]) -> ProviderRecord | None:
    """The first record that is no other message's: two patients may share a phone and be told the same."""
    others = Message.objects.filter(provider_id__in=[record.provider_id for record in records]).exclude(id=row.id)
    taken = set(others.values_list("provider_id", flat=True))
    return next((record for record in records if record.provider_id not in taken), None)


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
