"""What came of a batch, or of several together: figures that add up, the same before and after patients are erased."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from uuid import UUID

from booking.staff.reports import measures
from campaigns.models import Campaign, InvitationState, Measure
from campaigns.results import outcomes, tallies
from campaigns.results.delivery_routes import Delivery
from campaigns.results.outcomes import BANDS, CANNOT, NOT_INVITED, Key
from campaigns.results.tallies import Tally

_I = InvitationState
_NEVER_WENT = {Delivery.NOT_REACHED, Delivery.WITHDRAWN, Delivery.ON_THE_WAY}
_SPANS = ((0, 0), (1, 1), (2, 2), (3, 3), (4, 7), (8, 14), (15, None))


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one batch, or of several added up (reports#counts).

    Every patient of a list is not invited, not able to be sent to, or invited; and every invited patient is booked,
    cancelled, booking elsewhere, declined, withdrawn or without an answer.
    """

    patients: Counter[Key] = field(default_factory=Counter)
    counts: Counter[Tally] = field(default_factory=Counter)

    def __add__(self, other: "Report") -> "Report":
        """Both together."""
        return Report(self.patients + other.patients, self.counts + other.counts)

    def outcome(self, *wanted: str) -> int:
        """How many patients came to any of these outcomes."""
        return sum(count for key, count in self.patients.items() if key.outcome in wanted)

    def measure(self, measure: Measure) -> int:
        """How many come to a measure, whatever the days."""
        return sum(count for tally, count in self.counts.items() if tally.measure == measure)

    @property
    def rows(self) -> int:
        """Every patient of the lists."""
        return self.patients.total()

    @property
    def cannot(self) -> int:
        """Patients who could not be sent anything."""
        return self.outcome(CANNOT)

    @property
    def not_invited(self) -> int:
        """Patients who could have been sent an invitation, and have none yet."""
        return self.outcome(NOT_INVITED)

    @property
    def invited(self) -> int:
        """Patients with an invitation."""
        return self.rows - self.cannot - self.not_invited

    @property
    def sent(self) -> int:
        """Patients whose invitation has gone, by whatever channel."""
        return sum(count for delivery, count in self.deliveries.items() if delivery not in _NEVER_WENT)

    @property
    def deliveries(self) -> dict[Delivery, int]:
        """Invitations by where they are, in the order of Delivery."""
        counts: Counter[str] = Counter()
        for key, count in self.patients.items():
            counts[key.channel] += count
        return {delivery: counts[delivery] for delivery in Delivery if counts[delivery]}

    @property
    def opened(self) -> int:
        """Patients who opened their link."""
        return self.measure(Measure.OPENED)

    @property
    def booked(self) -> int:
        """Patients with an appointment through their link."""
        return self.outcome(_I.BOOKED)

    @property
    def cancelled(self) -> int:
        """Patients whose appointment was cancelled, and whose link had run out by then."""
        return self.outcome(_I.CANCELLED)

    @property
    def declined(self) -> int:
        """Patients who do not want an appointment."""
        return self.outcome(_I.DECLINED)

    @property
    def elsewhere(self) -> int:
        """Patients without an answer whom the practice has booked itself."""
        return self.measure(Measure.ELSEWHERE)

    @property
    def no_answer(self) -> int:
        """Patients who have not answered, and whom the practice has not booked either."""
        return self.outcome(_I.OPEN, _I.BOOKING) - self.elsewhere

    @property
    def withdrawn(self) -> int:
        """Patients whose invitation was withdrawn."""
        return self.outcome(_I.WITHDRAWN)

    @property
    def attended(self) -> int:
        """Patients who came, as far as staff have entered it."""
        return self.measure(Measure.ATTENDED)

    @property
    def missed(self) -> int:
        """Patients who did not come, as far as staff have entered it."""
        return self.measure(Measure.MISSED)

    @property
    def fragments(self) -> int:
        """Fragments of the practice's own texts that are paid for."""
        return self.measure(Measure.FRAGMENTS)

    @property
    def rate(self) -> int | None:
        """How many of 100 invited patients booked; None while nobody is invited."""
        return round(100 * self.booked / self.invited) if self.invited else None

    @property
    def days(self) -> Counter[int]:
        """Booked patients by the days from their invitation to their booking."""
        return Counter(
            {tally.days: count for tally, count in self.counts.items() if tally.measure == Measure.BOOKED_AFTER}
        )

    @property
    def median_days(self) -> float | None:
        """The median of the days to book; None while nobody has booked."""
        return median(self.days.elements()) if self.days else None

    @property
    def middle_half(self) -> tuple[float, float] | None:
        """The lower and the upper quartile of the days to book; None while fewer than two have booked."""
        if self.days.total() < 2:
            return None
        lower, _, upper = quantiles(self.days.elements(), n=4, method="inclusive")
        return lower, upper

    @property
    def days_sentence(self) -> str:
        """How long patients took to book, in words; empty while nobody has booked."""
        if self.median_days is None:
            return ""
        median_words = f"The median time to book is {_days(self.median_days)}."
        if self.middle_half is None:
            return median_words
        lower, upper = self.middle_half
        if lower == upper:
            return f"{median_words} At least half of them took {_days(lower)}."
        return f"{median_words} A quarter of them took {_days(lower)} or less, and a quarter {_days(upper)} or more."

    @property
    def spans(self) -> list[tuple[str, int]]:
        """Days to book in a few groups, in words, with how many booked in each."""
        return [(_span(first, last), _between(self.days, first, last)) for first, last in _SPANS]

    def of_band(self, band: str) -> "Report":
        """Of one age band alone; what is not counted by age is left out."""
        return Report(Counter({key: count for key, count in self.patients.items() if key.age_band == band}))

    def of_delivery(self, delivery: str) -> "Report":
        """Of one channel alone; what is not counted by channel is left out."""
        return Report(Counter({key: count for key, count in self.patients.items() if key.channel == delivery}))

    @property
    def bands(self) -> list[str]:
        """The age bands that have patients, the youngest first; empty for those whose age is not known."""
        present = {key.age_band for key in self.patients}
        return [band for band in BANDS if band in present]


def _days(number: float) -> str:
    return f"{number:g} day" if number == 1 else f"{number:g} days"


def _span(first: int, last: int | None) -> str:
    if last is None:
        return f"More than {first - 1} days"
    if first == last:
        return "The same day" if first == 0 else f"{first} {'day' if first == 1 else 'days'} later"
    return f"{first} to {last} days later"


def _between(days: Counter[int], first: int, last: int | None) -> int:
    return sum(count for day, count in days.items() if day >= first and (last is None or day <= last))


def reports_of(campaigns: Iterable[Campaign]) -> dict[UUID, Report]:
    """The report of each batch, in a fixed number of queries however many there are.

    Of erased batches all is stored; of the others those patients who were erased by themselves.
    """
    every = list(campaigns)
    alive = [batch for batch in every if not batch.is_erased]
    patients, counts = outcomes.stored(every), tallies.stored(every)
    for batch_id, live in outcomes.of_batches(alive).items():
        patients[batch_id] += live
    for batch_id, added in measures.of_batches(alive).items():
        counts[batch_id] += added
    return {batch.id: Report(patients[batch.id], counts[batch.id]) for batch in every}


def total(reports: Sequence[Report]) -> Report:
    """All of them together."""
    return sum(reports, Report())
