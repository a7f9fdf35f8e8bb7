"""A practice without a record gateway: its coded entries are for staff as soon as they are due, and wait for nothing.

An administrator may take a gateway away while entries are on their way through it. What it may have filed already is
for staff to look at first; what it surely has not is filed with the others.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.models.outbox import CodedEntry
from integrations.models.states import CodeState
from integrations.outbox.codes import outages

NO_GATEWAY = "Your practice has no record gateway, so this code is filed by hand."
NOT_READ_BACK = "We could not read this code back. File it by hand if it is not there."


@transaction.atomic
def hand_over(practice_id: UUID) -> int:
    """Give staff the practice's entries that are due, or still to be read back; how many there were.

    One that a worker has just asked the former gateway about is left to it, and to the sweeper.
    """
    now = timezone.now()
    entries = CodedEntry.objects.filter(practice_id=practice_id)
    due = entries.filter(state=CodeState.DUE)
    settled = {"due_at": None, "settled_at": now}
    count = due.filter(attempts=0).update(state=CodeState.NOT_FILED, reason=NO_GATEWAY, **settled)
    count += due.filter(attempts__gt=0).update(
        state=CodeState.CHECK, reason=outages.UNREACHED, look_first=True, **settled
    )
    count += entries.filter(state=CodeState.UNCONFIRMED, due_at__lte=now).update(
        state=CodeState.CHECK, reason=NOT_READ_BACK, look_first=True, **settled
    )
    outages.end(practice_id)
    return count
