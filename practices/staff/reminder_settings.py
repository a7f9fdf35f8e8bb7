"""Which reminders of appointments a practice sends: its managers choose. `booking.workers.remind` goes by it."""

from collections.abc import Collection

from django.db import transaction

from practices.audit import trail as audit
from practices.models import Practice, User

CHOICES = {
    "remind_day_before": "1 working day before",
    "remind_3_days": "3 days before",
    "remind_7_days": "7 days before",
}
"""By the practice's settings, nearest first."""


def chosen(practice: Practice) -> list[str]:
    """The settings that are on."""
    return [name for name in CHOICES if getattr(practice, name)]


@transaction.atomic
def choose(*, practice: Practice, settings: Collection[str], by: User) -> bool:
    """Let these reminders go, and no others; False when they do already. Raises ValueError for one that is none."""
    if unknown := set(settings) - CHOICES.keys():
        raise ValueError(f"no such reminder: {len(unknown)}")
    locked = Practice.objects.select_for_update(no_key=True).get(id=practice.id)
    wanted = [name for name in CHOICES if name in settings]
    if wanted == chosen(locked):
        return False
    for name in CHOICES:
        setattr(locked, name, name in wanted)
    locked.save(update_fields=list(CHOICES))
    audit.record("practice.reminders", practice=locked, actor=by, object_id=locked.id, settings=wanted)
    return True
