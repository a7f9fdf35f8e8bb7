"""The outbox's tasks: thin, with ids only. Each may run twice, late, or beside itself without harm.

A turn does a bounded amount of work; when there may be more, the practice queues again, behind the others.
"""

from collections.abc import Callable
from uuid import UUID

from celery import shared_task

from integrations import app_users, certificate_expiry
from integrations.outbox import fair_queue, sweeping
from integrations.outbox.codes import filing
from integrations.outbox.messages import sending
from integrations.webhooks import incoming

TURN = 10
"""Claims of codes, or of questions, in one turn. `sending` has its own measure."""


@shared_task(name="outbox.send_messages")
def send_messages(practice_id: str) -> None:
    """Send a practice's due messages."""
    _take_turn("outbox.send_messages", practice_id, sending.send_due, 1)


@shared_task(name="outbox.file_codes")
def file_codes(practice_id: str) -> None:
    """File a practice's due coded entries."""
    _take_turn("outbox.file_codes", practice_id, filing.file_due, TURN)


@shared_task(name="outbox.ask_provider")
def ask_provider(practice_id: str) -> None:
    """Ask what became of a practice's messages that have no news."""
    _take_turn("outbox.ask_provider", practice_id, sweeping.ask_provider, TURN)


@shared_task(name="outbox.sweep")
def sweep() -> None:
    """Find rows whose time has come."""
    sweeping.sweep()


def _take_turn(task: str, practice_id: str, work: Callable[[UUID], int], times: int) -> None:
    """Do the practice's work so many times, or until there is none; ask for another turn when there may be more."""
    fair_queue.begun(task, practice_id)
    for _ in range(times):
        if not work(UUID(practice_id)):
            return
        fair_queue.note_move(task, practice_id)
    fair_queue.ask(task, practice_id)


@shared_task(name="outbox.forget_numbers")
def forget_numbers() -> None:
    """Let go of the numbers of those who texted long ago."""
    incoming.forget()


@shared_task(name="outbox.read_app_users")
def read_app_users(practice_id: str) -> None:
    """Read which of a practice's patients have the NHS App."""
    app_users.refresh(UUID(practice_id))


@shared_task(name="outbox.forget_app_users")
def forget_app_users() -> None:
    """Let go of the lists of who has the NHS App that are old, or of no use."""
    app_users.forget()


@shared_task(name="integrations.warn_of_certificates")
def warn_of_certificates() -> None:
    """Write into the log which practices' certificates run out."""
    certificate_expiry.write_log()
