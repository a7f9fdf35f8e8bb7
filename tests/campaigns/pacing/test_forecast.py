"""The days ahead, played forward by the decisions themselves."""

from dataclasses import replace

import pytest

from campaigns.pacing import forecast as module
from campaigns.pacing.decision import decide
from campaigns.pacing.forecast import MOST_DECISIONS, forecast
from campaigns.pacing.known import Known


@pytest.mark.parametrize(
    "known",
    [
        Known(free=20, left=500),
        Known(free=20, left=10),
        Known(free=0, left=10),
        Known(free=5, left=100, hours_left=1),
        Known(free=40, left=300, most=5),
        Known(free=30, left=90, booked=10, waiting=3, open_hours={5: 20, 40: 10}, answer_hours={2: 10},
              hours_since_first=48, hours_left=24 * 80),
    ],
)  # fmt: skip
def test_totals_never_fall_and_never_exceed_what_there_is(known: Known) -> None:
    expected = forecast(known)
    for course in (expected.low, expected.middle, expected.high):
        assert list(course.booked) == sorted(course.booked)
        assert list(course.invited) == sorted(course.invited)
        assert course.reached <= known.left
        assert course.booked[-1] - known.booked + course.left_over == known.free
        assert (course.days is None) == (course.left_over > 0)
    assert len(expected.band) == len(expected.middle.booked) >= 1
    assert all(low <= middle <= high or low <= high for low, middle, high in expected.band)


def test_it_takes_a_bounded_number_of_decisions(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Known] = []

    def counting(known: Known) -> object:
        counted.append(known)
        return decide(known)

    monkeypatch.setattr(module, "decide", counting)
    forecast(Known(free=200, left=5000, hours_left=24 * 84))
    assert len(counted) <= 3 * MOST_DECISIONS


def test_few_answers_reach_more_patients() -> None:
    expected = forecast(Known(free=50, left=5000))
    assert expected.low.uptake < expected.middle.uptake < expected.high.uptake
    assert expected.low.reached > expected.middle.reached > expected.high.reached


def test_a_day_keeps_to_its_most() -> None:
    course = forecast(Known(free=60, left=600, most=10)).middle
    daily = [after - before for before, after in zip((0, *course.invited), course.invited, strict=False)]
    assert max(daily) <= 10


def test_the_first_wave_is_the_one_that_would_go_now() -> None:
    known = replace(Known(free=20, left=500), hours_left=12)
    assert forecast(known).middle.reached == decide(known).number
