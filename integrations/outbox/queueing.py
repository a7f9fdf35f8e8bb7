"""Putting messages and coded entries into the outbox, in the transaction of the event that caused them."""

from collections.abc import Sequence

from core.database import copy_in
from integrations.models.outbox import CodedEntry, Message
from integrations.outbox import fair_queue
from integrations.outbox.messages import last_times
from practices.models import Practice


def queue(practice: Practice, messages: Sequence[Message] = (), codes: Sequence[CodedEntry] = ()) -> None:
    """Store rows that the workers will send and file. One that is there already stays as it is."""
    last_times.give(messages)
    Message.objects.bulk_create(messages, ignore_conflicts=True, batch_size=1000)
    CodedEntry.objects.bulk_create(codes, ignore_conflicts=True, batch_size=1000)
    _hint(practice, messages, codes)


def queue_new(practice: Practice, messages: Sequence[Message], codes: Sequence[CodedEntry]) -> None:
    """Store rows about subjects that are themselves new, fast. Raises IntegrityError when one is there already."""
    last_times.give(messages)
    copy_in(messages)
    copy_in(codes)
    _hint(practice, messages, codes)


def _hint(practice: Practice, messages: Sequence[Message], codes: Sequence[CodedEntry]) -> None:
    if messages:
        fair_queue.ask("outbox.send_messages", practice.id)
    if any(code.after_message_id is None for code in codes):
        fair_queue.ask("outbox.file_codes", practice.id)
