"""What was read otherwise than it was written: shown to staff, so that nothing is changed behind their backs."""

from enum import StrEnum


class Tidied(StrEnum):
    """The code of one change; stored with the row."""

    MOBILE_ZERO = "mobile_zero"
    MOBILE_PREFIX = "mobile_prefix"
    BIRTH_CENTURY = "birth_century"
    NAME_LEFT_OUT = "name_left_out"


TIDYING: dict[Tidied, str] = {
    Tidied.MOBILE_ZERO: "We put back the 0 that a mobile number had lost",
    Tidied.MOBILE_PREFIX: "We wrote a mobile number the usual way, without 0044 or (0)",
    Tidied.BIRTH_CENTURY: "We took a year of birth with two digits as the latest one possible",
    Tidied.NAME_LEFT_OUT: "The name has something in it that we do not put in a text, so the text has no name",
}
"""Each change in words, for counts and rows."""
