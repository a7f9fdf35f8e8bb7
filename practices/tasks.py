"""The room's tasks: thin."""

from celery import shared_task

from practices.audit import heads, sealing


@shared_task(name="practices.seal_audit")
def seal_audit() -> None:
    """Seal what has been written to the audit trail since the last time, and what a quiet hour left behind."""
    while sealing.seal() == sealing.AT_ONCE:
        pass


@shared_task(name="practices.send_audit_head")
def send_audit_head() -> None:
    """Have the head of the audit trail's chain kept outside the database, once a day."""
    heads.send()
