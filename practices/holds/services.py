"""Holding all that leaves, and letting it go (restoring#holding).

Whoever claims work asks `may_leave` in the transaction of the claim. Setting a hold waits for the claims that have
begun, so that once it has answered no other begins: what was claimed before is under way, and is said to be.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from core.database import ask
from practices.audit import trail as audit
from practices.models import Cause, Hold, Practice, User

LOCK = 7301001
"""The advisory lock that claims share, and that setting a hold takes alone: `practices_may_leave` names it too."""

AUTOMATIC = frozenset({Cause.RESTORED, Cause.CLOCK, Cause.GAP})
"""Selfbook holds by itself, and lets go only when somebody has seen what is due."""


_IS_HELD = "SELECT EXISTS (SELECT FROM practices_hold WHERE practice_id IS NULL OR practice_id = %s)"


def may_leave(practice_id: UUID) -> bool:
    """Whether anything of a practice may leave. For the transaction that claims work, which keeps the answer true."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT practices_may_leave(%s)", [practice_id])
        return bool(cursor.fetchone()[0])


def of_practice(practice_id: UUID | None) -> Hold | None:
    """The first hold of a practice's own or of all practices; for one that is None, of all."""
    of_all = Q(practice=None)
    return Hold.objects.filter(of_all | Q(practice_id=practice_id) if practice_id else of_all).first()


def is_held(practice_id: UUID) -> bool:
    """Whether anything is held for a practice. Patients' pages ask at every look, so it is SQL that is written once."""
    ((held,),) = ask(_IS_HELD, [practice_id])
    return bool(held)


def in_force(practice: Practice | None = None) -> QuerySet[Hold]:
    """The holds that there are, with their practices; of a practice, its own and those of all."""
    holds = Hold.objects.select_related("practice", "by")
    return holds.filter(Q(practice=None) | Q(practice=practice)) if practice else holds


@transaction.atomic
def hold(
    practice: Practice | None,
    *,
    by: User | None,
    reason: str = "",
    cause: Cause = Cause.BY_HAND,
    last_known: datetime | None = None,
) -> bool:
    """Let nothing leave for a practice, or for any where it is None. False where that was so for this cause already.

    Once it has committed, no claim begins. Waits for the claims that have: a few milliseconds each.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    fields = {"reason": reason[:200], "by": by, "last_known": last_known}
    _, created = Hold.objects.get_or_create(practice=practice, cause=cause, defaults=fields)
    if created:
        audit.record("hold.began", practice=practice, actor=by, cause=cause.value)
    return created


@transaction.atomic
def release(practice: Practice | None, *, by: User | None, causes: Collection[Cause] = (Cause.BY_HAND,)) -> int:
    """Let things leave again that were held for these causes: a practice's own, or where it is None, of all; how many.

    Other causes, and the hold of all practices beside a practice's own, stay as they are.
    """
    holds = Hold.objects.filter(practice=practice, cause__in=causes).select_for_update(of=("self",))
    released = list(holds)
    for each in released:
        audit.record("hold.ended", practice=practice, actor=by, cause=each.cause)
    Hold.objects.filter(id__in=[each.id for each in released]).delete()
    return len(released)
