"""When NHS Notify's texts leave: on England's working days from 08:00 to 18:00, whatever the clocks do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.sociable_hours import LONDON
from core.working_days import is_working_day
from integrations.messaging.nhs_notify.text_hours import LONGEST_UNREAD, follows_at, leaves_at, unread_for

moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))
"""Long enough for every kind of Easter, Christmas and change of the clocks."""


def london(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("due", "leaves"),
    [
        ("2026-12-04T17:59", "2026-12-04T17:59"),  # a Friday
        ("2026-12-04T18:00", "2026-12-07T08:00"),
        ("2026-12-05T12:00", "2026-12-07T08:00"),
        ("2026-12-07T07:59", "2026-12-07T08:00"),
        ("2026-12-07T08:00", "2026-12-07T08:00"),
        ("2026-12-08T23:59", "2026-12-09T08:00"),
        ("2026-04-02T18:30", "2026-04-07T08:00"),  # Maundy Thursday: Good Friday and Easter Monday are holidays
        ("2026-12-24T18:00", "2026-12-29T08:00"),  # Boxing Day is a Saturday: the Monday stands in
        ("2026-03-27T20:00", "2026-03-30T08:00"),  # the clocks go forward over the weekend
        ("2026-10-23T20:00", "2026-10-26T08:00"),  # and back
        ("2027-12-31T19:00", "2028-01-04T08:00"),
    ],
)
def test_texts_wait_for_the_next_working_hour(due: str, leaves: str) -> None:
    assert leaves_at(london(due)) == london(leaves)


def test_what_is_handed_over_on_friday_afternoon_is_texted_on_monday() -> None:
    handed_over, soon = london("2026-12-04T14:30"), unread_for("00000000-0000-0000-0000-000000000007")
    assert follows_at(handed_over, soon) == london("2026-12-07T08:00")
    assert follows_at(handed_over - timedelta(hours=1), soon) == london("2026-12-04T17:30")


@pytest.mark.parametrize(("plan", "hours"), [("05", 4), ("06", 24), ("07", 4), ("01", 24), ("99", 24)])
def test_a_plan_that_says_nothing_else_waits_for_a_day(plan: str, hours: int) -> None:
    assert unread_for(f"00000000-0000-0000-0000-0000000000{plan}") == timedelta(hours=hours)
    assert unread_for("") == LONGEST_UNREAD


@given(moments)
@example(london("2026-03-29T01:30"))
@example(london("2026-10-25T01:30"))
@example(london("2026-10-25T01:30").replace(fold=1))
def test_a_text_leaves_in_hours_never_early_and_no_later_than_it_must(due: datetime) -> None:
    due, leaves = due.astimezone(UTC), leaves_at(due)
    local = leaves.astimezone(LONDON)
    assert leaves >= due
    assert is_working_day(local.date())
    assert 8 <= local.hour < 18
    assert leaves_at(leaves) == leaves
    if leaves > due:  # it waited, so it goes as soon as hours begin, and there were none between
        assert (local.hour, local.minute, local.second) == (8, 0, 0)
        between = (due + timedelta(minutes=30 * step) for step in range(int((leaves - due) / timedelta(minutes=30))))
        assert not any(
            is_working_day(moment.astimezone(LONDON).date()) and 8 <= moment.astimezone(LONDON).hour < 18
            for moment in between
        )
    assert leaves - due < timedelta(days=5)  # Easter, and Christmas before a weekend, are the longest


@given(moments, st.timedeltas(timedelta(), timedelta(days=3)))
def test_who_is_due_later_is_not_texted_sooner(due: datetime, more: timedelta) -> None:
    assert leaves_at(due) <= leaves_at(due + more)
