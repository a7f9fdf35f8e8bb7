"""A fixed number of invitations for each time, all at once: every seed and every ratio of a kind of batch together."""

import numpy as np
from numpy.typing import NDArray

from bench.capacity.world import BY_PHONE, HOURS, LINK_HOURS, SESSION, SESSION_HOURS, SPEEDS, Cell, Result

RATIOS: NDArray[np.float64] = np.geomspace(1.0, 9.0, 56)
"""Each 4 % more than the one before: of so many one is close to the best that there is."""

Counts = NDArray[np.int64]


def best_ratio(cell: Cell, *, seeds: int) -> tuple[float, Result]:
    """The ratio that was best in hindsight, and the means of its runs: the smallest sum of the two shares.

    These are the times unused, and the patients turned away of those who came.
    """
    unused, turned_away, days = (values.mean(axis=1) for values in _play(cell, seeds))
    best = int(np.argmin(unused + turned_away))
    return float(RATIOS[best]), Result(float(unused[best]), float(turned_away[best]), float(days[best]))


def _play(cell: Cell, seeds: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """By ratio and seed: the share of times unused, of patients turned away, and the days until all were taken."""
    random = np.random.default_rng(seeds)
    answers, session_at = _answers(cell, seeds, random), random.integers(*SESSION_HOURS, seeds)
    free = np.full(answers.shape[:2], cell.times)
    waiting, full_at, times = np.zeros_like(free), np.full_like(free, HOURS), free.copy()
    for hour in range(1, HOURS + 1):
        waiting += answers[:, :, hour]
        free, waiting = free - np.minimum(free, waiting), waiting - np.minimum(free, waiting)
        if cell.event == "phone":
            free = np.maximum(free - (random.random(seeds) < cell.times * BY_PHONE / 24), 0)
        if cell.event in ("cancelled", "added"):
            session = np.where(session_at == hour, round(cell.times * SESSION), 0)
            change = session if cell.event == "added" else -np.minimum(session, free)
            free, times = free + change, times + change
            free, waiting = free - np.minimum(free, waiting), waiting - np.minimum(free, waiting)
        full_at = np.where(free > 0, HOURS, np.minimum(full_at, hour))
    came = answers[:, :, 1:].sum(axis=2)
    return free / np.maximum(times, 1), waiting / np.maximum(came, 1), full_at / 24


def _answers(cell: Cell, seeds: int, random: np.random.Generator) -> Counts:
    """By ratio, seed and hour: how many come. A larger ratio has the patients of a smaller one, and more."""
    sizes = np.rint(RATIOS * cell.times).astype(int)
    hours = np.zeros((seeds, int(sizes[-1])), np.int64)
    comes = random.random(hours.shape) < cell.uptake
    hours[comes] = _hours(cell, int(comes.sum()), random)
    by_hour = np.zeros((len(sizes), seeds, HOURS + 1), np.int64)
    for row, (before, size) in enumerate(zip([0, *sizes[:-1]], sizes, strict=True)):
        places = hours[:, before:size] + np.arange(seeds)[:, None] * (HOURS + 1)
        by_hour[row] = np.bincount(places.ravel(), minlength=seeds * (HOURS + 1)).reshape(seeds, -1)
    by_hour[:, :, 0] = 0
    return np.cumsum(by_hour, axis=0)


def _hours(cell: Cell, number: int, random: np.random.Generator) -> Counts:
    """The hours by which so many who come have answered; 0 for those whose link works no more by then."""
    shares, medians, spreads = np.array(SPEEDS[cell.speed]).T
    part = random.choice(len(shares), number, p=shares)
    took = medians[part] * np.exp(spreads[part] * random.standard_normal(number))
    return np.where(took < LINK_HOURS, np.minimum(took, LINK_HOURS).astype(np.int64) + 1, 0)
