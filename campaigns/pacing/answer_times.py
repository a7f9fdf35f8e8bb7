"""How long patients take to answer a text: a family of curves, among which the answers of a batch choose.

Most who come do so within hours; the rest need days. Each curve is a lognormal one, or two of them mixed: those who
answer at once, and those who keep the text for later. An unanswered text says little about the uptake as long as it is
not known which curve holds, and that is what keeps the first waves small.
"""

from functools import cache
from itertools import product
from math import erfc, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LONGEST_HOURS = 24 * 43
"""A link works for 42 days at most."""

_AT_ONCE = (1.5, 4.0, 10.0)
_LATER = (24.0, 48.0, 96.0)
"""Median hours."""
_AT_ONCE_SPREAD, _LATER_SPREAD = 1.1, 0.9
_SHARES_AT_ONCE = (0.4, 0.75)
_PLAIN = 2.0
"""A curve of one part is worth as much beforehand as this many mixed ones: there are fewer of them."""


class AnswerTimes(NamedTuple):
    """The curves: by curve and hour the share that has answered by then, and the logarithm of that of each hour."""

    answered: Floats
    log_in_hour: Floats
    log_weight: Floats
    """By curve: what it is worth before any answer."""


@cache
def answer_times() -> AnswerTimes:
    """The family, made once a process: `answered` has LONGEST_HOURS + 1 columns, `log_in_hour` one fewer."""
    at_once = [_lognormal(median, _AT_ONCE_SPREAD) for median in _AT_ONCE]
    later = [_lognormal(median, _LATER_SPREAD) for median in _LATER]
    curves = [*at_once, *later]
    weights = [_PLAIN] * len(curves)
    for quick, slow, share in product(at_once, later, _SHARES_AT_ONCE):
        curves.append(share * quick + (1 - share) * slow)
        weights.append(1.0)
    answered = np.array(curves)
    in_hour = np.maximum(np.diff(answered, axis=1), 1e-9)
    return AnswerTimes(answered, np.log(in_hour), np.log(np.array(weights) / sum(weights)))


def _lognormal(median: float, spread: float) -> Floats:
    """The share that has answered by each hour, from 0 to LONGEST_HOURS."""
    later = (0.5 * erfc(-log(hour / median) / spread / sqrt(2)) for hour in range(1, LONGEST_HOURS + 1))
    return np.array([0.0, *later])
