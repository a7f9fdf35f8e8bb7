"""A patient's gender as lists write it."""

import pytest

from patients.values.genders import read_gender


@pytest.mark.parametrize(
    ("written", "gender"),
    [
        ("F", "female"), ("female", "female"), (" Female ", "female"), ("2", "female"),
        ("M", "male"), ("MALE", "male"), ("1", "male"),
        ("Non-binary", "other"), ("X", "other"), ("9", "other"),
        ("", ""), ("U", ""), ("Unknown", ""), ("Not known", ""), ("0", ""), ("Prefer not to say", ""), ("M/F", ""),
    ],
)  # fmt: skip
def test_only_what_is_surely_said_is_read(written: str, gender: str) -> None:
    assert read_gender(written) == gender
