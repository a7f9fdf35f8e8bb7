"""Made-up people, the same ones every time: NHS numbers of the 999 range, mobiles 07700 900000 to 900999."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, islice

from stdnum.gb import nhs

_GIVEN = (
    *("Asha", "Joe", "Maria", "Tom", "Zoë", "Ibrahim"),
    *("Grace", "Callum", "Mei", "Oluwaseun", "Siân", "Piotr"),
    *("Fatima", "Owen", "Priya", "Jack", "Amara", "Ruth"),
    *("Dafydd", "Leila", "George", "Niamh", "Kwame", "Helen"),
    *("Yusuf", "Edith", "Ravi", "Bronwen", "Samuel", "Aoife"),
)
_FAMILY = (
    *("Patel", "Smith", "Okafor", "Jones", "Khan", "O'Brien"),
    *("Nowak", "Williams", "Ahmed", "Taylor", "Davies", "Singh"),
    *("Brown", "Evans", "Chen", "Walker", "Mensah", "Green"),
    *("Hughes", "Ali", "Murphy", "Clarke", "Adeyemi", "Wood"),
    *("Begum", "Fraser", "Kowalska", "Bennett", "Shah", "Lewis"),
)
_FIRST_BIRTH = date(1936, 1, 1)
_BIRTH_DAYS = (date(2006, 1, 1) - _FIRST_BIRTH).days


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up patient. `mobile` is as people write it."""

    nhs_number: str
    given: str
    family: str
    date_of_birth: date
    mobile: str


def nhs_numbers(first_stem: int) -> Iterator[str]:
    """Valid made-up NHS numbers, upwards from nine digits of the 999 range."""
    for stem in count(first_stem):
        # One stem in eleven has no valid last digit.
        yield from (number for digit in range(10) if nhs.is_valid(number := f"{stem}{digit}"))


def people(number: int, *, first_stem: int, first_mobile: int) -> list[Person]:
    """So many people; the same arguments give the same people. Mobiles repeat after 1,000."""
    chance = random.Random(first_stem)  # noqa: S311 - made-up people, not secrets
    return [
        Person(
            nhs_number=nhs_number,
            given=chance.choice(_GIVEN),
            family=chance.choice(_FAMILY),
            date_of_birth=_FIRST_BIRTH + timedelta(days=chance.randrange(_BIRTH_DAYS)),
            mobile=f"07700 900{(first_mobile + place) % 1000:03}",
        )
        for place, nhs_number in enumerate(islice(nhs_numbers(first_stem), number))
    ]
