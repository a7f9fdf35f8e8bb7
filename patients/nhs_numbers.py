"""NHS numbers as people and spreadsheets write them."""

import re

from stdnum.gb import nhs

from patients.reasons import Reason

_LENGTH = 10
# Spaces and dashes of every kind, and the marks that cannot be seen.
_SEPARATORS = re.compile(r"[\s\-\u00ad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
# 9.99E+09 has lost digits; 9990000018.0 shows that a spreadsheet took the number for an amount.
_SHORTENED = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+|[0-9]+[.,]0+")


class NotAnNhsNumber(Exception):
    """The text is no NHS number; `reason` says why. Never carries the text."""

    def __init__(self, reason: Reason) -> None:
        """Keep the reason."""
        super().__init__(reason.value)
        self.reason = reason


def parse_nhs_number(written: str) -> str:
    """Read an NHS number, with or without spaces and dashes, to its ten digits. Raises NotAnNhsNumber.

    The last digit is a check (wire 14.1). A number that a spreadsheet has damaged is refused, never repaired.
    """
    digits = _SEPARATORS.sub("", written)
    if not digits:
        raise NotAnNhsNumber(Reason.NHS_NUMBER_MISSING)
    if not (digits.isascii() and digits.isdigit()):
        damaged = _SHORTENED.fullmatch(digits)
        raise NotAnNhsNumber(Reason.NHS_NUMBER_SPREADSHEET if damaged else Reason.NHS_NUMBER_CHARACTERS)
    if len(digits) != _LENGTH:
        raise NotAnNhsNumber(Reason.NHS_NUMBER_LENGTH)
    if digits == digits[0] * _LENGTH:
        raise NotAnNhsNumber(Reason.NHS_NUMBER_SAME_DIGITS)
    if not nhs.is_valid(digits):
        raise NotAnNhsNumber(Reason.NHS_NUMBER_CHECK)
    return digits
