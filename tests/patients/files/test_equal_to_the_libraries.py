"""The short ways of reading are exactly what the libraries say. `python -m bench equality` does this for millions."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import equality


def test_mobiles_are_those_of_the_numbering_plan() -> None:
    """Every seventh block of mobile numbers, in four spellings, against phonenumbers."""
    assert equality.mobiles(step=7) == 4 * 14_286


def test_landlines_are_those_of_the_numbering_plan() -> None:
    assert equality.landlines(5_000) == 5_000


def test_nhs_numbers_are_those_of_the_library() -> None:
    """Against python-stdnum, and no filler of one digit."""
    assert equality.nhs_numbers(60_000) == 60_000


@pytest.mark.parametrize("way", equality.DATE_FORMATS)
def test_every_day_is_read_as_the_standard_library_does(way: str) -> None:
    days = equality.dates(way, date(1906, 6, 15), date(2026, 6, 15))
    assert days > 43_000


@given(st.integers(0, 9_999_999_999))
def test_any_ten_digits_are_judged_as_the_library_does(number: int) -> None:
    equality.compare_nhs_number(f"{number:010}")


@given(st.integers(0, 99_999_999_999), st.sampled_from(equality.SPELLINGS))
def test_any_digits_are_judged_as_the_numbering_plan_does(number: int, spelling: str) -> None:
    equality.compare_mobile(str(number), spelling)
