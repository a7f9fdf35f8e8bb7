"""What must hold of every decision, whatever is known."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.pacing.decision import FIRST_HOURS, decide
from campaigns.pacing.known import Care, Known, Past, Reason

few = st.integers(0, 40)
hours = st.dictionaries(st.integers(0, 200), st.integers(1, 40), max_size=6)
knowns = st.builds(
    Known,
    free=st.integers(0, 80),
    left=st.integers(0, 500),
    booked=few,
    waiting=st.integers(0, 10),
    declined=few,
    open_hours=hours,
    answer_hours=hours,
    hours_since_first=st.integers(0, 400),
    hours_left=st.integers(1, 500),
    phoned=st.integers(0, 10),
    watched_days=st.floats(0, 20),
    past=st.builds(Past, st.floats(0.03, 0.9), st.floats(1, 6)),
    care=st.sampled_from(Care),
    most=st.none() | st.integers(0, 30),
)
play = settings(max_examples=80, deadline=None)


@play
@given(knowns)
def test_a_number_that_can_be_invited_with_its_reason(known: Known) -> None:
    decision = decide(known)
    assert 0 <= decision.number <= known.left
    assert decision.number <= (known.most if known.most is not None else known.left)
    if decision.number:
        assert known.room > 0
        assert decision.reason in (Reason.GO, Reason.FIRST_DAY, Reason.MOST)
    assert 0 <= decision.sure <= 1.001
    low, high = decision.uptake_range
    assert 0 <= low <= high <= 1


@play
@given(knowns)
def test_it_is_a_function_of_what_is_known_alone(known: Known) -> None:
    assert decide(known) == decide(replace(known))


@play
@given(knowns)
def test_nobody_is_invited_into_times_of_those_who_wait(known: Known) -> None:
    waiting = replace(known, waiting=known.free)
    assert decide(waiting).number == 0


@play
@given(knowns)
def test_on_the_first_day_no_more_than_there_are_times(known: Known) -> None:
    first = replace(known, hours_since_first=FIRST_HOURS - 1)
    assert decide(first).number + first.open <= max(first.room, first.open)


@pytest.mark.parametrize("care", Care)
@play
@given(known=knowns, more=st.integers(1, 30))
def test_more_free_times_never_mean_fewer_invitations(known: Known, more: int, care: Care) -> None:
    before = replace(known, care=care)
    assert decide(replace(before, free=before.free + more)).number >= decide(before).number


@play
@given(knowns)
def test_who_is_quicker_invites_no_fewer(known: Known) -> None:
    careful, balanced, quick = (decide(replace(known, care=care)).number for care in reversed(Care))
    assert careful <= balanced <= quick
