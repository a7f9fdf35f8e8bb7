"""Are the short ways of reading exactly what the libraries say? Millions of values, drawn and compared.

The tests do the same for fewer (tests/patients/files/test_equal_to_the_libraries.py).
"""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from time import perf_counter

import phonenumbers
from phonenumbers import PhoneNumberType
from stdnum.gb import nhs

from bench.lists import nhs_number
from integrations.messaging.numbers import MobileFault, NotAMobile, parse_mobile, plain_mobile
from patients.values.dates import OLDEST_SHORT_YEARS, BirthDates, NotABirthDate, age_on
from patients.values.nhs_numbers import NotAnNhsNumber, parse_nhs_number, plain_nhs_number

DATE_FORMATS = ("%d/%m/%Y", "%d-%b-%Y", "%d-%b-%y", "%Y-%m-%d")
SPELLINGS = ("0{}", "+44{}", "+44 {}", "0044{}")
_ISLANDS = ("GG", "IM", "JE")
_BLOCKS = range(700_000, 800_000)


class Unequal(Exception):
    """A value that we read otherwise than the library does. It is a made-up one, so it is told."""


def run(*, quick: bool = False) -> bool:
    """Compare, print how much was compared, and say whether all of it was equal."""
    print("\nThe short ways of reading, compared with the libraries")
    numbers = 100_000 if quick else 5_000_000
    until = date(2026, 12, 31)
    parts: dict[str, Callable[[], int]] = {
        "mobiles: every block in 4 spellings, phonenumbers": lambda: mobiles(step=50 if quick else 1),
        "landlines, phonenumbers": lambda: landlines(2_000 if quick else 200_000),
        "NHS numbers, stdnum": lambda: nhs_numbers(numbers),
        "dates of birth: every day in 4 spellings, strptime": lambda: sum(
            dates(way, until.replace(year=until.year - 120), until) for way in DATE_FORMATS
        ),
    }
    for name, compare in parts.items():
        begun = perf_counter()
        try:
            count = compare()
        except Unequal as difference:
            print(f"  BROKEN  {name}: {difference}")
            return False
        print(f"  equal   {name:<52} {count:>10,} compared in {perf_counter() - begun:.0f} s")
    return True


def mobiles(*, step: int) -> int:
    """Every so many-th block of ten thousand mobile numbers, one number of each, in every spelling."""
    chance = random.Random(7)  # noqa: S311 - any numbers will do
    count = 0
    for block in _BLOCKS[::step]:
        national = f"{block}{chance.randrange(10_000):04}"
        region = _look_up_region(national)
        for spelling in SPELLINGS:
            _same_mobile(spelling.format(national), national, region)
            count += 1
    return count


def compare_mobile(national: str, spelling: str) -> None:
    """One number, in one spelling. Raises Unequal."""
    if len(national) == 10 and national.startswith("7"):
        _same_mobile(spelling.format(national), national, _look_up_region(national))
    else:
        _same_mobile(spelling.format(national), national, None)


def _look_up_region(national: str) -> str | None:
    """The region of a mobile number; None when it is none."""
    number = phonenumbers.parse(national, "GB")
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) != PhoneNumberType.MOBILE:
        return None
    return phonenumbers.region_code_for_number(number)


def _same_mobile(written: str, national: str, region: str | None) -> None:
    e164 = f"+44{national}"
    try:
        mobile = parse_mobile(written, allow_test_numbers=False)
    except NotAMobile:
        read = None
    else:
        read = (mobile.e164, mobile.island)
    wanted = None if region is None else (e164, region in _ISLANDS)
    plain = plain_mobile(written)
    if read != wanted or plain not in ("", e164) or (plain and region != "GB"):
        raise Unequal(f"{written} is {region} to phonenumbers, {read} to us, {plain or None} by the short way")


def landlines(count: int) -> int:
    """So many numbers of ten digits that start with 1 or 2: a landline to us exactly when it is one to the library."""
    chance = random.Random(5)  # noqa: S311 - any numbers will do
    for _ in range(count):
        compare_landline(str(chance.randrange(1_000_000_000, 3_000_000_000)))
    return count


def compare_landline(national: str) -> None:
    """Read one landline number, of nine or ten national digits, as phonenumbers does. Raises Unequal."""
    kind = phonenumbers.number_type(phonenumbers.PhoneNumber(country_code=44, national_number=int(national)))
    wanted = MobileFault.LANDLINE if kind == PhoneNumberType.FIXED_LINE else MobileFault.INVALID
    try:
        parse_mobile(f"0{national}", allow_test_numbers=False)
    except NotAMobile as error:
        if error.kind == wanted:
            return
    raise Unequal(f"0{national} is {wanted} to phonenumbers, and not to us")


def nhs_numbers(count: int) -> int:
    """So many NHS numbers: valid ones, ones with any last digit, and short or long ones."""
    chance = random.Random(11)  # noqa: S311 - any numbers will do
    for place in range(count):
        stem = chance.randrange(1_000_000_000)
        match place % 10:
            case 0:
                written = str(stem)
            case 1:
                written = (str(place % 11) * 11)[: 9 + place % 3]
            case digit if digit % 2:
                written = nhs_number(stem) or f"{stem:09}0"
            case _:
                written = f"{stem:09}{chance.randrange(10)}"
        compare_nhs_number(written)
    return count


def compare_nhs_number(written: str) -> None:
    """One number of plain digits. Raises Unequal."""
    wanted = written if nhs.is_valid(written) and len(set(written)) > 1 else ""
    try:
        read = parse_nhs_number(written)
    except NotAnNhsNumber:
        read = ""
    if not read == plain_nhs_number(written) == wanted:
        raise Unequal(f"{written} is {wanted or None} to stdnum, {read or None} to us")


def dates(way: str, first: date, last: date) -> int:
    """Every day, from 120 years before `last`, written in one way and read on `last`.

    A short year that may be a child's, or that of somebody of a hundred, must not be read at all.
    """
    reader = BirthDates(last)
    for days in range((last - first).days + 1):
        written = (first + timedelta(days=days)).strftime(way)
        wanted: date | None = datetime.strptime(written, way).date()
        if wanted and "%y" in way:
            # The library's own turn of the century is 1969; ours is today.
            wanted = _latest_past(wanted, last)
            wanted = None if 100 <= age_on(wanted, last) + 100 <= OLDEST_SHORT_YEARS else wanted
        try:
            read = reader.read(written).day
        except NotABirthDate:
            read = None
        plain = reader.plain(written)
        if read != wanted or plain != (None if "%y" in way else wanted):
            raise Unequal(f"{written} is {wanted} to strptime, {read} to us, {plain} by the short way")
    return (last - first).days + 1


def _latest_past(day: date, today: date) -> date:
    """The same day of the latest century in which it is not in the future."""
    day = day.replace(year=today.year // 100 * 100 + day.year % 100)
    return day.replace(year=day.year - 100) if day > today else day
