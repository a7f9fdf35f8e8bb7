"""The date-of-birth question: three boxes, forgiving about how people write, exact about what is wrong.

The pattern and the wording of errors follow the NHS digital service manual (date input).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import Field, Widget
from django.utils import timezone

PARTS = ("day", "month", "year")
OLDEST_YEARS = 130

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


class DateParts(Widget):
    """Day, month and year as three text boxes, named `<field>_day` and so on. Shown by `date_of_birth_field`."""

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> dict[str, str]:
        """What was typed in each box, as typed."""
        return {part: str(data.get(f"{name}_{part}", "")) for part in PARTS}

    def value_omitted_from_data(self, data: Mapping[str, Any], files: object, name: str) -> bool:
        """Whether none of the boxes was sent at all."""
        return not any(f"{name}_{part}" in data for part in PARTS)

    def parts(self, value: Mapping[str, str] | date | None) -> dict[str, str]:
        """The boxes' contents for a page: what was typed, or a date taken apart."""
        if isinstance(value, date):
            return {part: str(getattr(value, part)) for part in PARTS}
        return {part: (value or {}).get(part, "") for part in PARTS}


class DateOfBirthField(Field):
    """A person's date of birth, cleaned to a `date`. Each error names in `params["parts"]` the boxes that are wrong.

    It takes spaces, leading zeros and English month names; it wants a year of four digits, because a guess of the
    century would count against the patient's tries.
    """

    widget = DateParts

    def clean(self, value: Mapping[str, str]) -> date:
        """The date that the boxes say. Raises ValidationError for anything that cannot be a living person's."""
        written = {part: "".join(value.get(part, "").split()) for part in PARTS}
        _refuse_missing([part for part in PARTS if not written[part]])
        numbers = {
            "day": _number(written["day"], "day"),
            "month": _month(written["month"]),
            "year": _year(written["year"]),
        }
        if not 1 <= numbers["day"] <= 31:
            raise _error("Day must be a number from 1 to 31", "day")
        if not 1 <= numbers["month"] <= 12:
            raise _error("Month must be a number from 1 to 12, or its name", "month")
        try:
            born = date(numbers["year"], numbers["month"], numbers["day"])
        except ValueError:
            raise _error("Date of birth must be a real date", *PARTS) from None
        return _lived(born)


def _error(message: str, *parts: str) -> ValidationError:
    return ValidationError(message, code="date_of_birth", params={"parts": parts})


def _refuse_missing(missing: list[str]) -> None:
    if len(missing) == len(PARTS):
        raise _error("Enter your date of birth", *PARTS)
    if missing:
        words = " and ".join(f"a {part}" for part in missing)
        raise _error(f"Date of birth must include {words}", *missing)


def _number(written: str, part: str) -> int:
    """A whole number in the digits 0 to 9: other scripts' digits and forms like 1e1 are asked again, not guessed."""
    if not (written.isascii() and written.isdecimal() and len(written) <= 4):
        raise _error(f"{part.capitalize()} must be a number, like {'15' if part == 'day' else '1984'}", part)
    return int(written)


def _month(written: str) -> int:
    """A month by number, by name, or by the first letters of its name, at least three."""
    name = written.lower().rstrip(".")
    if len(name) >= 3 and name.isalpha():
        for number, month in enumerate(_MONTHS, start=1):
            if month.startswith(name):
                return number
    if not (written.isascii() and written.isdecimal() and len(written) <= 4):
        raise _error("Month must be a number, like 3, or its name, like March", "month")
    return int(written)


def _year(written: str) -> int:
    year = _number(written, "year")
    if len(written) != 4 or year < 1000:
        raise _error("Year must have 4 numbers, like 1984", "year")
    return year


def _lived(born: date) -> date:
    """The date, if somebody born on it can be alive today in the practice's time zone."""
    today = timezone.localdate()
    if born > today:
        raise _error("Date of birth must be in the past", *PARTS)
    if born.year < today.year - OLDEST_YEARS:
        raise _error(f"Year must be {today.year - OLDEST_YEARS} or later", "year")
    return born
