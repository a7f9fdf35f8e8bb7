"""Names that are one name however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.names.folding import fold_name


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("O'Brien", "O\u2019BRIEN"),
        ("O'Brien", "O Brien"),
        ("O'Brien", "O`brien"),
        ("O'Brien", "O\u02bcBrien"),
        ("O'Brien", "O\u00b4Brien"),
        ("O'Brien", "Obrien\u200b"),
        ("Siân", "SIAN"),
        ("Zoë", "Zoe\u0308"),
        ("Paweł", "Pawel"),
        ("Þóra", "Thora"),
        ("Smith-Jones", "Smith Jones"),
        ("Smith-Jones", "SMITH\u2013JONES"),
        ("Smith-Jones", "Smithjones"),
        ("Mary Ann", "Mary  \u00a0Ann"),
        ("St. John", "St John"),
        ("Strauß", "STRAUSS"),
        ("Γιώργος", "ΓΙΩΡΓΟΣ"),
    ],
)
def test_one_name_in_two_spellings(first: str, other: str) -> None:
    assert fold_name(first) == fold_name(other) != ""


@pytest.mark.parametrize(
    ("first", "other"), [("Jo", "Joe"), ("Asha", "Usha"), ("आशा", "आशी"), ("علي", "عمر"), ("Amy", "May"), ("Joe", "")]
)
def test_two_names(first: str, other: str) -> None:
    assert fold_name(first) != fold_name(other)


@pytest.mark.parametrize("nothing", ["", " ", "-", "'", "\u200b", ". . ."])
def test_what_is_no_name_is_nothing(nothing: str) -> None:
    assert fold_name(nothing) == ""


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    folded = fold_name(text)
    assert fold_name(folded) == folded
    assert fold_name(f" {text}-") == folded
