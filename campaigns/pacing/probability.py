"""How probable it is that no more come than a number: what decides whether somebody who is invited finds a time."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_EXACT = 40
"""Up to so many the sum over a distribution of whole numbers is cheap; above, the normal one is as good."""


def at_most(mean: Floats, variance: Floats, number: int) -> Floats:
    """The probability that no more than `number` come, of those who come with these means and variances, by case."""
    mean, variance = np.maximum(mean, 1e-9), np.maximum(variance, 1e-9)
    if number > _EXACT:
        return _normal_below((number + 0.5 - mean) / np.sqrt(variance))
    return _summed(mean, variance, number)


def _summed(mean: Floats, variance: Floats, number: int) -> Floats:
    """By the binomial distribution that has the mean and variance: few patients, of whom each comes or does not.

    Where the variance is above the mean, by the negative binomial one.
    """
    wide = variance > mean * 1.001
    # A whole number of trials, so that the probabilities add up to 1 and have the mean.
    trials = np.ceil(mean / np.maximum(1 - variance / mean, 1e-4) - 1e-9)
    comes = np.minimum(mean / trials, 1 - 1e-9)
    shape = mean / np.where(wide, variance / mean - 1, 1.0)
    nobody = np.where(wide, -shape * np.log(variance / mean), trials * np.log1p(-comes))
    odds = np.where(wide, 1 - np.minimum(mean / variance, 1.0), comes / (1 - comes))
    first, step = np.where(wide, shape, trials), np.where(wide, 1.0, -1.0)
    before = np.arange(number)[:, None]
    ratios = np.maximum(first + before * step, 0.0) * odds / (before + 1)
    sums = np.exp(np.maximum(nobody, -700.0)) * (1 + np.cumprod(ratios, axis=0).sum(axis=0))
    below: Floats = np.minimum(sums, 1.0)
    return below


def _normal_below(at: Floats) -> Floats:
    """The standard normal distribution function, to seven decimals.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
    """
    x = np.abs(at) / sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    below: Floats = 0.5 * (1 + np.sign(at) * (1 - series * np.exp(-x * x)))
    return below
