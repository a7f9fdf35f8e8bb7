"""What has been claimed and not been settled: it may have left, or be leaving now."""

from dataclasses import dataclass

from django.db.models import F, Q
from django.utils import timezone

from booking.models import Booking, BookingState
from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import CodeState, MessageState
from integrations.outbox import retries
from practices.models import Practice


@dataclass(frozen=True, slots=True)
class UnderWay:
    """How many of each a worker has in its hands."""

    texts: int
    codes: int
    appointments: int

    def __bool__(self) -> bool:
        return bool(self.texts or self.codes or self.appointments)

    def __str__(self) -> str:
        return f"{self.texts} messages, {self.codes} codes and {self.appointments} bookings or cancellations"


def count(practice: Practice | None = None) -> UnderWay:
    """What is under way for a practice, or for all: with a worker whose claim has not run out."""
    of = Q(practice=practice) if practice else Q()
    claimed = of & Q(due_at__gt=timezone.now())
    # One that waits for its next try keeps its state: in a worker's hands it is due when the claim runs out.
    cancelling = Q(state=BookingState.CANCELLING, due_at=F("started_at") + retries.LOST_AFTER)
    return UnderWay(
        texts=Message.objects.filter(claimed, state=MessageState.STARTED).count(),
        codes=CodedEntry.objects.filter(claimed, state=CodeState.STARTED).count(),
        appointments=Booking.objects.filter(claimed & (Q(state=BookingState.STARTED) | cancelling)).count(),
    )
