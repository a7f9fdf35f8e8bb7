"""The date-of-birth question: three boxes, and a date on which somebody alive can have been born."""

from datetime import date
from typing import Any, ClassVar

from django.utils import timezone

from core.date_input import PARTS, DateBoxes, DateBoxesField, wrong

FIRST_YEAR = 1900
"""Nobody who was born before is alive (the oldest person on record lived 122 years)."""


class DateOfBirthField(DateBoxesField):
    """A person's date of birth, cleaned to a `date`.

    It wants a year of four digits, because a guess of the century would count against the patient's tries. `of` is the
    first name of the person whose date it is, where it is not simply "your" date of birth.
    """

    widget = DateBoxes(attrs={"autocomplete": "bday"})
    called: ClassVar[str] = "Date of birth"
    missing: ClassVar[str] = "Enter your date of birth"
    example_year: ClassVar[int] = 1984

    def __init__(self, *, of: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._of = of

    def nothing_typed(self) -> str:
        """Asks for the date of the person whose it is."""
        return f"Enter {self._of}'s date of birth" if self._of else self.missing

    def allowed(self, value: date) -> date:
        """The date, if somebody born on it can be alive today in the practice's time zone. Raises ValidationError."""
        today = timezone.localdate()
        if value.year > today.year:
            raise wrong("Date of birth must be in the past. Check the year", "year")
        if value > today:
            raise wrong("Date of birth must be in the past", *PARTS)
        if value.year < FIRST_YEAR:
            raise wrong(f"Year must be {FIRST_YEAR} or later", "year")
        return value
