"""A whole clinic filled by real decisions, while patients answer at a rate that the product does not know."""

from math import exp
from random import Random
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.utils import timezone

from booking.models import WaitingPatient
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.sending.paced import deciding
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from tests.booking.surgery import make_booking
from tests.campaigns.sending.paced.conftest import Diary, Move, paced, work

pytestmark = pytest.mark.django_db

TIMES, PATIENTS, DAYS = 20, 120, 13


class Crowd:
    """The patients of a batch: of each it is settled whether they come, and how long after their text."""

    def __init__(self, uptake: float) -> None:
        self._random, self._uptake = Random(7), uptake
        self._due: dict[UUID, float | None] = {}
        self.turned_away = 0

    def answer(self, batch: Campaign, hour: int) -> int:
        """Whoever has come by this hour books, or asks to be told of more; how many times are free then."""
        open_links = batch.invitations.filter(state=InvitationState.OPEN, waiting=None).order_by("created_at", "id")
        for invitation in open_links:
            due = self._due.setdefault(invitation.id, self._comes(hour))
            if due is None or due > hour:
                continue
            if booked(batch) < TIMES:
                make_booking(invitation, created_at=timezone.now())
            else:
                WaitingPatient.objects.create(invitation=invitation, practice=batch.practice)
                self.turned_away += 1
        return TIMES - booked(batch)

    def _comes(self, hour: int) -> float | None:
        median, spread = (1.5, 1.0) if self._random.random() < 0.6 else (20.0, 0.9)
        took = median * exp(spread * self._random.gauss(0, 1))
        return hour + took if self._random.random() < self._uptake else None


def booked(batch: Campaign) -> int:
    return Invitation.objects.filter(campaign=batch, state=InvitationState.BOOKED).count()


@pytest.mark.parametrize("uptake", [0.25, 0.6])
def test_the_clinic_fills_and_hardly_anybody_finds_it_full(
    uptake: float, diary: Diary, at: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = SimpleNamespace()
    monkeypatch.setattr(deciding, "forecast", lambda _known: expected)
    monkeypatch.setattr(deciding, "asdict", vars)
    crowd = Crowd(uptake)
    diary.free = TIMES
    batch = paced(PATIENTS, pace_days=list(range(7)), pace_from=9, pace_until=18)
    for hour in range(0, 24 * DAYS, 3):
        at(hours=hour)
        work(batch)
        Message.objects.filter(state=MessageState.DUE).update(
            state=MessageState.DELIVERED, sent_at=timezone.now(), due_at=None
        )
        diary.free = crowd.answer(batch, hour)
        decided = sum(batch.decisions.values_list("number", flat=True))
        assert batch.invitations.count() == decided, "never more than decided, and nothing twice"
    assert crowd.turned_away <= 1
    assert booked(batch) >= TIMES - 2
    assert batch.invitations.count() < PATIENTS
