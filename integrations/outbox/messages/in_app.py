"""Messages in the NHS App with a text of ours behind them: one that nobody has read in time goes as a text, once.

NHS Notify puts the message into the app and nothing more. From then on its row says `in_app`, and is due when the text
is. News that it was read ends it. When the time is over, or the app cannot reach the patient, the row is due as any
text is, marked by `app_over`: the claim, the gates, pauses and all else that keeps a text from going twice treat it so.
The database lets no row that is marked go into the app again, so each is at most one message there, and one text.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Min, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations.connections import text_after
from integrations.messaging.channels import IN_THE_APP, Channel
from integrations.messaging.nhs_notify.errors import Cause, cause_of
from integrations.messaging.nhs_notify.receipts import News
from integrations.messaging.port import DeliveryStatus
from integrations.models.outbox import TO_WHOLE_BATCHES, Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox import fair_queue
from integrations.outbox.messages import receipts, writing
from practices.models import Practice

SOON = timedelta(hours=4)
"""The longest that the reminder of an appointment lies unread before it is texted: it is of the next working day."""

CANCELLED = "The batch was cancelled, so no text follows. The message is in the NHS App."
"""Of what had been put into the app and not been read, for staff."""

AT_A_TIME = 5000
"""Rows whose time is over that one sweep lets go as texts."""

_GIVE_UP = """
UPDATE integrations_message AS one
SET state = 'due', app_over = %(now)s, due_at = %(now)s, provider_id = NULL, together = NULL
WHERE one.id = ANY(ARRAY(
    SELECT id FROM integrations_message AS unread
    WHERE state = 'in_app' AND due_at <= %(now)s
        AND NOT EXISTS (
            SELECT FROM practices_hold WHERE practice_id IS NULL OR practice_id = unread.practice_id
        )
    ORDER BY due_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
))
"""

_BEFORE_THE_TEXT = (MessageState.IN_APP, MessageState.DUE)
"""While it has one of these states, no text of it has gone or may be going."""


def put_in(row: Message, now: datetime, unread: timedelta) -> None:
    """NHS Notify has the unsaved row's message: wait so long for the patient to read it."""
    row.state, row.in_app_at, row.due_at = MessageState.IN_APP, now, now + wait_of(Purpose(row.purpose), unread)


def wait_of(purpose: Purpose, unread: timedelta) -> timedelta:
    """How long a message of this purpose lies unread before its text, where the practice lets most lie for so long."""
    return min(unread, SOON) if purpose is Purpose.APPOINTMENT else unread


def go_by_text(row: Message, now: datetime) -> None:
    """The app is no way to this unsaved row's patient: its text is due now."""
    row.state, row.app_over, row.due_at = MessageState.DUE, now, now
    row.error_code = row.reason = row.number_fault = ""


def give_up(now: datetime) -> int:
    """Let those that nobody has read in time go as texts; how many. The sweep hints at their practices after it."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_UP, {"now": now, "limit": AT_A_TIME})
        return int(cursor.rowcount)


def first_text(campaign_id: UUID) -> datetime | None:
    """When the first text behind a batch's unread invitations and reminders may go; None when there are none."""
    unread = Message.objects.of_batch(campaign_id).filter(state=MessageState.IN_APP, purpose__in=TO_WHOLE_BATCHES)
    due: datetime | None = unread.aggregate(first=Min("due_at"))["first"]
    return due


def hear(message: Message, event: News) -> None:
    """Draw from news of a message, locked by the caller, whether it was read or cannot be. Any order, however often.

    That a patient has died is no reason to text whoever has the phone, nor is it ours to text whom the NHS has as gone
    or flagged: staff are told.
    """
    now = timezone.now()
    rows = Message.objects.filter(id=message.id)
    cause = cause_of(event.code) if event.status is DeliveryStatus.FAILED else Cause.OTHER
    if event.is_read or _is_delivered(event):
        # News of a failure came first, and did not say that it is in the app.
        rows.filter(state=MessageState.DUE, way=Channel.APP, in_app_at=None).update(in_app_at=F("app_over"))
        _read(rows.filter(state__in=[*_BEFORE_THE_TEXT, MessageState.NO_NEWS]), now)
        # Posted a moment ago, and read before we had the answer.
        on_its_way = rows.filter(app_over=None, state__in=[MessageState.STARTED, MessageState.UNKNOWN])
        on_its_way.filter(in_app_at=None).update(in_app_at=now)
        _read(on_its_way, now)
    elif cause is not Cause.OTHER:
        # A text that has gone stays one that went, unless it went to the phone of somebody who has died.
        stopped = rows if cause is Cause.DEATH else rows.filter(Q(app_over=None) | Q(state=MessageState.DUE))
        fields = {"error_code": event.code, "reason": event.reason[:200]}
        writing.advance(stopped, MessageState.FAILED, due_at=None, settled_at=now, **fields)
    elif event.status is DeliveryStatus.FAILED and event.channel in ("", IN_THE_APP):
        # Where it lies unread in the app, it may still be read there.
        _text(rows, now, in_app_at=Coalesce("in_app_at", Value(now)) if event.is_unread else None)
        fair_queue.ask("outbox.send_messages", message.practice_id)
    elif message.state == MessageState.UNKNOWN and message.app_over is None:
        put_in(message, now, text_after(message.practice_id))
        writing.advance(rows, MessageState.IN_APP, in_app_at=now, due_at=message.due_at, error_code="", reason="")
    receipts.after_change([message.id])


def _is_delivered(event: News) -> bool:
    """Whether the message as a whole was delivered, with no word of by what: there is nothing but the app."""
    return not event.channel and event.status is DeliveryStatus.DELIVERED and not event.reached_by


def _read(rows: QuerySet[Message], now: datetime) -> int:
    """They have been read in the app: they went when they were put there, and nothing follows."""
    fields: dict[str, Any] = {"reached_by": IN_THE_APP, "error_code": "", "reason": ""}
    read = rows.filter(in_app_at__isnull=False)
    return writing.advance(read, MessageState.DELIVERED, due_at=None, settled_at=now, sent_at=F("in_app_at"), **fields)


def _text(rows: QuerySet[Message], now: datetime, **changes: Any) -> int:
    """Their texts are due, if they are in the app or on their way there."""
    in_app = rows.filter(app_over=None, way=Channel.APP)
    cleared: dict[str, Any] = {"provider_id": None, "together": None, "error_code": "", "reason": ""}
    return writing.advance(in_app, MessageState.DUE, app_over=now, due_at=now, **cleared, **changes)


@transaction.atomic
def note_opened(subject_id: UUID) -> None:
    """The patient has opened the link of an invitation that was in the app alone: it was read there."""
    invited = (Purpose.INVITATION, Purpose.NEXT_INVITATION)
    rows = Message.objects.filter(subject_id=subject_id, purpose__in=invited, state__in=_BEFORE_THE_TEXT)
    ids = list(rows.filter(in_app_at__isnull=False).select_for_update().values_list("id", flat=True))
    if ids and _read(Message.objects.filter(id__in=ids), timezone.now()):
        receipts.after_change(ids)


@transaction.atomic
def text_at_once(practice: Practice, subject_id: UUID) -> bool:
    """Send the text behind an unread invitation, or reminder of it, now; False when there is none."""
    rows = Message.objects.filter(subject_id=subject_id, purpose__in=TO_WHOLE_BATCHES, state=MessageState.IN_APP)
    texted = bool(_text(rows, timezone.now()))
    if texted:
        fair_queue.ask("outbox.send_messages", practice.id)
    return texted


def leave(rows: QuerySet[Message], reason: str) -> int:
    """Send no text behind those that are in the app: they have gone, and nobody knows whether they were read."""
    in_app = rows.filter(in_app_at__isnull=False, state__in=_BEFORE_THE_TEXT)
    return writing.advance(
        in_app, MessageState.NO_NEWS, due_at=None, sent_at=F("in_app_at"), reason=reason, error_code=""
    )
