"""The room's tasks: thin."""

from celery import shared_task

from practices.alerts import digests, sending
from practices.audit import heads, sealing
from practices.journal import services as journal


@shared_task(name="practices.seal_audit")
def seal_audit() -> None:
    """Seal what has been written to the audit trail since the last time, and what a quiet hour left behind."""
    while sealing.seal() == sealing.AT_ONCE:
        pass


@shared_task(name="practices.send_audit_head")
def send_audit_head() -> None:
    """Have the head of the audit trail's chain kept outside the database, once a day."""
    heads.send()


@shared_task(name="practices.write_journal")
def write_journal() -> None:
    """Write what the journal outside of the database lacks of the last minutes."""
    journal.sweep()


@shared_task(name="practices.repair_journal")
def repair_journal() -> None:
    """Give an emptied Redis, or a new file, the whole journal again."""
    journal.repair()


@shared_task(name="practices.send_alerts")
def send_alerts() -> None:
    """Write the emails to managers whose time has come, and send those that are due."""
    digests.prepare()
    sending.send_due()


@shared_task(name="practices.forget_alerts")
def forget_alerts() -> None:
    """Delete what managers were emailed about a long time ago."""
    digests.forget()
