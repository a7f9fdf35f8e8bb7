"""How long a practice keeps patients: its managers choose. `selfbook.retention` goes by it (retention#closing)."""

from django.db import transaction

from practices.audit import trail as audit
from practices.models import Practice, User

LEAST, MOST = 30, 730
"""Days that may be chosen. The database holds them too."""


@transaction.atomic
def choose(*, practice: Practice, days: int, by: User) -> bool:
    """Erase batches so many days after they have closed; False when it is so already. Raises ValueError for others."""
    if not LEAST <= days <= MOST:
        raise ValueError(f"{LEAST} to {MOST} days")
    locked = Practice.objects.select_for_update(no_key=True).get(id=practice.id)
    before = locked.retention_days
    if before == days:
        return False
    locked.retention_days = days
    locked.save(update_fields=["retention_days"])
    audit.record("practice.retention", practice=locked, actor=by, object_id=locked.id, days=days, before=before)
    return True
