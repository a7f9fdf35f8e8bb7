"""What our check is measured beside: the loop that anybody would write first, and the least that can be done.

Both read the same file as ours, and only count the rows that can be sent: no reasons, no names, no duplicates, nothing
kept of what was written.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from stdnum.exceptions import ValidationError
from stdnum.gb import nhs

_PLAIN = re.compile(r"(?:0|\+44)(7[0-9]{5})[0-9]{4}").fullmatch
_TEN_DIGITS = re.compile(r"[0-9]{10}").fullmatch
_MONTHS = {date(2000, month, 1).strftime("%b"): month for month in range(1, 13)}


def _rows(data: bytes) -> Iterator[list[str]]:
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline=""))
    next(rows)
    return rows


def naive(data: bytes) -> int:
    """The well-known libraries, asked about every row."""
    return sum(good for _, good, _, _ in naive_rows(data))


def naive_rows(data: bytes) -> Iterator[tuple[list[str], bool, str, date | None]]:
    """Each row, whether it can be sent, its mobile in E.164 and its date of birth."""
    for row in _rows(data):
        _, _, _, written, number, phone, _ = row
        good, mobile, born = True, "", None
        try:
            nhs.validate(number)
        except ValidationError:
            good = False
        try:
            parsed = phonenumbers.parse(phone, "GB")
            if _is_uk_mobile(parsed):
                mobile = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
        except NumberParseException:
            pass
        try:
            born = datetime.strptime(written, "%d-%b-%Y").date()
        except ValueError:
            good = False
        yield row, good and bool(mobile), mobile, born


def _is_uk_mobile(number: PhoneNumber) -> bool:
    return (
        phonenumbers.is_valid_number(number)
        and phonenumbers.number_type(number) == PhoneNumberType.MOBILE
        and number.country_code == 44
    )


def _is_mobile(phone: str) -> bool:
    try:
        return _is_uk_mobile(phonenumbers.parse(phone, "GB"))
    except NumberParseException:
        return False


def floor(data: bytes) -> int:
    """The same verdicts by a pattern for plain mobiles, modulus 11 by hand, and dates remembered."""
    prefixes = _prefixes()
    dates: dict[str, date | None] = {}
    can = 0
    for _, _, _, born, number, phone, _ in _rows(data):
        good = bool(_TEN_DIGITS(number)) and _modulus_11(number)
        plain = _PLAIN(phone.replace(" ", ""))
        if not ((plain is not None and plain[1] in prefixes) or (phone and _is_mobile(phone))):
            good = False
        if born not in dates:
            dates[born] = _date(born)
        can += good and dates[born] is not None
    return can


def _modulus_11(number: str) -> bool:
    a, b, c, d, e, f, g, h, i, check = map(int, number)
    return (10 * a + 9 * b + 8 * c + 7 * d + 6 * e + 5 * f + 4 * g + 3 * h + 2 * i + check) % 11 == 0


def _date(written: str) -> date | None:
    try:
        return date(int(written[7:]), _MONTHS[written[3:6]], int(written[:2]))
    except (ValueError, KeyError):
        return None


@cache
def _prefixes() -> frozenset[str]:
    """The first six digits of every UK mobile, from the library's own patterns."""
    patterns = []
    for region in ("GB", "GG", "IM", "JE"):
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        assert metadata.mobile is not None
        patterns.append(re.compile(metadata.mobile.national_number_pattern or "").fullmatch)
    candidates = map(str, range(700_000, 800_000))
    return frozenset(prefix for prefix in candidates if any(pattern(f"{prefix}0000") for pattern in patterns))
