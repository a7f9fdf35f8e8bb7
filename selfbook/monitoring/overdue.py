"""What is due and nobody has taken: one indexed statement for each kind of work, however many rows there are.

A time that has come is not enough. What waits on purpose is left out: a hold, a paused batch, the quiet hours, an
account or a gateway that does not work. A try that comes later has a later `due_at`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from booking.models import Booking, BookingState
from core import sociable_hours
from integrations.messaging.registry import DEFAULT_TEXT_PROVIDER, NHS_NOTIFY
from integrations.models.outbox import CodedEntry, GatewayOutage, Message, Stoppage
from integrations.models.states import MessageState
from integrations.outbox import fair_queue
from integrations.outbox.codes.filing import WORTH_A_TURN
from patients.models import PatientList
from patients.tasks import CHECKED_WITHIN
from practices.models import Hold, Practice

_LOOKED_AT = 50
"""Practices with overdue work that are asked whether they move: the oldest."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long the oldest row of a kind has been due, untaken. Zero: none is due."""

    oldest: timedelta = timedelta()


def messages(limit: timedelta) -> Wait:
    """Messages that may go now. Raises RedisError.

    A long batch keeps its last texts waiting for as long as it takes. So a practice's messages count only where no turn
    with them has got anywhere for `limit`.
    """
    now = timezone.now()
    due = Message.objects.filter(practice=OuterRef("id"), state=MessageState.DUE, held=False, due_at__lte=now)
    if not sociable_hours.is_sociable(now):
        due = due.filter(any_hour=True)
    stopped = Stoppage.objects.filter(practice=OuterRef("id"))
    oldest = _by_practice(due.order_by("due_at").values("due_at")[:1]).exclude(Exists(stopped))
    return _first_still("outbox.send_messages", oldest, limit, now)


def codes(limit: timedelta) -> Wait:
    """Coded entries to file or to read back, of practices whose gateway answers. Raises RedisError."""
    now = timezone.now()
    due = CodedEntry.objects.filter(practice=OuterRef("id"), state__in=WORTH_A_TURN, due_at__lte=now)
    down = GatewayOutage.objects.filter(practice=OuterRef("id"))
    oldest = _by_practice(due.order_by("due_at").values("due_at")[:1]).exclude(Exists(down))
    return _first_still("outbox.file_codes", oldest, limit, now)


def bookings() -> Wait:
    """Bookings to make, to find out about, or to cancel; those that a worker has lost too."""
    now = timezone.now()
    leaves = Q(state__in=[BookingState.PENDING, BookingState.CANCELLING])
    due = Booking.objects.due().filter(leaves & ~_on_hold("practice_id") | Q(state__in=_ASKED))
    return _since(due.values_list("due_at", flat=True).first(), now)


_ASKED = [BookingState.STARTED, BookingState.UNKNOWN]


def lists() -> Wait:
    """Patient lists to check, or to look up. One that a worker reads may take CHECKED_WITHIN; one at a time for each
    practice is looked up.
    """
    now = timezone.now()
    checked = PatientList.objects.checking().order_by("created_at").values_list("created_at", "checks_begun")
    ends = [created + begun * timedelta(seconds=CHECKED_WITHIN) for created, begun in checked[:_LOOKED_AT]]
    under_way = PatientList.objects.looking_up().filter(
        practice=OuterRef("practice"), claimed_by__isnull=False, look_up_at__gt=now
    )
    looked_up = PatientList.objects.looking_up().filter(~Exists(under_way), look_up_at__lte=now)
    first = looked_up.order_by("look_up_at").values_list("look_up_at", flat=True).first()
    return _since(min([*ends, *([first] if first else [])], default=None), now)


def _by_practice(oldest: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
    """The practices that are not on hold and have such a row, the longest wait first."""
    practices: QuerySet[Any, Any] = Practice.objects.annotate(oldest=Subquery(oldest))
    return practices.filter(~_on_hold("id"), oldest__isnull=False).order_by("oldest")


def _on_hold(practice: str) -> Exists:
    return Exists(Hold.objects.filter(Q(practice=None) | Q(practice=OuterRef(practice))))


def _first_still(task: str, practices: "QuerySet[Any, Any]", limit: timedelta, now: datetime) -> Wait:
    """The longest wait of a practice whose work stands still, else the longest within the limit."""
    waits: list[tuple[UUID, datetime]] = list(practices.values_list("id", "oldest")[:_LOOKED_AT])
    late = [(practice, due) for practice, due in waits if now - due > limit]
    moved = fair_queue.moved(task, [practice for practice, _ in late])
    still = [
        due
        for practice, due in late
        if now.timestamp() - moved.get(str(practice), 0) > limit.total_seconds() and not _rests(task, practice)
    ]
    if still:
        return _since(still[0], now)
    return _since(next((due for _, due in waits if now - due <= limit), None), now)


def _rests(task: str, practice: UUID) -> bool:
    """The provider has asked for a rest: nothing is wrong with us."""
    providers = (DEFAULT_TEXT_PROVIDER, NHS_NOTIFY) if task == "outbox.send_messages" else ()
    return any(fair_queue.must_rest(practice, provider) for provider in providers)


def _since(due: datetime | None, now: datetime) -> Wait:
    return Wait(max(now - due, timedelta())) if due else Wait()
