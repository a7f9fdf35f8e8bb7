"""Delivery news: from receipts and look-ups to the state of a message, and to what follows from it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from core import metrics
from integrations.messaging.port import DeliveryStatus, NumberFault, Receipt
from integrations.models.outbox import CodedEntry, DeliveryReceipt, Message
from integrations.models.states import GONE, MESSAGE_MOVES, NEVER_GOES, CodeState, MessageState
from integrations.outbox import fair_queue, retries
from integrations.outbox.messages import hooks as message_hooks
from integrations.outbox.messages import writing
from practices.models import Practice

_STATE = {
    DeliveryStatus.ACCEPTED: MessageState.ACCEPTED,
    DeliveryStatus.SENT: MessageState.SENT,
    DeliveryStatus.DELIVERED: MessageState.DELIVERED,
    DeliveryStatus.FAILED: MessageState.FAILED,
}


def set_status(row: Message, status: DeliveryStatus, now: datetime) -> bool:
    """Move an unsaved row to what the provider says, if that is forward. True when it moved."""
    state = _STATE[status]
    if state not in MESSAGE_MOVES[row.state]:
        return False
    row.state = state
    row.sent_at = row.sent_at or now
    row.error_code = row.reason = row.number_fault = ""  # a former trouble is over; a new one, the caller writes
    if MESSAGE_MOVES[state]:
        row.due_at = next_check(row, now)
    else:
        row.due_at, row.settled_at = None, now
    return True


def tell_of_stops(failed: Iterable[Message]) -> None:
    """Tell the rooms that want to know of every STOP among messages that have just failed."""
    stops: defaultdict[Practice, set[str]] = defaultdict(set)
    for row in failed:
        if row.number_fault == NumberFault.STOPPED:
            stops[row.practice].add(row.to)
    for practice, mobiles in stops.items():
        message_hooks.tell_of_stop(practice, mobiles)


def next_check(row: Message, now: datetime) -> datetime:
    """When to ask the provider about a message that it has, unless a receipt comes first."""
    since = row.sent_at or now
    for after in retries.NEWS_CHECKS:
        if since + after > now:
            return since + after
    return since + retries.NO_NEWS_AFTER


def keep_receipt(practice: Practice, receipt: Receipt) -> None:
    """Store a verified receipt once, and apply it if its message is known by that id already."""
    DeliveryReceipt.objects.bulk_create(
        [
            DeliveryReceipt(
                practice=practice,
                provider_id=receipt.provider_id[:40],
                raw_status=receipt.raw_status[:40],
                status=receipt.status or "",
                error_code=receipt.code[:40],
                reason=receipt.reason[:200],
                number_fault=receipt.number,
            )
        ],
        ignore_conflicts=True,
    )
    apply_waiting([receipt.provider_id])


@transaction.atomic
def apply_waiting(provider_ids: Iterable[str]) -> None:
    """Apply the stored receipts of these messages. Receipts of messages not yet known stay for later."""
    waiting = DeliveryReceipt.objects.filter(provider_id__in=list(provider_ids), applied_at=None)
    rows = {
        row.provider_id: row
        for row in Message.objects.filter(provider_id__in=waiting.values("provider_id"))
        .order_by("id")
        .select_related("practice")
        .select_for_update(of=("self",))
    }
    if not rows:
        return
    now = timezone.now()
    receipts = list(waiting.filter(provider_id__in=rows.keys()).order_by("id").select_for_update())
    failed = []
    for receipt in receipts:
        row = rows[receipt.provider_id]
        if receipt.status and row.practice_id == receipt.practice_id:
            moved = set_status(row, DeliveryStatus(receipt.status), now)
            if moved:
                metrics.DELIVERIES.labels(channel=row.way, state=str(row.state)).inc()
            if moved and receipt.status == DeliveryStatus.FAILED:
                row.error_code, row.reason, row.number_fault = receipt.error_code, receipt.reason, receipt.number_fault
                failed.append(row)
        receipt.applied_at = now
    writing.save(list(rows.values()))
    tell_of_stops(failed)
    DeliveryReceipt.objects.bulk_update(receipts, ["applied_at"])
    after_change([row.id for row in rows.values()])


def after_change(message_ids: Sequence[UUID]) -> None:
    """What follows from messages' new states: the codes that wait for them become due, or untrue.

    Call it in the transaction that changed them.
    """
    if not message_ids:
        return
    now = timezone.now()
    waiting = CodedEntry.objects.filter(after_message__in=message_ids, state=CodeState.WAITING)
    gone = waiting.filter(after_message__state__in=GONE)
    practices = set(gone.values_list("practice_id", flat=True))
    sent_at = Message.objects.filter(id=OuterRef("after_message")).values("sent_at")
    gone.update(state=CodeState.DUE, due_at=now, happened_at=Subquery(sent_at))
    waiting.filter(after_message__state__in=NEVER_GOES).update(
        state=CodeState.WITHDRAWN, due_at=None, settled_at=now, reason="The message did not reach the patient."
    )
    waiting.filter(after_message__state=MessageState.CHECK).update(
        state=CodeState.WITHDRAWN, due_at=None, settled_at=now, reason="Nobody knows whether the message went."
    )
    for practice_id in practices:
        fair_queue.ask("outbox.file_codes", practice_id)
