"""A text must come before what it is about is over: what would be texted too late behind the NHS App is texted at once.

NHS Notify texts in working hours only (nhs-notify#delivery-times), so that over a weekend, or Easter, days may pass
between handing a message over and its text. Our own text waits for the hours in which phones may ring. The rooms above
say before when each message must come (`hooks.latest`). One that could be texted too late does not go into the app:
it is marked as done with there, and goes as a text of ours as soon as it may. So a text is never late for the sake of
the app; where it cannot come in time at all, what `hooks.not_needed` says of it holds.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from core.sociable_hours import next_sociable
from integrations.connections import notify_unread_for, text_after
from integrations.messaging.channels import Channel
from integrations.messaging.nhs_notify import text_hours
from integrations.models.outbox import INVITATIONS, Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox import fair_queue
from integrations.outbox.messages import hooks as message_hooks
from integrations.outbox.messages import in_app, writing
from practices.models import Practice

ROOM = timedelta(hours=2)
"""A text is of use when its patient has it so long before the link ends or the appointment begins, at least."""


def text_instead(practice: Practice, rows: Sequence[Message], channel: Channel) -> set[UUID]:
    """Give those of some claimed rows back, to go as texts of ours, that this channel would text too late."""
    late = too_late(practice, rows, channel)
    if late:
        now = timezone.now()
        claimed = Message.objects.filter(id__in=late)
        writing.advance(claimed, MessageState.DUE, app_over=now, due_at=now, together=None, attempts=F("attempts") - 1)
        fair_queue.ask("outbox.send_messages", practice.id)
    return late


def too_late(practice: Practice, rows: Sequence[Message], channel: Channel) -> set[UUID]:
    """Those of some messages whose text would leave too late, were they put into the app now; none of texts.

    An invitation's link has its whole lifetime again once our own text leaves: that one is never too late for it.
    """
    if channel is Channel.APP:
        rows = [row for row in rows if row.purpose not in INVITATIONS]
    if not rows or not channel.by_nhs_number:
        return set()
    deadlines = message_hooks.latest(practice, rows)
    if not deadlines:
        return set()
    now, unread = timezone.now(), _unread(practice, channel)
    return {
        row.id
        for row in rows
        if row.id in deadlines and _texted_at(row, now, unread, channel) > deadlines[row.id] - ROOM
    }


def _unread(practice: Practice, channel: Channel) -> timedelta:
    """How long a message lies unread before its text: by NHS Notify's plan, or as the practice has chosen."""
    return notify_unread_for(practice.id) if channel is Channel.NOTIFY else text_after(practice.id)


def _texted_at(row: Message, now: datetime, unread: timedelta, channel: Channel) -> datetime:
    """When the text behind a message leaves at the latest, were it put into the app now."""
    if channel is Channel.NOTIFY:
        return text_hours.follows_at(now, unread)
    due = now + in_app.wait_of(Purpose(row.purpose), unread)
    return due if row.any_hour else next_sociable(due)
