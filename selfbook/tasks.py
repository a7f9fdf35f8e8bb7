"""What the project itself does from time to time."""

from uuid import UUID

from celery import shared_task
from django.core.management import call_command

from practices.models import Practice
from selfbook.reconciling import services as reconciling
from selfbook.retention import services as retention


@shared_task(name="selfbook.clear_sessions")
def clear_sessions() -> None:
    """Forget the sessions that have run out: of staff and of patients."""
    call_command("clearsessions")


@shared_task(name="selfbook.reconcile")
def reconcile(practice_id: str) -> None:
    """Find out what went before the database was restored, for a practice that is on hold for it."""
    reconciling.find_out(Practice.objects.get(id=UUID(practice_id)))


@shared_task(name="selfbook.erase_due")
def erase_due() -> None:
    """Erase the patients of batches whose time is over."""
    retention.sweep()
