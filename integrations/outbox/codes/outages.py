"""A practice's record gateway that does not answer: when to try it again, and when to stop hoping.

While it is away a few entries find out whether it is back, less and less often; the others wait and lose no try to
it. What is not in the record after three days is given to a person (faults#codes-not-filed).
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.models.outbox import CodedEntry, GatewayOutage
from integrations.models.states import CodeState

SHORTEST = timedelta(seconds=10)
LONGEST = timedelta(minutes=30)

GIVE_UP_AFTER = timedelta(days=3)
"""How long a gateway must have been away, and an entry overdue, before staff are asked to file it."""

UNREACHED = "The clinical system could not be reached. Check the record and file it by hand."


def wait_until(practice_id: UUID, now: datetime) -> datetime | None:
    """When the practice's gateway is worth a try again; None when it is now."""
    waiting = GatewayOutage.objects.filter(practice_id=practice_id, retry_at__gt=now)
    return waiting.values_list("retry_at", flat=True).first()


@transaction.atomic
def note(practice_id: UUID) -> None:
    """It did not answer just now."""
    now = timezone.now()
    GatewayOutage.objects.bulk_create(
        [GatewayOutage(practice_id=practice_id, since=now, retry_at=now)], ignore_conflicts=True
    )
    outage = GatewayOutage.objects.select_for_update().get(practice_id=practice_id)
    lasted = now - outage.since
    outage.retry_at = now + min(max(lasted / 4, SHORTEST), LONGEST)
    outage.save(update_fields=["retry_at"])
    if lasted >= GIVE_UP_AFTER:
        _give_up(practice_id, now)


def end(practice_id: UUID) -> None:
    """A practice's gateway has answered: its outage, if one was noted, is over."""
    GatewayOutage.objects.filter(practice_id=practice_id).delete()


def _give_up(practice_id: UUID, now: datetime) -> None:
    overdue = CodedEntry.objects.filter(
        practice_id=practice_id, state=CodeState.DUE, happened_at__lte=now - GIVE_UP_AFTER
    )
    overdue.update(state=CodeState.CHECK, due_at=None, settled_at=now, reason=UNREACHED, look_first=True)
