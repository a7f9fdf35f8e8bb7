"""What a paced batch asks of the appointment book and of bookings: only a higher room knows of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from campaigns.models import Campaign
from core.hooks import Hook

Count = Callable[[], Mapping[date, int]]
"""How many times of a list that was read are left now, by their day in London: a few queries, and nobody is asked."""


class BookUnreadable(Exception):
    """The appointment book cannot be read now."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What has become of the invitations of some batches, and of the times of their slot type.

    `open_hours` and `answer_hours` count by whole hours, as `campaigns.pacing.known.Known` has them. `taken` are the
    times that our patients have or hold, by their day in London.
    """

    open_hours: Mapping[int, int] = field(default_factory=dict)
    answer_hours: Mapping[int, int] = field(default_factory=dict)
    booked: int = 0
    waiting: int = 0
    declined: int = 0
    lapsed: int = 0
    taken: Mapping[date, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Book:
    """`read` asks for the free times of a batch; outside of a transaction. It raises BookUnreadable.

    `answers` counts those of some batches of a practice that share a slot type, in a few queries.
    """

    read: Callable[[Campaign], Count]
    answers: Callable[[UUID, str, Collection[UUID]], Answers]


books: Hook[Book] = Hook("paced batch", "read the free times of a batch's slot type, and count its patients' answers")


def the_book() -> Book:
    """The one that is registered. Raises BookUnreadable when none is: then no paced batch goes on."""
    for book in books:
        return book
    raise BookUnreadable
