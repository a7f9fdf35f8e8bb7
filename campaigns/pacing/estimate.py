"""What the answers so far say of those to come: Bayes' rule over a grid of uptakes and answer times.

No list answers exactly along a curve. So of each case, which is a curve and an uptake, the rate of answers at each age
of a text is doubtful by a factor: the answers correct it, and until they do it adds to the variance. Without it many
answers would make the least wrong curve certain, and what it says of those to come is then confidently wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from campaigns.pacing.answer_times import LONGEST_HOURS, Floats, answer_times
from campaigns.pacing.known import Known, Past

_UPTAKES = np.array([2, 3, 4.5, 6.5, 9, 12, 15.5, 20, 25, 31, 38, 46, 55, 65, 76, 88]) / 100
_EDGES = np.concatenate([[0.0], (_UPTAKES[1:] + _UPTAKES[:-1]) / 2, [1.0]])
_UNLIKE_THE_PAST = 0.3
"""The probability that a batch is not like those before it."""
_NEGLIGIBLE = 1e-3
"""Of the most probable case: what is less probable than this is left out."""
AGES = [0, 1, 3, 8, 20, 48, 120]
"""The hours at which another age of texts begins, each with a factor of its own."""
_SURENESS = 10.0
"""How many answers a curve's own rate is worth at each age: the factor deviates by one in the square root of this."""


class Coming(NamedTuple):
    """Of some invitations, by case: how many come, the variance of that, and by age how many of them."""

    mean: Floats
    variance: Floats
    by_age: Floats


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cases that are still probable: arrays by case, whose weights add up to 1."""

    weight: Floats
    uptake: Floats
    rate: Floats
    """By hour since the text and case: the rate of answers of those who have not, as the answers correct it."""
    total: Floats
    """The sums of the rates before each hour."""
    doubt: Floats
    """By age: the variance of the factor by which the answers correct the rates, beside its square."""

    def uptake_between(self, low: float, high: float) -> tuple[float, float, float]:
        """The mean uptake, and the ends of the range between two probabilities (0 to 1)."""
        sums = np.cumsum(np.bincount(np.searchsorted(_UPTAKES, self.uptake), self.weight, len(_UPTAKES)))
        ends = np.interp((low, high), sums, _UPTAKES)
        return float(self.weight @ self.uptake), float(ends[0]), float(ends[1])

    def coming(self, open_hours: Mapping[int, int], *, within: int, link_hours: int) -> Coming:
        """Of open invitations, by the hours since their text, how many come within so many hours."""
        hours, counts = _arrays(open_hours)
        longest = len(self.rate)
        ends = np.minimum(np.maximum(np.minimum(hours + within, link_hours), hours), longest)
        come = -np.expm1(self.total[hours] - self.total[ends])
        starting = np.bincount(hours, counts, longest + 1) - np.bincount(ends, counts, longest + 1)
        by_age = _by_age(np.cumsum(starting)[:-1], self.rate)
        return Coming(counts @ come, counts @ (come * (1 - come)), by_age)

    def soon(self, hours: int) -> float:
        """The probability that somebody who is invited now comes within so many hours."""
        return float(self.weight @ -np.expm1(-self.total[min(hours, len(self.rate))]))

    def doubtful(self, by_age: Floats) -> Floats:
        """The variance, by case, that the factors add to that of those who come."""
        doubts: Floats = (by_age**2 * self.doubt).sum(axis=0)
        return doubts


def estimate(known: Known) -> Estimate:
    """All cases that are probable enough to count, after the answers so far."""
    rates = _rates()
    came, silent = _by_hour(known)
    answered = np.flatnonzero(came)
    seen, expected = _by_age(came), _by_age(silent, rates.rate)
    logs = (rates.log_weight[:, None] + _prior(known.past)).reshape(-1)
    logs = logs + came[answered] @ rates.log[answered]
    logs = logs - ((_SURENESS + seen) * np.log(_SURENESS + expected)).sum(axis=0)
    weights = np.exp(logs - logs.max())
    cases = np.flatnonzero(weights > _NEGLIGIBLE)
    weight = weights[cases]
    factor = (_SURENESS + seen) / (_SURENESS + expected[:, cases])
    longest = min(LONGEST_HOURS, max(known.link_hours, *known.open_hours, 1))
    rate = rates.rate[:longest, cases] * np.repeat(factor, _hours_of_ages(longest), axis=0)
    total = np.vstack([np.zeros(len(cases)), np.cumsum(rate, axis=0)])
    return Estimate(weight / weight.sum(), _UPTAKES[cases % len(_UPTAKES)], rate, total, 1 / (_SURENESS + seen))


class _Rates(NamedTuple):
    """By hour since the text and case: how many of those who have not answered come in it, and its logarithm."""

    rate: Floats
    log: Floats
    log_weight: Floats


@cache
def _rates() -> _Rates:
    times = answer_times()
    silent = 1 - times.answered.T[:, :, None] * _UPTAKES
    rate = np.maximum(-np.diff(np.log(silent), axis=0).reshape(LONGEST_HOURS, -1), 1e-9)
    return _Rates(rate, np.log(rate), times.log_weight)


def _hours_of_ages(longest: int) -> NDArray[np.intp]:
    """How many of so many hours each age has."""
    hours: NDArray[np.intp] = np.diff(np.minimum([*AGES, LONGEST_HOURS], longest))
    return hours


def _by_age(by_hour: Floats, rate: Floats | None = None) -> Floats:
    """The sums over the hours of each age, in rows: of what there is by hour, or of that times the rates, by case."""
    sums = np.zeros((len(AGES), 1 if rate is None else rate.shape[1]))
    for row, (first, end) in enumerate(zip(AGES, [*AGES[1:], LONGEST_HOURS], strict=True)):
        part = by_hour[first:end]
        if len(part):
            sums[row] = part.sum() if rate is None else part @ rate[first : first + len(part)]
    return sums


def _by_hour(known: Known) -> tuple[Floats, Floats]:
    """By hour since the text: how many came in it, and how many had not answered by then, the hour itself by half.

    When those who declined did is not known: they count as if they had been silent as long as the others.
    """
    hours, counts = _arrays(known.answer_hours, longest=LONGEST_HOURS - 1)
    open_for, open_counts = _arrays(known.open_hours)
    lapsed = min(known.link_hours, LONGEST_HOURS) if known.lapsed else 1
    longest = max(int(hours.max(initial=0)) + 1, int(open_for.max(initial=0)), lapsed)
    came: Floats = np.bincount(hours, counts, longest).astype(np.float64)
    ended: Floats = np.bincount(open_for, open_counts, longest + 1).astype(np.float64)
    ended[lapsed] += known.lapsed
    silent = np.cumsum(ended[:0:-1])[::-1] + np.cumsum(came[::-1])[::-1] - came / 2
    others = counts.sum() + open_counts.sum() + known.lapsed
    return came, silent * (1 + known.declined / others) if others else np.full(longest, float(known.declined))


@lru_cache(maxsize=64)
def _prior(past: Past) -> Floats:
    """The logarithms, at the grid's uptakes, of what is supposed before any answer.

    Mostly that this batch is like the past; but it need not be, so that some weight stays with all uptakes.
    """
    weights = (1 - _UNLIKE_THE_PAST) * _beta(past) + _UNLIKE_THE_PAST * _beta(Past())
    logs: Floats = np.log(weights)
    return logs


def _beta(past: Past) -> Floats:
    """A beta distribution with this mean and strength, by parts of the grid."""
    yes, no = past.uptake * past.strength, (1 - past.uptake) * past.strength
    weights = np.exp((yes - 1) * np.log(_UPTAKES) + (no - 1) * np.log(1 - _UPTAKES)) * np.diff(_EDGES)
    shares: Floats = weights / weights.sum()
    return shares


def _arrays(counts: Mapping[int, int], *, longest: int = LONGEST_HOURS) -> tuple[NDArray[np.intp], Floats]:
    hours = np.fromiter(counts.keys(), dtype=np.intp)
    return np.minimum(np.maximum(hours, 0), longest), np.fromiter(counts.values(), dtype=np.float64)
