"""NHS numbers as people and spreadsheets write them (nhs-numbers#spellings)."""

import re

from patients.reasons import Reason

_LENGTH = 10
# Spaces and dashes of every kind, and the marks that cannot be seen.
_SEPARATORS = re.compile(r"[\s\-\u00ad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
# 9.99E+09 has lost digits; 9990000018.0 shows that a spreadsheet took the number for an amount.
_SHORTENED = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+|[0-9]+[.,]0+")
_FILLERS = frozenset(digit * _LENGTH for digit in "0123456789")


def _weighed(length: int, first_weight: int) -> dict[str, int]:
    """The weighted sum of every group of so many digits, by the group as it is written."""
    weights = range(first_weight, first_weight - length, -1)
    groups = (f"{number:0{length}}" for number in range(10**length))
    return {group: sum(weight * int(digit) for weight, digit in zip(weights, group, strict=True)) for group in groups}


# The digits have the weights 10 to 1, and a number is right when their sum can be divided by 11
# (nhs-numbers#check-digit). The sum of a whole number is that of its parts 999 000 0018; what is not in these tables is
# not written in ten plain digits.
_FIRST_THREE, _NEXT_THREE, _LAST_FOUR = _weighed(3, 10), _weighed(3, 7), _weighed(4, 4)


class NotAnNhsNumber(Exception):
    """The text is no NHS number; `reason` says why. Never carries the text."""

    def __init__(self, reason: Reason) -> None:
        """`reason` is what staff are told about the row."""
        super().__init__(reason.value)
        self.reason = reason


def plain_nhs_number(written: str) -> str:
    """The NHS number in ten plain digits, with or without spaces: nearly all are written so. Empty for all else."""
    digits = written.replace(" ", "")
    try:
        total = _FIRST_THREE[digits[:3]] + _NEXT_THREE[digits[3:6]] + _LAST_FOUR[digits[6:]]
    except KeyError:
        return ""
    return digits if total % 11 == 0 and digits not in _FILLERS else ""


def parse_nhs_number(written: str) -> str:
    """Read an NHS number, with or without spaces and dashes, to its ten digits. Raises NotAnNhsNumber.

    The last digit is a check (nhs-numbers#check-digit). What a spreadsheet has damaged is refused, never repaired.
    """
    digits = _SEPARATORS.sub("", written)
    if not digits:
        raise NotAnNhsNumber(Reason.NHS_NUMBER_MISSING)
    if not (digits.isascii() and digits.isdigit()):
        damaged = _SHORTENED.fullmatch(digits)
        raise NotAnNhsNumber(Reason.NHS_NUMBER_SPREADSHEET if damaged else Reason.NHS_NUMBER_CHARACTERS)
    if len(digits) != _LENGTH:
        raise NotAnNhsNumber(Reason.NHS_NUMBER_LENGTH)
    if digits in _FILLERS:
        raise NotAnNhsNumber(Reason.NHS_NUMBER_SAME_DIGITS)
    if not plain_nhs_number(digits):
        raise NotAnNhsNumber(Reason.NHS_NUMBER_CHECK)
    return digits
