"""How many come too many: the mean of what exceeds a number of times, and the probability that nothing does."""

from math import pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_EXACT = 40
"""Up to so many times the sum over a binomial distribution is cheap; above, the normal one is as good."""


class Shortfall(NamedTuple):
    """By case: how many come and find no time, in the mean, and how probable it is that nobody does."""

    mean: Floats
    none: Floats


def shortfall(mean: Floats, variance: Floats, times: int) -> Shortfall:
    """Of those who come, with these means and variances, when there are so many `times`; arrays by case."""
    mean, variance = np.maximum(mean, 1e-9), np.maximum(variance, 1e-9)
    return _binomial(mean, variance, times) if times <= _EXACT else _normal(mean, variance, times)


def _binomial(mean: Floats, variance: Floats, times: int) -> Shortfall:
    """By the binomial distribution that has the mean and variance: few patients, of whom each comes or does not."""
    # A whole number of trials, so that the probabilities add up to 1 and have the mean.
    trials = np.ceil(mean / np.clip(1 - variance / mean, 1e-4, 1.0) - 1e-9)
    comes = np.minimum(mean / trials, 1 - 1e-9)
    fails, odds = 1 - comes, comes / (1 - comes)
    probability = np.exp(np.maximum(trials * np.log(fails), -700.0))
    spare, none = times * probability, probability.copy()
    for came in range(times):
        probability = probability * np.maximum(trials - came, 0.0) / (came + 1) * odds
        none += probability
        spare += (times - came - 1) * probability
    return Shortfall(np.maximum(mean - times + spare, 0.0), np.minimum(none, 1.0))


def _normal(mean: Floats, variance: Floats, times: int) -> Shortfall:
    deviation = np.sqrt(variance)
    at = (times - mean) / deviation
    over = np.exp(-at * at / 2) / sqrt(2 * pi) - at * _normal_below(-at)
    return Shortfall(np.maximum(deviation * over, 0.0), _normal_below((times + 0.5 - mean) / deviation))


def _normal_below(at: Floats) -> Floats:
    """The standard normal distribution function, to seven decimals.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
    """
    x = np.abs(at) / sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    below: Floats = 0.5 * (1 + np.sign(at) * (1 - series * np.exp(-x * x)))
    return below
