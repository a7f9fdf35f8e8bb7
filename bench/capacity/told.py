"""The product's rule, told what it has to learn: the true share that comes, and how long answers take."""

from functools import cache
from math import erfc, log, sqrt

import numpy as np

from bench.capacity.world import DECLINES, SPEEDS
from campaigns.pacing.answer_times import LONGEST_HOURS, Floats
from campaigns.pacing.estimate import AGES, Estimate


@cache
def truth(uptake: float, speed: str) -> Estimate:
    """One case, which is certain."""
    parts = [share * _lognormal(median, spread) for share, median, spread in SPEEDS[speed]]
    answered: Floats = np.sum(parts, axis=0)
    open_yet = 1 - uptake * answered - (1 - uptake) * DECLINES * answered
    rate = (uptake * np.diff(answered) / open_yet[:-1])[:, None]
    total = np.vstack([np.zeros(1), np.cumsum(rate, axis=0)])
    return Estimate(np.ones(1), np.full(1, uptake), rate, total, np.zeros((len(AGES), 1)))


def _lognormal(median: float, spread: float) -> Floats:
    """The share that has answered by each hour."""
    hours = range(1, LONGEST_HOURS + 1)
    return np.array([0.0, *(0.5 * erfc(-log(hour / median) / spread / sqrt(2)) for hour in hours)])
