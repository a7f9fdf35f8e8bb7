"""A paced batch, a clock on a Monday morning in working hours, and a book whose free times the test sets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from booking.workers import pacing
from campaigns.drafts import services
from campaigns.models import Campaign, Invitation
from campaigns.sending import issuing
from campaigns.sending.paced import deciding
from campaigns.sending.paced.book import Book, BookUnreadable, Count
from core.sociable_hours import LONDON
from tests.factories import make_campaign

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=LONDON)


@dataclass
class Diary:
    """An appointment book with so many free times on one day, or one that cannot be read."""

    free: int = 3
    readable: bool = True
    read: int = 0
    day: date = MONDAY.date() + timedelta(days=14)

    def count(self, campaign: Campaign) -> Count:
        self.read += 1
        if not self.readable:
            raise BookUnreadable
        free = self.free
        return lambda: {self.day: free}


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> Diary:
    made = Diary()
    monkeypatch.setattr(deciding, "the_book", lambda: Book(made.count, pacing.answers))
    return made


@pytest.fixture
def clock(settings: Settings) -> Iterator[time_machine.Traveller]:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL, settings.UNDO_SECONDS = 8, 20, 0
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def paced(rows: int = 20, **fields: Any) -> Campaign:
    """A paced batch that Send was pressed for."""
    batch = make_campaign(rows=rows, paced=True, **fields)
    return services.start(campaign=batch, longest_name="Asha", by=batch.created_by)


def work(batch: Campaign) -> int:
    """What the workers do now; how many invitations there are then."""
    deciding.decide_now(batch.id)
    issuing.issue(batch.id)
    batch.refresh_from_db()
    return Invitation.objects.filter(campaign=batch).count()


Move = Callable[..., None]


@pytest.fixture
def at(clock: time_machine.Traveller) -> Move:
    """Go to so many days and hours after the Monday's beginning."""
    return lambda **later: clock.move_to(MONDAY + timedelta(**later))
