"""How many patients are invited now. One pure function, which every wave of a paced batch comes from.

So many go that, of those who come, no more than a small share is expected to find every time gone. The share grows as
the clinic fills: while much is free there is time to send more later, and a text cannot be taken back; of the last few
times each is worth more than the small risk that two people want it. Nothing is taken as known that is not: the
limit must also hold under each curve of answer times that the answers so far do not rule out, and on the first day no
more are invited than there are times.
"""

from collections.abc import Callable

import numpy as np

from campaigns.pacing.estimate import Estimate, estimate
from campaigns.pacing.known import Care, Decision, Known, Reason
from campaigns.pacing.shortfall import Floats, Shortfall, shortfall

FIRST_HOURS = 22
"""How long no more are invited than there are times: until most of those who answer on the first day have."""

_CARE = {Care.CAREFUL: 0.4, Care.BALANCED: 1.0, Care.QUICK: 3.0}
_AT_FIRST, _AT_LAST = 0.001, 0.016
"""Of all the batch's times, how many patients may be expected to find none, while all are free and when few are."""
_EARLY, _LATE = 0.3, 2.0
"""How much of that at the beginning of the days that there are, and at their end: time is what remains to be used."""
_SMALL, _SIZE = 20, 0.35
"""A clinic of more times than this can be filled to the last one with a smaller share: chance weighs less in it."""
_STILL_POSSIBLE = 0.005
"""A curve of answer times that is more probable than this must keep to the limit too."""
_CURVES_SLACK = 1.5
"""By how many times a single curve may go above the limit."""

_PHONE_PRIOR_DAYS = 1.0
"""As if for so long nobody had phoned: a first call is not yet a habit."""
_PHONE_DAYS = 1.0
"""For how many days ahead times that will go by phone count as gone."""


def decide(known: Known) -> Decision:
    """How many of the patients who are left to invite now, with what was expected when it was decided."""
    cases = estimate(known)
    mean, low, high = cases.uptake_between(0.05, 0.95)
    come, variance = cases.of_open(known.open_hours, within=known.hours_left, link_hours=known.link_hours)
    of_new = cases.of_new(within=known.hours_left, link_hours=known.link_hours)
    phone = phoned_later(known)

    def too_many(number: int) -> Shortfall:
        return shortfall(come + phone + number * of_new, variance + phone + number * of_new * (1 - of_new), known.room)

    number, reason = _number(known, lambda number: _worst(cases, too_many(number).mean))
    return Decision(
        number=number,
        reason=reason,
        will_book=float(cases.weight @ come),
        uptake=mean,
        uptake_range=(low, high),
        sure=float(cases.weight @ too_many(number).none) if known.room else 0.0,
    )


def allowance(known: Known) -> float:
    """How many patients may be expected to find no time: more of a batch's last times, and as its end comes near."""
    gone = 1 - known.room / max(known.capacity, 1)
    late = known.hours_since_first / max(known.hours_since_first + known.hours_left, 1)
    share = (_AT_FIRST + _AT_LAST * gone**2) * (_EARLY + (_LATE - _EARLY) * late)
    size: float = (_SMALL / max(known.capacity, _SMALL)) ** _SIZE
    return _CARE[known.care] * share * size * known.capacity


def phoned_later(known: Known) -> float:
    """How many times are expected to go to patients who phone, while those who were invited answer."""
    a_day = known.phoned / (known.watched_days + _PHONE_PRIOR_DAYS)
    return a_day * min(known.hours_left / 24, _PHONE_DAYS) * known.room / max(known.capacity, 1)


def _number(known: Known, expected: Callable[[int], float]) -> tuple[int, Reason]:
    if not known.left:
        return 0, Reason.ALL_INVITED
    if not known.free:
        return 0, Reason.NO_TIMES
    if not known.room:
        return 0, Reason.WAITING
    limits = [(known.left, Reason.GO)]
    if known.hours_since_first < FIRST_HOURS:
        untried = known.capacity - known.booked - known.waiting - known.open - known.declined
        limits.append((max(0, untried), Reason.FIRST_DAY))
    if known.most is not None:
        limits.append((max(0, known.most), Reason.MOST))
    most, limit = min(limits, key=lambda pair: pair[0])
    number = _largest(lambda number: expected(number) <= allowance(known), most)
    if number == most:
        return number, limit
    return number, Reason.GO if number else Reason.ENOUGH


def _worst(cases: Estimate, expected: Floats) -> float:
    """The expected number over all cases, or under the curve that is worst of those that are still possible."""
    by_curve = np.bincount(cases.curve, weights=cases.weight)
    under = np.bincount(cases.curve, weights=cases.weight * expected)
    possible = by_curve > _STILL_POSSIBLE
    worst = float((under[possible] / by_curve[possible]).max()) if possible.any() else 0.0
    return max(float(cases.weight @ expected), worst / _CURVES_SLACK)


def _largest(holds: Callable[[int], bool], most: int) -> int:
    """The largest number, of 0 to `most`, up to which something holds that holds for fewer if it does for more."""
    if most <= 0 or not holds(1):
        return 0
    low, high = 1, 2
    while high <= most and holds(high):
        low, high = high, high * 2
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
