"""How many patients are invited now. One pure function, which every wave of a paced batch comes from.

Somebody is invited as long as they, if they come, find every time gone with no more than a small probability. That is
larger the fewer times are left: while much is free there is time to send more later, and a text cannot be taken back;
the last few are waited for, with a few patients for each. It is larger near the end too, when whoever is invited later
may answer too late. Nothing is taken as known that is not: the answers so far weigh a family of curves of answer times
and uptakes, each of which is doubtful itself, and on the first day no more are invited than there are times.
"""

from collections.abc import Callable

from campaigns.pacing.estimate import Estimate, estimate
from campaigns.pacing.known import Care, Decision, Known, Reason
from campaigns.pacing.probability import Floats, at_most

FIRST_HOURS = 22
"""How long no more are invited than there are times: until most of those who answer on the first day have."""

_CARE = {Care.CAREFUL: 0.4, Care.BALANCED: 1.0, Care.QUICK: 3.0}
_RISK, _FEW_LEFT, _ALWAYS = 0.006, 0.015, 0.022
"""The first, divided by the share of times that is free and the second, is how probable it may be to find none.

Where answers come one by one at a rate that is known, the wait for a clinic's last times is the shortest then, among
all rules by which as many are turned away (pacing#decision). The third is added: while much is free and little known,
that would wait for an uptake which is possible, but hardly so.
"""
_SMALL, _SIZE = 20, 0.1
"""A clinic of so many times is filled with that risk; a larger one, in which chance weighs less, with a little more."""
_URGENT = 4.0
"""How many times more it may be when nobody who is invited now could answer in a third of the time that is left."""
_MOST_RISK = 0.6

_PHONE_PRIOR_DAYS = 2.0
"""As if for so long nobody had phoned: a first call is not yet a habit."""
_PHONE_DAYS = 2.0
"""For how many days ahead times that will go by phone count as gone."""


def decide(known: Known) -> Decision:
    """How many of the patients who are left to invite now, with what was expected when it was decided."""
    return decide_by(known, estimate(known))


def decide_by(known: Known, cases: Estimate) -> Decision:
    """The decision, when this is what the answers so far are taken to say."""
    come = cases.coming(known.open_hours, within=known.hours_left, link_hours=known.link_hours)
    new = cases.coming({0: 1}, within=known.hours_left, link_hours=known.link_hours)
    phone = phoned_later(known)
    of_new = cases.weight * new.mean

    # How often patients phone is known by so many calls: the fewer they are, the wider it may differ.
    phone_variance = phone + phone**2 / max(known.phoned, 1)

    def no_more_than(times: int, number: int) -> Floats:
        """By case: the probability that no more come, of the open invitations, `number` new ones and by phone."""
        mean = come.mean + number * new.mean + phone
        variance = come.variance + number * new.variance + phone_variance
        return at_most(mean, variance + cases.doubtful(come.by_age + number * new.by_age), times)

    def turned_away(number: int) -> float:
        """If so many are invited, and one more who comes."""
        if known.open + number < known.room and not phone:
            return 0.0
        return 1 - float(of_new @ no_more_than(known.room - 1, number) / of_new.sum())

    number, reason = _number(known, risk(known, urgency(known, cases)), turned_away)
    mean, low, high = cases.uptake_between(0.05, 0.95)
    return Decision(
        number=number,
        reason=reason,
        will_book=float(cases.weight @ come.mean),
        uptake=mean,
        uptake_range=(low, high),
        sure=float(cases.weight @ no_more_than(known.room, number)) if known.room else 0.0,
    )


def risk(known: Known, urgency: float) -> float:
    """How probable it may be that somebody who is invited, and comes, finds every time gone."""
    free = known.room / max(known.capacity, 1)
    size: float = (max(known.capacity, _SMALL) / _SMALL) ** _SIZE
    return min(_MOST_RISK, _CARE[known.care] * size * (_RISK / (free + _FEW_LEFT) + _ALWAYS) * (1 + _URGENT * urgency))


def urgency(known: Known, cases: Estimate) -> float:
    """Of those who would answer in the time that is left, the share (0 to 1) that needs more than a third of it."""
    soon, ever = (cases.soon(min(hours, known.link_hours)) for hours in (known.hours_left // 3, known.hours_left))
    return 1 - soon / ever


def phoned_later(known: Known) -> float:
    """How many times are expected to go to patients who phone, while those who were invited answer."""
    a_day = known.phoned / (known.watched_days + _PHONE_PRIOR_DAYS)
    return a_day * min(known.hours_left / 24, _PHONE_DAYS) * known.room / max(known.capacity, 1)


def _number(known: Known, allowed: float, turned_away: Callable[[int], float]) -> tuple[int, Reason]:
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
    number = _largest(lambda number: turned_away(number - 1) <= allowed, most)
    if number == most:
        return number, limit
    return number, Reason.GO if number else Reason.ENOUGH


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
