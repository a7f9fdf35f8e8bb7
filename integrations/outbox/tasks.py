"""The outbox's tasks: thin, with ids only. Each may run twice, late, or beside itself without harm."""

from uuid import UUID

from celery import shared_task

from integrations.hints import hint
from integrations.outbox import filing, sending, sweeping

TURN = 10
"""Claims in one run of a task: then it queues behind the other practices' work."""


@shared_task(name="outbox.send_messages")
def send_messages(practice_id: str) -> None:
    """Send a practice's due messages."""
    for _ in range(TURN):
        if not sending.send_due(UUID(practice_id)):
            return
    hint("outbox.send_messages", practice_id)


@shared_task(name="outbox.file_codes")
def file_codes(practice_id: str) -> None:
    """File a practice's due coded entries."""
    for _ in range(TURN):
        if not filing.file_due(UUID(practice_id)):
            return
    hint("outbox.file_codes", practice_id)


@shared_task(name="outbox.ask_provider")
def ask_provider(practice_id: str) -> None:
    """Ask what became of a practice's messages that have no news."""
    for _ in range(TURN):
        if not sweeping.ask_provider(UUID(practice_id)):
            return
    hint("outbox.ask_provider", practice_id)


@shared_task(name="outbox.sweep")
def sweep() -> None:
    """Find rows whose time has come."""
    sweeping.sweep()
