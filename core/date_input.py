"""A date in three boxes: forgiving about how people write, exact about what is wrong.

The pattern and the wording of errors follow the NHS digital service manual (date input).
"""

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.forms import Field, Widget

from core import whole_dates
from core.month_names import month_named
from core.whole_dates import Parts

PARTS = ("day", "month", "year")


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

    It takes spaces, leading zeros, the digits of any script, "15th", what is left of a full stop or a slash, and names
    of months in many languages, short ones and near misses too. A whole date in one box is read as well, if the other
    boxes are empty or agree. A kind of date says what it is called, what to say when it is not there, and an example of
    a year; how it reads a year; and which dates it does not take.
    """

    widget: type[Widget] | Widget = DateBoxes
    called: ClassVar[str] = "Date"
    missing: ClassVar[str] = "Enter a date"
    example_year: ClassVar[int] = 2026

    def clean(self, value: Mapping[str, str]) -> date:
        """The date that the boxes say. Raises ValidationError for anything that is none, about every wrong box."""
        seen = {part: _seen(value.get(part, "")) for part in PARTS}
        whole = {part: parts for part in PARTS if (parts := whole_dates.whole(seen[part]))}
        if whole:
            return self._from_whole(whole, {part: seen[part] for part in PARTS if part not in whole})
        if spread := whole_dates.spread(seen):
            return self._marking(spread, [part for part in PARTS if seen[part].strip()])
        return self._from_parts({part: _plain(seen[part]) for part in PARTS})

    def _from_whole(self, whole: Mapping[str, Parts], others: Mapping[str, str]) -> date:
        """The date that some boxes hold whole, if all of them hold the same, and no other box says otherwise."""
        dates = {self._marking(parts, [box]) for box, parts in whole.items()}
        readers = self._readers()
        parts = {part: readers[part](text) for part, written in others.items() if (text := _plain(written))}
        value = dates.pop()
        if dates or any(getattr(value, part) != number for part, number in parts.items()):
            raise wrong(
                f"{self.called} is not the same in all boxes. Enter the day, the month and the year in a box each",
                *PARTS,
            )
        return value

    def _marking(self, parts: Parts, boxes: Collection[str]) -> date:
        """The date that these parts are. Whatever is wrong with it is wrong with the boxes that it stands in."""
        day, month, _ = parts
        if day.isdecimal() and month.isdecimal() and int(day) <= _MOST_MONTHS < int(month) <= _MOST_DAYS:
            example = f"15 3 {self.example_year}"
            raise wrong(f"{self.called} must have the day first and then the month, like {example}", *boxes)
        try:
            return self._from_parts(parts._asdict())
        except ValidationError as fault:
            raise wrong(str(fault.message), *boxes) from None

    def _from_parts(self, written: Mapping[str, str]) -> date:
        missing = [part for part in PARTS if not written[part]]
        if len(missing) == len(PARTS):
            raise wrong(self.nothing_typed(), *PARTS)
        phrase = " and ".join(f"a {part}" for part in missing)
        faults = [wrong(f"{self.called} must include {phrase}", *missing)] if missing else []
        read: dict[str, int] = {}
        for part, reader in self._readers().items():
            try:
                read[part] = reader(written[part]) if written[part] else 0
            except ValidationError as fault:
                faults.append(fault)
        if faults:
            raise _joined(faults)
        return self.allowed(self._real(**read))

    def _readers(self) -> Mapping[str, Callable[[str], int]]:
        return {"day": _day, "month": _month, "year": self.year}

    def allowed(self, value: date) -> date:
        """The same date, if it is one that this kind takes. Raises ValidationError."""
        return value

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
        phrase = "the day, the month and the year" if "year" in boxes else "the day and the month"
        raise wrong(f"{self.called} must be a real date. Check {phrase}", *boxes)


def wrong(message: str, *parts: str) -> ValidationError:
    """An error of a date that marks these of its boxes."""
    return ValidationError(message, code="date", params={"parts": parts})


def whole_number(written: str, part: str, example: int) -> int:
    """A whole number in the digits 0 to 9: forms like 1e1 are asked again, not guessed."""
    if not (written.isascii() and written.isdecimal() and len(written) <= 4):
        raise wrong(f"{part.capitalize()} must be a number, like {example}", part)
    return int(written)


def _joined(faults: Sequence[ValidationError]) -> ValidationError:
    """Several boxes' errors as one, so that all of them can be mended at once."""
    parts = {part for fault in faults for part in (fault.params or {})["parts"]}
    return wrong(". ".join(str(fault.message) for fault in faults), *(part for part in PARTS if part in parts))


_MOST_MONTHS, _MOST_DAYS = 12, 31

_FULL_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
"""Digits, letters and signs as East Asian keyboards type them, with the ASCII ones that they are."""


def _seen(written: str) -> str:
    """What was typed, without what cannot be seen, and the digits of every script as 0 to 9: they mean the same."""
    seen = (character for character in written.translate(_FULL_WIDTH) if unicodedata.category(character) != "Cf")
    return "".join(str(unicodedata.decimal(character, character)) for character in seen)


def _plain(seen: str) -> str:
    """What is seen, without spaces and without the sign that was to lead on to the next box."""
    return "".join(seen.split()).rstrip(".,/-")


def _day(written: str) -> int:
    """A day by number, as `15`, `15th` or `15fed`."""
    day = whole_number(whole_dates.ORDINALS.sub("", written), "day", 15)
    if not 1 <= day <= _MOST_DAYS:
        raise wrong("Day must be a number from 1 to 31", "day")
    return day


def _month(written: str) -> int:
    """A month by number, by name, or by the first letters of its name, at least three."""
    named = month_named(written)
    if named:
        return named
    if not (written.isascii() and written.isdecimal() and len(written) <= 4):
        raise wrong("Month must be a number, like 3, or its name, like March", "month")
    month = int(written)
    if not 1 <= month <= _MOST_MONTHS:
        raise wrong("Month must be a number from 1 to 12, or its name", "month")
    return month
