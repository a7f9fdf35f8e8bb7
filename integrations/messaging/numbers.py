"""Which phone numbers may be sent a text: UK mobiles, and nothing that only looks like one.

Spreadsheets and people write one number in many ways, so the spelling is mended as far as it can be without guessing
(a lost leading zero, `0044`, `(0)`, a stray `+`), and then Google's numbering plan in `phonenumbers` decides. Refused
are landlines, premium and pager numbers, 070 personal numbers (dear, and often forwarded to someone else) and foreign
numbers. Numbers of Jersey, Guernsey and the Isle of Man are UK mobiles that cost more: they are marked.

The rules: phone-numbers#spellings and phone-numbers#which-are-texted.
"""

import re
from enum import StrEnum
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, ValidationResult

_REGIONS = ("GB", "GG", "IM", "JE")
_GB = 1
_MOBILE_DIGITS = 10
# Ofcom keeps 07700 900000 to 900999 for fiction: nobody's, so right for demonstrations and wrong for patients.
_MADE_UP = re.compile(r"7700900[0-9]{3}")
# Spaces of every kind, brackets, dashes of every kind, and the invisible marks that phones add when a number is copied.
_SEPARATORS = re.compile(r"[\s()\-\u2010-\u2015\u2212\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_SPELLING = re.compile(r"([+0]*)([1-9][0-9]*)?")


class MobileFault(StrEnum):
    """Why a number will not be sent to."""

    MISSING = "missing"
    UNKNOWN_CHARACTER = "unknown_character"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    LANDLINE = "landline"
    PERSONAL_NUMBER = "personal_number"
    PREMIUM = "premium"
    NOT_UK = "not_uk"
    NOT_A_MOBILE = "not_a_mobile"
    INVALID = "invalid"


class NotAMobile(Exception):
    """The text is not a UK mobile number. Carries the `kind` of fault only, never the number."""

    def __init__(self, kind: MobileFault) -> None:
        """`kind` says what is wrong with the text."""
        super().__init__(kind.value)
        self.kind = kind


class Spelling(StrEnum):
    """How a number was written, spaces and dashes aside: 07... or +447..., without its first 0, or otherwise."""

    USUAL = "usual"
    LOST_ZERO = "lost_zero"
    PREFIXED = "prefixed"


class Mobile(NamedTuple):
    """A UK mobile number.

    `e164` is `+447` and nine digits. `island` marks Jersey, Guernsey and the Isle of Man, which the provider charges
    as abroad.
    """

    e164: str
    spelling: Spelling
    island: bool


def parse_mobile(raw: str, *, allow_test_numbers: bool) -> Mobile:
    """Read a UK mobile number as people and spreadsheets write it. Raises NotAMobile.

    `allow_test_numbers` lets the made-up numbers 07700 900000 to 900999 through; never set it where real patients are.
    """
    compact = _SEPARATORS.sub("", raw)
    if not compact:
        raise NotAMobile(MobileFault.MISSING)
    national = _national(compact)
    if len(national) == _MOBILE_DIGITS and national[0] == "7":
        block = _blocks()[int(national[1:6])]
        if block or (allow_test_numbers and _MADE_UP.fullmatch(national)):
            return Mobile("+44" + national, _spelling(raw, compact, national), block > _GB)
    raise NotAMobile(_fault(national))


def plain_mobile(raw: str) -> str:
    """The E.164 form of a mobile of Great Britain written 07... or +447..., with or without spaces; empty for all else.

    Most numbers of every list are such. The plan hands out UK mobile numbers in blocks, so their first digits decide,
    and one look into a table made from the library's own patterns says what the library would in a hundred times as
    long. The few beginnings that hold blocks of several kinds are not in it.
    """
    compact = raw.replace(" ", "")
    if compact[:1] == "+" and compact[:3] == "+44":
        compact = "0" + compact[3:]
    if compact[:6] in _gb_beginnings() and len(compact) == 11 and compact.isdigit() and compact.isascii():
        return "+44" + compact[1:]
    return ""


def _national(compact: str) -> str:
    """The number without its country code and leading zeros. Raises NotAMobile for another country's."""
    spelling = _SPELLING.fullmatch(compact)
    if spelling is None:
        raise NotAMobile(MobileFault.UNKNOWN_CHARACTER)
    prefix, digits = spelling[1], spelling[2] or ""
    if digits.startswith("44"):
        return digits[2:].lstrip("0")
    # "+" or "00" right before other digits names another country, except that a number with one zero too many still
    # reads as a UK mobile ("00 7700 900123"): no country has a number of that shape. "+7" is never taken for a lost
    # country code: it is Russia's, and a guess would text a stranger.
    looks_mobile = len(digits) == _MOBILE_DIGITS and digits.startswith("7")
    abroad = prefix.startswith(("+", "00"))
    if abroad and (prefix == "+" or not looks_mobile):
        raise NotAMobile(MobileFault.NOT_UK if digits else MobileFault.TOO_SHORT)
    return digits


def _spelling(raw: str, compact: str, national: str) -> Spelling:
    """How a number was written, give or take spaces and dashes."""
    if compact == national:
        return Spelling.LOST_ZERO
    usual = compact in ("0" + national, "+44" + national) and "(" not in raw
    return Spelling.USUAL if usual else Spelling.PREFIXED


def _fault(national: str) -> MobileFault:
    """Say why a number, without country code and zeros, is no UK mobile."""
    if not national or (national.startswith("7") and len(national) < _MOBILE_DIGITS):
        return MobileFault.TOO_SHORT
    if len(national) > _MOBILE_DIGITS:  # no UK number is longer
        return MobileFault.TOO_LONG
    if _is_landline(national):
        return MobileFault.LANDLINE
    number = PhoneNumber(country_code=44, national_number=int(national))
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return MobileFault.TOO_SHORT
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.PREMIUM_RATE and national.startswith("9"):  # the others are 084 and 087
        return MobileFault.PREMIUM
    return _FAULT_BY_TYPE.get(kind, MobileFault.NOT_A_MOBILE)


_FAULT_BY_TYPE = {
    PhoneNumberType.FIXED_LINE: MobileFault.LANDLINE,
    PhoneNumberType.PERSONAL_NUMBER: MobileFault.PERSONAL_NUMBER,
    PhoneNumberType.UNKNOWN: MobileFault.INVALID,
}


def _is_landline(national: str) -> bool:
    """Whether a number is plainly a landline, the commonest fault. No other kind of number starts with 1 or 2."""
    return len(national) == _MOBILE_DIGITS and national[0] in "12" and bool(_landlines().fullmatch(national))


@cache
def _landlines() -> re.Pattern[str]:
    return _pattern("GB", "fixed_line")


def _pattern(region: str, kind: str) -> re.Pattern[str]:
    """The library's own pattern for one kind of number in a region, without country code and leading zero."""
    description = getattr(phonenumbers.PhoneMetadata.metadata_for_region(region), kind)
    return re.compile(description.national_number_pattern)


@cache
def _blocks() -> bytes:
    """Whose each block of mobile numbers is, by its five digits after the 7: 0 is nobody's, 1 GB's, more an island's.

    Should two regions ever claim one block, the first of them has it, as in the library.
    """
    blocks = bytearray(100_000)
    for place, region in reversed(list(enumerate(_REGIONS, _GB))):
        allotted = _pattern(region, "mobile").fullmatch
        for block in range(100_000):
            if allotted(f"7{block:05}0000"):
                blocks[block] = place
    return bytes(blocks)


@cache
def _gb_beginnings() -> frozenset[str]:
    """The beginnings 07 and four digits of which every number is a mobile of Great Britain."""
    only_gb = bytes([_GB]) * 10
    return frozenset(f"07{start:04}" for start in range(10_000) if _blocks()[start * 10 : start * 10 + 10] == only_gb)
