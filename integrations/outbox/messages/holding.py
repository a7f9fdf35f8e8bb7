"""Stopping the invitations and reminders of a batch that have not left: for a while, or for good.

Only what goes to the whole batch is stopped: confirmations answer something that a patient has just done.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from core.database import whole_sets
from integrations.models.outbox import TO_WHOLE_BATCHES, CodedEntry, Message, Purpose
from integrations.models.states import CODE_MOVES, MESSAGE_MOVES, CodeState, MessageState, may_come_from
from integrations.outbox import fair_queue
from integrations.outbox.messages import in_app, last_times, receipts
from practices.models import Practice

AT_A_TIME = 1000

_OF_THE_BATCH = sorted(purpose.value for purpose in TO_WHOLE_BATCHES)
_MAY_GO_YET = [MessageState.DUE, MessageState.STARTED, MessageState.UNKNOWN, MessageState.IN_APP]
"""In the app, with a text that may follow, too."""

# The inner selection locks in the order in which the senders lock theirs, so that neither waits for the other for ever.
_CHANGE = """
UPDATE integrations_message AS one SET {changes}
FROM (
    SELECT id FROM integrations_message
    WHERE batch_id = %s AND purpose = ANY(%s) AND state = ANY(%s)
    ORDER BY id FOR UPDATE
) AS locked
WHERE one.id = locked.id
"""


@transaction.atomic
def pause(campaign_id: UUID) -> None:
    """Let no worker take this batch's texts. One that is being sent is held if it comes back unsent."""
    _change(campaign_id, _MAY_GO_YET, held=True)


@transaction.atomic
def resume(practice: Practice, campaign_id: UUID) -> None:
    """Let workers take a paused batch's texts again: as of now they are of use, since somebody says so."""
    now = timezone.now()
    last = last_times.last_time(Purpose.INVITATION, now, any_hour=False)
    _change(campaign_id, _MAY_GO_YET, held=False, useless_after=last)
    fair_queue.ask("outbox.send_messages", practice.id)


@transaction.atomic
def withdraw(campaign_id: UUID) -> int:
    """Withdraw the batch's texts that have not left, with the codes that wait for them; how many those are.

    One that is in the NHS App has gone: only its text is withdrawn. One that is being sent now, or whose outcome is
    not known, may have left: it is held, so that a later call can withdraw it should it turn out not to have.
    """
    pause(campaign_id)
    now = timezone.now()
    _leave_in_app(campaign_id)
    unsent = may_come_from(MESSAGE_MOVES, MessageState.WITHDRAWN)
    count = _change(campaign_id, unsent, state=MessageState.WITHDRAWN, due_at=None, settled_at=now)
    _withdraw_codes(campaign_id, now)
    return count


@transaction.atomic
def withdraw_due(campaign_id: UUID, purpose: Purpose) -> int:
    """Withdraw the batch's texts of a purpose that nobody can have had, with their codes; how many those are."""
    rows = Message.objects.of_batch(campaign_id).filter(purpose=purpose, state=MessageState.DUE, in_app_at=None)
    ids = list(rows.select_for_update().order_by("id").values_list("id", flat=True))
    now = timezone.now()
    for start in range(0, len(ids), AT_A_TIME):
        some = Message.objects.filter(id__in=ids[start : start + AT_A_TIME])
        some.update(state=MessageState.WITHDRAWN, due_at=None, settled_at=now)
    _withdraw_codes(campaign_id, now)
    return len(ids)


def _leave_in_app(campaign_id: UUID) -> None:
    """After `hold`, which has locked them in order."""
    rows = Message.objects.of_batch(campaign_id).filter(purpose__in=_OF_THE_BATCH, in_app_at__isnull=False)
    ids = list(rows.filter(state__in=[MessageState.IN_APP, MessageState.DUE]).values_list("id", flat=True))
    for start in range(0, len(ids), AT_A_TIME):
        some = ids[start : start + AT_A_TIME]
        in_app.leave(Message.objects.filter(id__in=some), in_app.CANCELLED)
        receipts.after_change(some)


def _withdraw_codes(campaign_id: UUID, now: datetime) -> None:
    """What they would say has not happened, and will not."""
    withdrawn = Message.objects.of_batch(campaign_id).filter(state=MessageState.WITHDRAWN)
    waiting = CodedEntry.objects.filter(campaign_id=campaign_id, after_message__in=withdrawn)
    with whole_sets():
        waiting.filter(state__in=may_come_from(CODE_MOVES, CodeState.WITHDRAWN)).update(
            state=CodeState.WITHDRAWN, due_at=None, settled_at=now, reason="The text was withdrawn."
        )


def held_batches() -> list[UUID]:
    """The batches with held texts that are waiting to be sent."""
    held = Message.objects.filter(state=MessageState.DUE, held=True).order_by()
    return list(held.values_list("campaign_id", flat=True).distinct())


def _change(campaign_id: UUID, states: list[str] | list[MessageState], **values: Any) -> int:
    """Change the batch's texts in these states; how many. One statement, since there may be 100,000 of them."""
    changes = ", ".join(f"{column} = %s" for column in values)
    of_batch: list[Any] = [campaign_id, _OF_THE_BATCH, [str(state) for state in states]]
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE.format(changes=changes), [*values.values(), *of_batch])
        return int(cursor.rowcount)
