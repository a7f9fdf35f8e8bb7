"""From what happened to emails: one for each manager who wants it, with all that happened since the last.

Nobody is flooded: about one kind a practice gets one email in an hour, and what happens meanwhile waits for the next.
What is settled before that, or older than a day, is not worth one any more.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from practices.holds import services as holds
from practices.models import Alert, AlertEmail, AlertSwitchedOff, Hold, Membership, Practice, Role

APART = timedelta(hours=1)
"""Between two emails of one kind to a practice."""
WORTH_TELLING = timedelta(days=1)
"""What happened longer ago is on the pages, and no news."""
FORGOTTEN_AFTER = timedelta(days=90)


def prepare() -> None:
    """Write the emails whose time has come, practice by practice."""
    for practice_id in (
        Alert.objects.filter(prepared_at=None).order_by().values_list("practice_id", flat=True).distinct()
    ):
        _prepare(practice_id)


@transaction.atomic
def _prepare(practice_id: UUID) -> None:
    """One practice's. Its row is locked for it: another worker that looks at the same time leaves it alone."""
    locked = Practice.objects.select_for_update(no_key=True, skip_locked=True).filter(id=practice_id).first()
    if locked is None:
        return
    now = timezone.now()
    waiting = Alert.objects.filter(practice=locked, prepared_at=None)
    waiting.filter(_stale(locked, now)).update(prepared_at=now)
    recent = Alert.objects.filter(practice=locked, emails__created_at__gt=now - APART)
    ready = list(waiting.exclude(kind__in=recent.order_by().values_list("kind", flat=True).distinct()))
    for membership in _managers(locked) if ready else ():
        off = {switched.kind for switched in membership.alerts_off.all()}
        if about := [alert for alert in ready if alert.kind not in off]:
            AlertEmail.objects.create(practice=locked, user=membership.user).alerts.set(about)
    Alert.objects.filter(id__in=[alert.id for alert in ready]).update(prepared_at=now)


def _stale(practice: Practice, now: datetime) -> Q:
    stale = Q(over_at__isnull=False) | Q(created_at__lt=now - WORTH_TELLING)
    since = restored_at(practice.id)
    return stale if since is None else stale | Q(created_at__lt=since)


def restored_at(practice_id: UUID) -> datetime | None:
    """Since when a practice is held because the database was restored: what was to be emailed before may have gone."""
    own = Hold.objects.filter(Q(practice=None) | Q(practice_id=practice_id), cause__in=holds.AUTOMATIC)
    return own.order_by("-since").values_list("since", flat=True).first()


def _managers(practice: Practice) -> QuerySet[Membership]:
    """Who manages the practice and can log in, with the kinds that they have switched off."""
    managers = practice.memberships.filter(role=Role.MANAGER, user__is_active=True)
    return managers.select_related("user").prefetch_related("alerts_off")


def still_wanted(email: AlertEmail) -> list[Alert]:
    """What an email is still worth sending for, now that it is about to leave.

    Nothing where its reader has left, was locked out, manages the practice no longer, or it may have gone before the
    database was restored; nor what was settled or switched off meanwhile.
    """
    place = Membership.objects.filter(practice=email.practice_id, user=email.user_id, role=Role.MANAGER)
    membership = place.filter(user__is_active=True).first()
    since = restored_at(email.practice_id)
    if membership is None or (since is not None and email.created_at < since):
        return []
    off = AlertSwitchedOff.objects.filter(membership=membership).values_list("kind", flat=True)
    return list(email.alerts.filter(over_at=None).exclude(kind__in=off))


def forget() -> None:
    """Delete alerts and emails once they are so old that nobody asks about them."""
    before = timezone.now() - FORGOTTEN_AFTER
    old: Iterable[QuerySet[AlertEmail] | QuerySet[Alert]] = (
        AlertEmail.objects.filter(created_at__lt=before),
        Alert.objects.filter(created_at__lt=before),
    )
    for rows in old:
        rows.delete()
