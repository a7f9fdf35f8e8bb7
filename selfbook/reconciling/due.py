"""What would leave if things could: counts and ages by kind, and nothing about anybody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from booking.models import Booking, BookingState
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState, MessageState
from practices.models import Practice


@dataclass(frozen=True, slots=True)
class Due:
    """So many of a kind wait; the one that has waited longest, for so long."""

    kind: str
    count: int
    oldest: timedelta

    @property
    def age(self) -> str:
        """How long, in words, to the hour or the minute."""
        minutes = max(int(self.oldest.total_seconds() // 60), 0)
        days, hours = divmod(minutes // 60, 24)
        if days:
            return f"{days} d {hours} h"
        return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def of(practice: Practice) -> list[Due]:
    """What waits in a practice, by kind: messages by their purpose, codes, bookings and cancellations."""
    now = timezone.now()
    waiting = Message.objects.filter(practice=practice, state__in=[MessageState.DUE, MessageState.UNKNOWN])
    by_purpose = waiting.order_by("purpose").values_list("purpose").annotate(Count("id"), Min("created_at"))
    found = [Due(f"Text: {Purpose(name).label}", count, now - first) for name, count, first in by_purpose]
    bookings = Booking.objects.filter(practice=practice)
    kinds: list[tuple[str, QuerySet[CodedEntry] | QuerySet[Booking]]] = [
        ("Codes to file", CodedEntry.objects.filter(practice=practice, state=CodeState.DUE)),
        ("Bookings to make", bookings.filter(state__in=[BookingState.PENDING, BookingState.UNKNOWN])),
        ("Bookings to cancel", bookings.filter(state=BookingState.CANCELLING)),
    ]
    return found + [due for kind, rows in kinds if (due := _of(kind, rows, now)) is not None]


def _of(kind: str, rows: "QuerySet[CodedEntry] | QuerySet[Booking]", now: datetime) -> Due | None:
    counts = rows.order_by().aggregate(count=Count("id"), first=Min("created_at"))
    return Due(kind, counts["count"], now - counts["first"]) if counts["count"] else None
