"""What pages of ours hold, and anything that is typed in its place."""

from datetime import UTC, datetime

import pytest

from core.http import moment, whole_number


def test_a_number_comes_back() -> None:
    assert whole_number("0") == 0
    assert whole_number("120") == 120


@pytest.mark.parametrize("value", ["", "-1", "+1", "1.0", "1e3", " 1", "1_0", "²", "٣", "1" * 10, "1" * 5000, "\0"])
def test_anything_else_is_no_number(value: str) -> None:
    assert whole_number(value) is None


def test_a_moment_comes_back() -> None:
    assert moment("2026-10-01T09:30:00+01:00") == datetime(2026, 10, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    ["", "2026-10-01T09:30:00", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "\0"],
)
def test_anything_else_is_no_moment(value: str) -> None:
    assert moment(value) is None
