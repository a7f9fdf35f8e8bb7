"""What a decision is made from, and what it says: plain values, so that it can be stored, shown and played again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Care(StrEnum):
    """How many of those who come may find every time gone, for the clinic to fill sooner."""

    QUICK = "quick"
    BALANCED = "balanced"
    CAREFUL = "careful"


class Reason(StrEnum):
    """Why so many go, or none."""

    GO = "go"
    ENOUGH = "enough"
    """The invitations that are open are expected to fill what is free."""
    FIRST_DAY = "first day"
    """Nothing is known of the answers of this batch yet, so no more are invited than there are times."""
    MOST = "most"
    """Staff set the most that may go on a day."""
    NO_TIMES = "no times"
    WAITING = "waiting"
    """What is free is for patients who came before and had no time."""
    ALL_INVITED = "all invited"


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier batches of a practice and slot type say of the share that comes.

    `uptake` is that share (0 to 1), `strength` the number of invitations whose answers it weighs as much as.
    """

    uptake: float = 0.3
    strength: float = 2.5


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known when it is decided how many go.

    `open_hours` and `answer_hours` are counts by whole hours: since the text of each invitation that may still be
    answered, and from the text to the answer of each patient who came. `booked` are the patients of this batch who have
    a time, `waiting` those who came and had none, `lapsed` those who never answered while their link worked. `phoned`
    are times that went to others in `watched_days`. `hours_left` is how long there is to fill the clinic; a link works
    for `link_hours`.
    """

    free: int
    left: int
    booked: int = 0
    waiting: int = 0
    declined: int = 0
    lapsed: int = 0
    open_hours: Mapping[int, int] = field(default_factory=dict)
    answer_hours: Mapping[int, int] = field(default_factory=dict)
    hours_since_first: int = 0
    hours_left: int = 336
    link_hours: int = 168
    phoned: int = 0
    watched_days: float = 0.0
    past: Past = field(default_factory=Past)
    care: Care = Care.BALANCED
    most: int | None = None

    @property
    def open(self) -> int:
        """The invitations that may still be answered."""
        return sum(self.open_hours.values())

    @property
    def room(self) -> int:
        """The times that are free for those who have not come yet."""
        return max(0, self.free - self.waiting)

    @property
    def capacity(self) -> int:
        """All the times that this batch has or had."""
        return self.free + self.booked


@dataclass(frozen=True, slots=True)
class Decision:
    """How many go now and why; what was expected then of the open invitations, and of this batch's uptake.

    `will_book` and `uptake` are means; `uptake_range` holds the uptake nine times in ten. `sure` is the probability
    that all who come find a time, when so many go.
    """

    number: int
    reason: Reason
    will_book: float
    uptake: float
    uptake_range: tuple[float, float]
    sure: float
