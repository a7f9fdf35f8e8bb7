"""A date in three boxes: forgiving about how people write, exact about what is wrong.

The pattern and the wording of errors follow the NHS digital service manual (date input).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.forms import Field, Widget

PARTS = ("day", "month", "year")

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


class DateBoxes(Widget):
    """Day, month and year as three text boxes, named `<field>_day` and so on. Shown by `date_field`."""

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


class DateBoxesField(Field):
    """A date, cleaned to a `date`. Each error names in `params["parts"]` the boxes that are wrong.

    It takes spaces, leading zeros and English month names. A kind of date says what it is called, what to say when it
    is not there, and an example of a year; and how it reads a year.
    """

    widget: type[Widget] | Widget = DateBoxes
    called: ClassVar[str] = "Date"
    missing: ClassVar[str] = "Enter a date"
    example_year: ClassVar[int] = 2026

    def clean(self, value: Mapping[str, str]) -> date:
        """The date that the boxes say. Raises ValidationError for anything that is none."""
        written = {part: "".join(value.get(part, "").split()) for part in PARTS}
        self._refuse_missing([part for part in PARTS if not written[part]])
        day, month = whole_number(written["day"], "day", 15), _month(written["month"])
        year = self.year(written["year"])
        if not 1 <= day <= 31:
            raise wrong("Day must be a number from 1 to 31", "day")
        if not 1 <= month <= 12:
            raise wrong("Month must be a number from 1 to 12, or its name", "month")
        try:
            return date(year, month, day)
        except ValueError:
            raise wrong(f"{self.called} must be a real date", *PARTS) from None

    def year(self, written: str) -> int:
        """A year of four digits: a guess of the century could be wrong."""
        year = whole_number(written, "year", self.example_year)
        if len(written) != 4 or year < 1000:
            raise wrong(f"Year must have 4 numbers, like {self.example_year}", "year")
        return year

    def _refuse_missing(self, missing: list[str]) -> None:
        if len(missing) == len(PARTS):
            raise wrong(self.missing, *PARTS)
        if missing:
            words = " and ".join(f"a {part}" for part in missing)
            raise wrong(f"{self.called} must include {words}", *missing)


def wrong(message: str, *parts: str) -> ValidationError:
    """An error of a date that marks these of its boxes."""
    return ValidationError(message, code="date", params={"parts": parts})


def whole_number(written: str, part: str, example: int) -> int:
    """A whole number in the digits 0 to 9: other scripts' digits and forms like 1e1 are asked again, not guessed."""
    if not (written.isascii() and written.isdecimal() and len(written) <= 4):
        raise wrong(f"{part.capitalize()} must be a number, like {example}", part)
    return int(written)


def _month(written: str) -> int:
    """A month by number, by name, or by the first letters of its name, at least three."""
    name = written.lower().rstrip(".")
    if len(name) >= 3 and name.isalpha():
        for number, month in enumerate(_MONTHS, start=1):
            if month.startswith(name):
                return number
    if not (written.isascii() and written.isdecimal() and len(written) <= 4):
        raise wrong("Month must be a number, like 3, or its name, like March", "month")
    return int(written)
