"""What was read otherwise than it was written: shown to staff, so that nothing is changed behind their backs."""

from enum import StrEnum


class Tidied(StrEnum):
    """The code of one change; stored with the row."""

    MOBILE_ZERO = "mobile_zero"
    MOBILE_PREFIX = "mobile_prefix"
    BIRTH_CENTURY = "birth_century"
    NAME_LEFT_OUT = "name_left_out"
    NAME_NOT_GIVEN = "name_not_given"
    NAME_ORDER = "name_order"
    NAME_DAMAGED = "name_damaged"
    NAME_MENDED = "name_mended"
    NAME_LETTERS = "name_letters"
    GIVEN_DIFFERS = "given_differs"
    GENDER_DIFFERS = "gender_differs"


TIDYING: dict[Tidied, str] = {
    Tidied.MOBILE_ZERO: "We put back the 0 that a mobile number had lost",
    Tidied.MOBILE_PREFIX: "We wrote a mobile number the usual way, without 0044 or (0)",
    Tidied.BIRTH_CENTURY: "We took a year of birth with two digits as the latest one possible",
    Tidied.NAME_LEFT_OUT: "The name has something in it that we do not put in a text, so the text has no name",
    Tidied.NAME_NOT_GIVEN: "The first name is only a title, an initial or the surname, so the text has no name",
    Tidied.NAME_ORDER: "We cannot tell the first name from the surname, so the text has no name",
    Tidied.NAME_DAMAGED: "Letters of the name were damaged when the file was saved, so the text has no name",
    Tidied.NAME_MENDED: "We put right letters of a name that were damaged when the file was saved",
    Tidied.NAME_LETTERS: "We write a name in plain letters in texts, where its own letters would cost more",
    Tidied.GIVEN_DIFFERS: "The first name in the file is not the one in the record",
    Tidied.GENDER_DIFFERS: "The sex in the file is not the one in the record",
}
"""Each change in words, for counts and rows."""

NAMELESS: dict[Tidied, str] = {
    Tidied.NAME_LEFT_OUT: "The name has something in it that we do not put in a text",
    Tidied.NAME_NOT_GIVEN: "The first name is only a title, an initial or the surname",
    Tidied.NAME_ORDER: "We cannot tell the first name from the surname",
    Tidied.NAME_DAMAGED: "Letters of the name were damaged when the file was saved",
}
"""Why a text greets nobody by name, where there is something in the file that may be a name."""

OF_THE_RECORD = frozenset((Tidied.GIVEN_DIFFERS, Tidied.GENDER_DIFFERS))
"""In what the file is not as the record, where that keeps nobody from being texted (gp-connect#patients)."""

OF_NAMES = frozenset((*NAMELESS, Tidied.NAME_MENDED, Tidied.NAME_LETTERS))
"""What there is to remark of a name."""
