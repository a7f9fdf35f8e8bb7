"""The sweepers: they find every row whose time has come, whatever state a crash left it in."""

import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from core.claims import take
from core.database import release
from integrations.connections import NotConnected, channel_for
from integrations.links import LINK, NoSuchKey, link_for
from integrations.messaging.port import LookUpFailed, MessageChannel, ProviderRecord
from integrations.messaging.registry import NHS_NOTIFY
from integrations.models import NotifyConnection, Routing
from integrations.models.outbox import CodedEntry, DeliveryReceipt, Message, Stoppage
from integrations.models.states import CodeState, MessageState
from integrations.outbox import fair_queue, retries
from integrations.outbox.codes.filing import WORTH_A_TURN
from integrations.outbox.messages import in_app, last_times, resending, writing
from integrations.outbox.messages import receipts as message_receipts
from integrations.outbox.messages.sending import full_text
from practices.models import Practice

logger = logging.getLogger(__name__)

CLAIM = 20
"""Messages in one claim of those to be asked about."""

ASK_AT_ONCE = 5
"""Questions to the provider at the same time. Nobody waits for the answers, and texts want the provider more."""

_ASKED_ABOUT = (MessageState.UNKNOWN, MessageState.ACCEPTED, MessageState.SENT)
"""In each of these a message waits for news, and is asked about when none has come by its due time."""


def sweep() -> None:
    """Bring lost rows back into the flow, and hint at every practice that has due work.

    Runs every ten seconds. Together with what it hints at it sees to every state that is not final.
    """
    now = timezone.now()
    lost = Message.objects.filter(state=MessageState.STARTED, due_at__lte=now)
    writing.advance(lost, MessageState.UNKNOWN, due_at=now)
    # A code's key makes a second try harmless: the row simply goes again.
    CodedEntry.objects.filter(state=CodeState.STARTED, due_at__lte=now).update(state=CodeState.DUE, due_at=now)
    receipts = DeliveryReceipt.objects.filter(applied_at=None, received_at__gte=now - timedelta(days=4))
    message_receipts.apply_waiting(receipts.values_list("provider_id", flat=True)[:1000])
    in_app.give_up(now)
    last_times.sweep(now)
    _ask_for_turns("outbox.send_messages", _with_texts_to_send(now))
    codes = CodedEntry.objects.filter(state__in=WORTH_A_TURN, due_at__lte=now)
    _ask_for_turns("outbox.file_codes", codes.values_list("practice_id", flat=True).distinct())
    asked = Message.objects.filter(state__in=_ASKED_ABOUT, due_at__lte=now)
    _ask_for_turns("outbox.ask_provider", asked.values_list("practice_id", flat=True).distinct())


def _with_texts_to_send(now: datetime) -> Iterable[UUID]:
    """The practices with a due text and an account that works, or may be tried again; of two accounts, either.

    One look into an index for each practice, where the rows of a large batch would all be looked at.
    """
    due = Message.objects.filter(practice=OuterRef("id"), state=MessageState.DUE, held=False, due_at__lte=now)
    broken = Stoppage.objects.filter(practice=OuterRef("id"), retry_at__gt=now)
    by_notify = NotifyConnection.objects.filter(practice=OuterRef("id")).exclude(channel=Routing.TEXTS)
    texts_go = ~Exists(broken.exclude(service=NHS_NOTIFY))
    notify_goes = Q(Exists(by_notify)) & ~Q(Exists(broken.filter(service=NHS_NOTIFY)))
    return Practice.objects.filter(Q(texts_go) | notify_goes, Exists(due)).values_list("id", flat=True)


def _ask_for_turns(task: str, practice_ids: Iterable[UUID]) -> None:
    for practice_id in practice_ids:
        fair_queue.ask(task, practice_id)


def ask_provider(practice_id: UUID) -> int:
    """Ask the provider about messages whose outcome or delivery is not known; returns how many were looked at."""
    claimed = _claim_questions(practice_id)
    if not claimed:
        return 0
    practice = Practice.objects.get(id=practice_id)
    rows = [row for row in claimed if row.together is None or row.state != MessageState.UNKNOWN]
    resending.settle(practice, [row for row in claimed if row not in rows])
    answers = _answers(practice, rows)
    for row, answer in zip(rows, answers, strict=True):
        try:
            _settle(row, answer)
        except (DataError, IntegrityError):
            # One answer that does not fit its row must not keep the others' from theirs.
            logger.exception("answer about a message not kept", extra={"message_id": str(row.id)})
    return len(claimed)


def _claim_questions(practice_id: UUID) -> list[Message]:
    now = timezone.now()
    with transaction.atomic():
        due = Message.objects.due().filter(practice_id=practice_id, state__in=_ASKED_ABOUT)
        rows = take(due, CLAIM)
        Message.objects.filter(id__in=[row.id for row in rows]).update(due_at=now + retries.LOST_AFTER)
    return rows


_Answer = list[ProviderRecord] | LookUpFailed
"""The records that may be a message's, newest first, or why the provider could not be asked."""


def _answers(practice: Practice, rows: Sequence[Message]) -> list[_Answer]:
    """An answer for each row. Without an account it is that the provider cannot be asked, and time goes on."""
    channels = {carried: _channel(practice, *carried) for carried in {(row.way, row.provider) for row in rows}}
    release()
    with ThreadPoolExecutor(ASK_AT_ONCE) as pool:
        return list(pool.map(lambda row: _ask(channels[row.way, row.provider], row), rows))


def _channel(practice: Practice, kind: str, provider: str) -> MessageChannel | None:
    try:
        return channel_for(practice, kind, provider)
    except NotConnected:
        return None


def _ask(channel: MessageChannel | None, row: Message) -> _Answer:
    if channel is None:
        return LookUpFailed("not connected")
    try:
        if row.provider_id:
            return [channel.fetch(row.provider_id)]
        # The link in its words says whose text it is. A time only keeps old ones out: the text may be of an earlier
        # try, and the provider's clock is not ours.
        since = row.created_at - timedelta(days=1)
        search_text = _choose_search_text(row)
        return [record for record in channel.look_up(row.to, since) if search_text in _plain(record.body)]
    except LookUpFailed as failure:
        return failure
    except NoSuchKey:
        return LookUpFailed("no link key")


def _choose_search_text(row: Message) -> str:
    """What tells this text from others to the same phone: its own link, else all of it.

    Providers may trim a text, or put plain marks for typographic ones; a link they leave as it is.
    """
    return link_for(row.subject_id, key_number=row.link_key) if LINK in row.body else _plain(full_text(row))


def _plain(body: str) -> str:
    return " ".join(body.split())


@transaction.atomic
def _settle(row: Message, answer: _Answer) -> None:
    now = timezone.now()
    asked, row = row, Message.objects.select_for_update().get(id=row.id)
    if (row.attempts, row.started_at) != (asked.attempts, asked.started_at):
        return  # It has been tried again since: that the provider had nothing then says nothing about this try.
    record = None if isinstance(answer, LookUpFailed) else _own(row, answer)
    if record is not None:
        row.provider_id = row.provider_id or record.provider_id
        # It went when the provider took it, not when we asked, perhaps on the next day: its code is dated by this.
        row.sent_at = row.sent_at or min(record.created, now)
        message_receipts.set_status(row, record.status, now)
        if row.state == MessageState.FAILED:
            row.error_code, row.reason, row.number_fault = record.code, record.reason, record.number
            message_receipts.tell_of_stops([row])
    if row.state == MessageState.UNKNOWN:
        _settle_unknown(row, now, never_arrived=record is None and not isinstance(answer, LookUpFailed))
    elif row.state in (MessageState.ACCEPTED, MessageState.SENT):
        # What is said last must have been asked: a question that met trouble is asked again, for a day.
        patience = timedelta(days=1) if isinstance(answer, LookUpFailed) else timedelta()
        waited = now - (row.sent_at or now) - retries.NO_NEWS_AFTER
        if waited >= patience:
            row.state, row.due_at = MessageState.NO_NEWS, None
        else:
            row.due_at = message_receipts.next_check(row, now) if waited < timedelta() else now + timedelta(hours=1)
    if writing.save([row]).ids:
        message_receipts.after_change([row.id])


def _own(row: Message, records: Sequence[ProviderRecord]) -> ProviderRecord | None:
    """The first record that is no other message's: two patients may share a phone and be told the same."""
    others = Message.objects.filter(provider_id__in=[record.provider_id for record in records]).exclude(id=row.id)
    taken = set(others.values_list("provider_id", flat=True))
    return next((record for record in records if record.provider_id not in taken), None)


def _settle_unknown(row: Message, now: datetime, *, never_arrived: bool) -> None:
    """Send again only what the provider surely does not have; ask a person when it cannot be found out."""
    age = now - (row.started_at or now)
    if never_arrived and row.attempts >= retries.UNKNOWN_TRIES and age >= retries.SURE_AFTER:
        row.state, row.due_at, row.settled_at = MessageState.FAILED, None, now
        row.reason = "The text message service did not answer, and does not have this text."
    elif never_arrived and age >= retries.SURE_AFTER:
        row.state, row.due_at = MessageState.DUE, now + retries.wait_to_resend(row.attempts)
    elif age >= retries.SETTLE_WITHIN:
        row.state, row.due_at, row.settled_at = MessageState.CHECK, None, now
        row.reason = "We could not find out whether this message went. Check with the patient."
    elif never_arrived:
        row.due_at = now + retries.ASK_AGAIN
    else:
        row.due_at = now + retries.wait_to_ask(age)
