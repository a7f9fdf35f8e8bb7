"""Stopping the invitations of a batch that have not left: for a while, or for good.

Only the invitation texts are stopped: confirmations answer something that a patient has just done.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.hints import hint
from integrations.outbox import news
from integrations.outbox.models import Message, Purpose
from integrations.outbox.states import MESSAGE_MOVES, MessageState, may_come_from
from practices.models import Practice

_MAY_GO_YET = [MessageState.DUE, MessageState.STARTED, MessageState.UNKNOWN]


@transaction.atomic
def hold(batch_id: UUID) -> None:
    """Let no worker take this batch's invitations. One that is being sent is held if it comes back unsent."""
    ids = _lock(batch_id, _MAY_GO_YET)
    Message.objects.filter(id__in=ids).update(held=True)


@transaction.atomic
def let_go(practice: Practice, batch_id: UUID) -> None:
    """Let a held batch's invitations go on."""
    ids = _lock(batch_id, _MAY_GO_YET)
    Message.objects.filter(id__in=ids).update(held=False)
    hint("outbox.send_messages", practice.id)


@transaction.atomic
def withdraw(batch_id: UUID) -> list[UUID]:
    """Withdraw the batch's invitations that have not left, with the codes that wait for them; their subjects' ids.

    One that is being sent now, or whose outcome is not known, may have left: it is held, so that a later call can
    withdraw it should it turn out not to have.
    """
    hold(batch_id)
    ids = _lock(batch_id, may_come_from(MESSAGE_MOVES, MessageState.WITHDRAWN))
    rows = Message.objects.filter(id__in=ids)
    rows.update(state=MessageState.WITHDRAWN, due_at=None, settled_at=timezone.now())
    news.after_change(ids)
    return list(rows.values_list("subject_id", flat=True))


def held_batches() -> list[UUID]:
    """The batches with held invitations that are waiting to be sent."""
    held = Message.objects.filter(state=MessageState.DUE, held=True).order_by()
    return list(held.values_list("batch_id", flat=True).distinct())


def _lock(batch_id: UUID, states: Sequence[str]) -> list[UUID]:
    """Lock the batch's invitations in these states, in the order in which the senders lock theirs."""
    rows = Message.objects.of_batch(batch_id).filter(purpose=Purpose.INVITATION, state__in=states)
    return list(rows.order_by("id").select_for_update().values_list("id", flat=True))
