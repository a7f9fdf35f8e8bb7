"""The room's tasks: thin."""

from celery import shared_task

from practices.audit import sealing


@shared_task(name="practices.seal_audit")
def seal_audit() -> None:
    """Seal what has been written to the audit trail since the last time, and what a quiet hour left behind."""
    while sealing.seal() == sealing.AT_ONCE:
        pass
