"""Noting what needs a person today, that it is settled, and which of it a manager wants to be emailed about.

Noting is one insert without a lock, in the transaction of what happened. Emails are written from it a moment later
(`practices.alerts.digests`): never more than one about a kind in an hour for a practice, with all that happened in it.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.hints import hint
from practices.audit import trail as audit
from practices.models import Alert, AlertKind, AlertSwitchedOff, Membership

SEND = "practices.send_alerts"
"""The task that writes and sends what is due."""


def note(practice_id: UUID, kind: AlertKind, occasion: str, *, about: UUID | None = None) -> None:
    """Note what happened in a practice; nothing where the same occasion was noted before.

    `occasion` is at most 80 characters, of ids and times alone. `about` is a batch.
    """
    note_all([Alert(practice_id=practice_id, kind=kind, occasion=occasion, about=about)])


def note_all(alerts: Collection[Alert]) -> None:
    """Note what happened, in one statement for any number of it."""
    if alerts:
        Alert.objects.bulk_create(alerts, ignore_conflicts=True)
        hint(SEND)


def is_open(practice_id: UUID, kind: AlertKind, about: UUID | None = None) -> bool:
    """Whether something of this kind was noted and is not settled."""
    return Alert.objects.filter(practice_id=practice_id, kind=kind, about=about, over_at=None).exists()


def settle(practice_id: UUID, kind: AlertKind, about: UUID | None = None) -> None:
    """Note that it is over: whoever has not been emailed yet will not be."""
    unsettled = Alert.objects.filter(practice_id=practice_id, kind=kind, about=about, over_at=None)
    unsettled.update(over_at=timezone.now())


def wanted(membership: Membership) -> list[AlertKind]:
    """The kinds that somebody is emailed about in a practice, in their order on the page."""
    off = set(AlertSwitchedOff.objects.filter(membership=membership).values_list("kind", flat=True))
    return [kind for kind in AlertKind if kind not in off]


@transaction.atomic
def choose(membership: Membership, kinds: Iterable[str]) -> bool:
    """Email somebody about these kinds and no others; False where that is so already.

    Raises ValueError for a kind that is none.
    """
    chosen = {AlertKind(kind) for kind in kinds}
    locked = Membership.objects.select_for_update(no_key=True).select_related("practice", "user").get(pk=membership.pk)
    if chosen == set(wanted(locked)):
        return False
    AlertSwitchedOff.objects.filter(membership=locked).delete()
    off = [AlertSwitchedOff(membership=locked, kind=kind) for kind in AlertKind if kind not in chosen]
    AlertSwitchedOff.objects.bulk_create(off)
    kept = sorted(kind.value for kind in chosen)
    audit.record("staff.alerts", practice=locked.practice, actor=locked.user, object_id=locked.user_id, kinds=kept)
    return True
