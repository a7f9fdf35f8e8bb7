"""What answers say of those to come: neither more than they can, nor less."""

from dataclasses import replace

import numpy as np
import pytest

from campaigns.pacing.decision import decide, risk
from campaigns.pacing.estimate import estimate
from campaigns.pacing.known import Known

SEEN = Known(free=100, left=10_000, booked=60, open_hours={60: 140}, answer_hours={1: 30, 3: 16, 10: 10, 25: 4})


def mean_uptake(known: Known) -> float:
    return estimate(known).uptake_between(0.05, 0.95)[0]


def test_the_uptake_is_near_that_of_many_answers() -> None:
    assert 0.25 < mean_uptake(SEEN) < 0.4


def test_many_answers_leave_a_doubt_about_those_to_come() -> None:
    """Of a hundred times as many answers the share to come would be certain if a curve could be."""
    many = replace(
        SEEN,
        open_hours={hours: 100 * count for hours, count in SEEN.open_hours.items()},
        answer_hours={hours: 100 * count for hours, count in SEEN.answer_hours.items()},
    )
    cases = estimate(many)
    coming = cases.coming(many.open_hours, within=300, link_hours=168)
    mean, deviation = cases.weight @ coming.mean, np.sqrt(cases.weight @ cases.doubtful(coming.by_age))
    assert deviation > 0.1 * mean


@pytest.mark.parametrize("silent", ["lapsed", "declined"])
def test_whoever_will_not_come_makes_the_uptake_smaller(silent: str) -> None:
    assert mean_uptake(replace(SEEN, **{silent: 200})) < mean_uptake(SEEN)  # type: ignore[arg-type] # both are counts


def test_answers_at_one_age_say_what_the_curve_did_not() -> None:
    """Twice as many come in the second day as any curve expects: more of those who are open will."""
    late = replace(SEEN, answer_hours={**SEEN.answer_hours, 26: 20, 29: 20})
    before, after = (estimate(known).coming({24: 50}, within=24, link_hours=168) for known in (SEEN, late))
    assert (estimate(late).weight @ after.mean) > (estimate(SEEN).weight @ before.mean)


def test_of_the_last_times_each_may_be_wanted_twice_sooner_than_of_many() -> None:
    many, few = Known(free=100, left=9, booked=0), Known(free=2, left=9, booked=98)
    assert risk(many, 0.0) < 0.04 < 0.1 < risk(few, 0.0) < risk(few, 0.3)


def test_nobody_is_at_risk_while_fewer_are_open_than_there_are_times() -> None:
    known = Known(free=3, left=50, booked=17, hours_since_first=100, answer_hours={2: 17})
    assert decide(known).number >= 3


def test_a_first_call_is_not_a_habit_but_many_are() -> None:
    quiet = replace(SEEN, hours_since_first=60, watched_days=2.5)
    once, often = replace(quiet, phoned=1), replace(quiet, phoned=60)
    assert decide(quiet).number >= decide(once).number > decide(often).number
