"""Which slots patients are offered: its managers choose. `integrations.connections` tells the clinical system."""

from django.db import transaction

from practices.audit import trail as audit
from practices.models import Practice, User


@transaction.atomic
def choose(*, practice: Practice, offers_unmarked: bool, by: User) -> bool:
    """Offer slots that do not say whether they are face to face, or do not; False when it is so already."""
    locked = Practice.objects.select_for_update(no_key=True).get(id=practice.id)
    if locked.offers_unmarked_slots == offers_unmarked:
        return False
    locked.offers_unmarked_slots = offers_unmarked
    locked.save(update_fields=["offers_unmarked_slots"])
    audit.record("practice.slots", practice=locked, actor=by, object_id=locked.id, offers_unmarked=offers_unmarked)
    return True
