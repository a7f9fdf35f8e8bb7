"""What the answers so far say of those to come: Bayes' rule over a grid of uptakes and answer times."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from campaigns.pacing.answer_times import LONGEST_HOURS, Floats, answer_times
from campaigns.pacing.known import Known, Past

_UPTAKES = np.concatenate([np.arange(2, 13, 2), np.arange(15, 22, 3), np.arange(25, 34, 4)]) / 100
_UPTAKES = np.concatenate([_UPTAKES, np.arange(38, 59, 5) / 100, np.arange(64, 95, 6) / 100])
_EDGES = np.concatenate([[0.0], (_UPTAKES[1:] + _UPTAKES[:-1]) / 2, [1.0]])
_UNLIKE_THE_PAST = 0.3
"""The probability that a batch is not like those before it."""
_NEGLIGIBLE = 1e-4
"""Of the most probable case: what is less probable than this is left out."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cases that are still probable: arrays by case, whose weights add up to 1."""

    weight: Floats
    uptake: Floats
    curve: NDArray[np.intp]

    def uptake_between(self, low: float, high: float) -> tuple[float, float, float]:
        """The mean uptake, and the ends of the range between two probabilities (0 to 1)."""
        order = np.argsort(self.uptake)
        sums = np.cumsum(self.weight[order])
        ends = [float(np.interp(at, sums, self.uptake[order])) for at in (low, high)]
        return float(self.weight @ self.uptake), ends[0], ends[1]

    def of_open(self, open_hours: Mapping[int, int], *, within: int, link_hours: int) -> tuple[Floats, Floats]:
        """Of the open invitations, how many come within so many hours: means and variances by case."""
        if not open_hours:
            return np.zeros(len(self.weight)), np.zeros(len(self.weight))
        hours, counts = _arrays(open_hours)
        answered = answer_times().answered
        now = answered[self.curve][:, hours]
        then = answered[self.curve][:, np.clip(np.minimum(hours + within, link_hours), hours, LONGEST_HOURS)]
        uptake = self.uptake[:, None]
        come = uptake * (then - now) / (1 - uptake * now)
        return come @ counts, (come * (1 - come)) @ counts

    def of_new(self, *, within: int, link_hours: int) -> Floats:
        """The probability, by case, that somebody who is invited now comes within so many hours."""
        column = answer_times().answered[self.curve, min(within, link_hours, LONGEST_HOURS)]
        shares: Floats = self.uptake * column
        return shares


def estimate(known: Known) -> Estimate:
    """All cases that are probable enough to count, after the answers so far."""
    times = answer_times()
    logs = times.log_weight[:, None] + _prior(known.past)[None, :]
    came = sum(known.answer_hours.values())
    logs = logs + (came * np.log(_UPTAKES) + known.declined * np.log(1 - _UPTAKES))[None, :]
    if known.answer_hours:
        hours, counts = _arrays(known.answer_hours, longest=LONGEST_HOURS - 1)
        logs = logs + (times.log_in_hour[:, hours] @ counts)[:, None]
    if known.open_hours:
        hours, counts = _arrays(known.open_hours)
        silent = np.log(1 - times.answered[:, None, hours] * _UPTAKES[None, :, None])
        logs = logs + silent @ counts
    weights = np.exp(logs - logs.max())
    curve, uptake = np.nonzero(weights > _NEGLIGIBLE)
    left = weights[curve, uptake]
    return Estimate(left / left.sum(), _UPTAKES[uptake], curve)


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
    return np.clip(hours, 0, longest), np.fromiter(counts.values(), dtype=np.float64)
