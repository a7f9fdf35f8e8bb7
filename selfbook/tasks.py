"""What the project itself does from time to time."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="selfbook.clear_sessions")
def clear_sessions() -> None:
    """Forget the sessions that have run out: of staff and of patients."""
    call_command("clearsessions")
