"""Claiming a practice's due rows, some at a time, by one worker of the practice at a time."""

from datetime import timedelta
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone

from core.claims import is_held
from practices.holds import services as holds
from practices.models import Practice

M = TypeVar("M", bound=models.Model)


@transaction.atomic
def claim_some(
    practice: Practice,
    waiting: models.QuerySet[M, M],
    *,
    most: int,
    lasts: timedelta,
    only: models.Q = models.Q(),  # noqa: B008 - it is never changed
) -> list[M]:
    """Up to so many of a practice's waiting rows whose `due_at` has come, in order, for a while nobody else's.

    None while another worker has some of those that wait, or nothing of the practice may leave. `only` some of them can
    be claimed. Rows have a `claimed_until`.
    """
    # A lock that rows which refer to the practice do not wait for.
    Practice.objects.select_for_update(no_key=True).get(id=practice.id)
    now = timezone.now()
    if not holds.may_leave(practice.id) or is_held(waiting, now):
        return []
    rows = list(waiting.filter(only, due_at__lte=now).order_by("due_at", "pk")[:most])
    claimed: Any = waiting.model._default_manager.filter(pk__in=[row.pk for row in rows])
    claimed.update(claimed_until=now + lasts)
    return rows
