"""A date in three boxes: forgiving about how people write, exact about what is wrong.

The pattern and the wording of errors follow the NHS digital service manual (date input).
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from difflib import SequenceMatcher
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

    It takes spaces, leading zeros, full-width digits, "15th", what is left of a full stop or a slash, and English month
    names, short ones and near misses too. A kind of date says what it is called, what to say when it is not there, and
    an example of a year; and how it reads a year.
    """

    widget: type[Widget] | Widget = DateBoxes
    called: ClassVar[str] = "Date"
    missing: ClassVar[str] = "Enter a date"
    example_year: ClassVar[int] = 2026

    def clean(self, value: Mapping[str, str]) -> date:
        """The date that the boxes say. Raises ValidationError for anything that is none, about every wrong box."""
        written = {part: _plain(value.get(part, "")) for part in PARTS}
        missing = [part for part in PARTS if not written[part]]
        if len(missing) == len(PARTS):
            raise wrong(self.nothing_typed(), *PARTS)
        words = " and ".join(f"a {part}" for part in missing)
        faults = [wrong(f"{self.called} must include {words}", *missing)] if missing else []
        readers: tuple[Callable[[str], int], ...] = (_day, _month, self.year)
        read: dict[str, int] = {}
        for part, reader in zip(PARTS, readers, strict=True):
            try:
                read[part] = reader(written[part]) if written[part] else 0
            except ValidationError as fault:
                faults.append(fault)
        if faults:
            raise _joined(faults)
        return self._real(**read)

    def nothing_typed(self) -> str:
        """What is said when all boxes are empty."""
        return self.missing

    def year(self, written: str) -> int:
        """A year of four digits: a guess of the century could be wrong."""
        year = whole_number(written, "year", self.example_year)
        if len(written) != 4 or year < 1000:
            raise wrong(f"Year must have 4 numbers, like {self.example_year}", "year")
        return year

    def _real(self, *, day: int, month: int, year: int) -> date:
        try:
            return date(year, month, day)
        except ValueError:
            boxes = PARTS if (day, month) == (29, 2) else PARTS[:2]
        words = "the day, the month and the year" if "year" in boxes else "the day and the month"
        raise wrong(f"{self.called} must be a real date. Check {words}", *boxes)


def wrong(message: str, *parts: str) -> ValidationError:
    """An error of a date that marks these of its boxes."""
    return ValidationError(message, code="date", params={"parts": parts})


def whole_number(written: str, part: str, example: int) -> int:
    """A whole number in the digits 0 to 9: other scripts' digits and forms like 1e1 are asked again, not guessed."""
    if not (written.isascii() and written.isdecimal() and len(written) <= 4):
        raise wrong(f"{part.capitalize()} must be a number, like {example}", part)
    return int(written)


def _joined(faults: Sequence[ValidationError]) -> ValidationError:
    """Several boxes' errors as one, so that all of them can be mended at once."""
    found = {part for fault in faults for part in (fault.params or {})["parts"]}
    return wrong(". ".join(str(fault.message) for fault in faults), *(part for part in PARTS if part in found))


_FULL_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
"""Digits, letters and signs as East Asian keyboards type them, with the ASCII ones that they are."""


def _plain(written: str) -> str:
    """What was typed, without what cannot be seen and without the sign that was to lead on to the next box."""
    seen = (character for character in written.translate(_FULL_WIDTH) if unicodedata.category(character) != "Cf")
    return "".join("".join(seen).split()).rstrip(".,/-")


def _day(written: str) -> int:
    """A day by number, as `15` or `15th`."""
    number = written[:-2] if written[-2:].lower() in ("st", "nd", "rd", "th") else written
    day = whole_number(number, "day", 15)
    if not 1 <= day <= 31:
        raise wrong("Day must be a number from 1 to 31", "day")
    return day


def _month(written: str) -> int:
    """A month by number, by name, or by the first letters of its name, at least three."""
    named = _month_named(written.lower())
    if named:
        return named
    if not (written.isascii() and written.isdecimal() and len(written) <= 4):
        raise wrong("Month must be a number, like 3, or its name, like March", "month")
    month = int(written)
    if not 1 <= month <= 12:
        raise wrong("Month must be a number from 1 to 12, or its name", "month")
    return month


def _month_named(name: str) -> int | None:
    """The month of a name, though its end may be cut off or misspelt: no two begin with the same three letters."""
    for number, month in enumerate(_MONTHS, start=1):
        if len(name) >= 3 and month.startswith(name[:3]):
            near = SequenceMatcher(None, name, month).ratio() >= _NEAR
            return number if near or month.startswith(name) else None
    return None


_NEAR = 0.75
"""How like a month's name a word is that is taken for it: `febuary` is, `marmalade` is not."""
