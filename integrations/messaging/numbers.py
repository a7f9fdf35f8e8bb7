"""Which phone numbers may be sent a text: UK mobiles, and nothing that only looks like one.

Spreadsheets and people write one number in many ways, so the spelling is mended as far as it can be without guessing
(a lost leading zero, `0044`, `(0)`, a stray `+`), and then Google's numbering plan in `phonenumbers` decides. Refused
are landlines, premium and pager numbers, 070 personal numbers (dear, and often forwarded to someone else) and foreign
numbers. Numbers of Jersey, Guernsey and the Isle of Man are UK mobiles that cost more: they are marked.

Source of the rules: wire 14.2 and 14.3; safety B36 to B39.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, ValidationResult

_ISLANDS = ("JE", "GG", "IM")
_MOBILE_DIGITS = 10
# Ofcom keeps 07700 900000 to 900999 for fiction: nobody's, so right for demonstrations and wrong for patients.
_MADE_UP = re.compile(r"7700900\d{3}")
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
    NOT_UK = "not_uk"
    NOT_A_MOBILE = "not_a_mobile"
    INVALID = "invalid"


class NotAMobile(Exception):
    """The text is not a UK mobile number. Carries the `kind` of fault only, never the number."""

    def __init__(self, kind: MobileFault) -> None:
        """Keep the kind."""
        super().__init__(kind.value)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Mobile:
    """A UK mobile number.

    `e164` is `+447` and nine digits. `normalised` says the spelling needed mending beyond spaces and dashes. `island`
    marks Jersey, Guernsey and the Isle of Man, which the provider charges as abroad.
    """

    e164: str
    normalised: bool
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
        regions = _regions_by_prefix()
        region = regions.get(national[:6])
        if region is None and allow_test_numbers and _MADE_UP.fullmatch(national):
            region = "GB"
        if region is not None:
            return Mobile("+44" + national, not _is_plain(raw, compact, national), region in _ISLANDS)
    raise NotAMobile(_fault(national))


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


def _is_plain(raw: str, compact: str, national: str) -> bool:
    """Whether the number was written as 07... or +447..., give or take spaces and dashes."""
    return compact in ("0" + national, "+44" + national) and "(" not in raw


def _fault(national: str) -> MobileFault:
    """Say why a number, without country code and zeros, is no UK mobile."""
    if not national or (national.startswith("7") and len(national) < _MOBILE_DIGITS):
        return MobileFault.TOO_SHORT
    if len(national) > _MOBILE_DIGITS:  # no UK number is longer
        return MobileFault.TOO_LONG
    number = PhoneNumber(country_code=44, national_number=int(national))
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == ValidationResult.TOO_LONG:
        return MobileFault.TOO_LONG
    if possible in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return MobileFault.TOO_SHORT
    return _FAULT_BY_TYPE.get(phonenumbers.number_type(number), MobileFault.NOT_A_MOBILE)


_FAULT_BY_TYPE = {
    PhoneNumberType.FIXED_LINE: MobileFault.LANDLINE,
    PhoneNumberType.PERSONAL_NUMBER: MobileFault.PERSONAL_NUMBER,
    PhoneNumberType.UNKNOWN: MobileFault.INVALID,
}


@cache
def _regions_by_prefix() -> dict[str, str]:
    """Region by the first six digits of a mobile number, for every prefix in use.

    The plan hands out UK mobile numbers in blocks of 10,000, so six digits decide. Asking the library about a whole
    list takes ten times as long as asking it once about each block.
    """
    regions: dict[str, str] = {}
    for region in ("GB", *_ISLANDS):
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        if metadata is None or metadata.mobile is None:  # pragma: no cover - the library ships all four
            continue
        pattern = re.compile(metadata.mobile.national_number_pattern or "")
        for prefix in map(str, range(700_000, 800_000)):
            if pattern.fullmatch(prefix + "0000"):
                regions.setdefault(prefix, region)
    return regions
