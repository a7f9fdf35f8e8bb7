"""News from NHS Notify, by our own reference: it may come before we have heard ourselves that a message was taken."""

from django.db import transaction
from django.db.models import Q

from integrations.messaging.channels import Channel
from integrations.messaging.nhs_notify.errors import Cause, cause_of
from integrations.messaging.nhs_notify.receipts import News
from integrations.messaging.port import DeliveryStatus
from integrations.models.outbox import DeliveryReceipt, Message
from integrations.outbox.messages import in_app, receipts
from practices.models import Practice


def keep(practice: Practice, event: News) -> None:
    """Keep one event once, and apply it. One that is of no message of the practice's is dropped.

    Only news of the message as a whole moves it: that one channel has failed is no end while another is to come. Of one
    that has become a text of ours nothing is heard any more, but that its patient has died.
    """
    with transaction.atomic():
        carried = Q(way__in=(Channel.NOTIFY, Channel.APP))
        if event.status is DeliveryStatus.FAILED and cause_of(event.code) is Cause.DEATH:
            carried |= Q(app_over__isnull=False)
        ours = Message.objects.filter(carried, id=event.reference, practice=practice)
        message = ours.select_for_update().first()
        if message is None:
            return
        if message.way == Channel.APP or message.app_over is not None:
            in_app.hear(message, event)
            return
        changes = {"reached_by": event.reached_by[-1]} if event.reached_by else {}
        if message.provider_id is None:
            changes["provider_id"] = event.provider_id
        if changes:
            ours.update(**changes)
        receipt = DeliveryReceipt(
            practice=practice,
            provider_id=message.provider_id or event.provider_id,
            raw_status=f"{event.channel} {event.raw_status}".strip()[:40],
            status="" if event.channel else event.status or "",
            error_code=event.code,
            reason=event.reason[:200],
        )
        DeliveryReceipt.objects.bulk_create([receipt], ignore_conflicts=True)
    receipts.apply_waiting([receipt.provider_id])
