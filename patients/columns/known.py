"""The columns that a patient list may have, the headings they go by, and which of them each system needs.

The headings are those that EMIS, SystmOne and the tools around them write; they stand in `word_lists.toml`. Everything
that names a column, in the reader, in messages and on the help page, comes from here.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from integrations.clinical.registry import profile_of
from patients.columns.word_lists import VOCABULARY


class Column(StrEnum):
    """A kind of column; its value is what cells are stored under."""

    NHS_NUMBER = "nhs_number"
    MOBILE = "mobile"
    DATE_OF_BIRTH = "date_of_birth"
    PATIENT_NAME = "patient_name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    TITLE = "title"
    GENDER = "gender"
    DECEASED = "deceased"
    LEFT = "left"
    REGISTRATION = "registration"
    TEXT_CONSENT = "text_consent"
    TEXT_REFUSAL = "text_refusal"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class Definition:
    """One column: the name we call it by on screen, other headings it goes by, and what its cells look like."""

    column: Column
    name: str
    synonyms: tuple[str, ...]
    example: str


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A known column in a file: its heading as written there, and its place from 0.

    `key` is what its cells are kept under: the column's name, and a number from the second of a kind on.
    """

    column: Column
    header: str
    position: int
    key: str = ""

    def __post_init__(self) -> None:
        """The first of a kind needs no key of its own."""
        if not self.key:
            object.__setattr__(self, "key", self.column.value)


DEFINITIONS: dict[Column, Definition] = {
    column: Definition(column, entry["name"], tuple(entry["headings"]), entry["example"])
    for column, entry in ((column, VOCABULARY["columns"][column.value]) for column in Column)
}


NUMBERS_ALONE = ""
"""In place of a system: what is read is a list of NHS numbers, whatever else stands beside them."""


def required(system: str) -> tuple[Column, ...]:
    """The columns that a list of this system must have. Raises KeyError for a system that there is not."""
    if system == NUMBERS_ALONE:
        return (Column.NHS_NUMBER,)
    return tuple(Column(name) for name in profile_of(system).required_columns)


NAME_COLUMNS = (Column.GIVEN_NAME, Column.FAMILY_NAME, Column.PATIENT_NAME)
"""The columns of a patient's name, in parts or whole, in the order in which they are read."""

FROM_THE_RECORD = frozenset({Column.MOBILE, *NAME_COLUMNS})
"""Columns that are not used with a system from whose records we take the like."""

ABOUT_STANDING = (Column.DECEASED, Column.LEFT, Column.REGISTRATION, Column.TEXT_CONSENT, Column.TEXT_REFUSAL)
"""Columns that keep patients from being texted. There may be several of a kind, and each is read."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the start of a formula, the full-width signs included. Downloads guard these cells."""

_LONGEST_HEADING = 60
"""Characters; longer cells are text of some other kind, and not worth folding."""


def key_of(heading: str) -> str:
    """A heading without anything that spreadsheets and people vary: case, spaces, punctuation, invisible marks."""
    return "".join(c for c in unicodedata.normalize("NFKC", heading).casefold() if c.isalnum())


_COLUMN_BY_KEY = {
    key_of(heading): definition.column
    for definition in DEFINITIONS.values()
    for heading in (definition.name, *definition.synonyms)
}
_BEFORE, _AFTER = VOCABULARY["around"]["before"], VOCABULARY["around"]["after"]
_MOBILE_WORD: str = VOCABULARY["columns"]["mobile"]["taken_when_it_says"]


def known_column(heading: str) -> Column | None:
    """The column that a heading stands for, or None when it is not one of ours."""
    if len(heading) > _LONGEST_HEADING:
        return None
    key = key_of(heading)
    return _COLUMN_BY_KEY.get(key) or _about_standing(key)


def _about_standing(key: str) -> Column | None:
    """A column about standing whose heading has more around it, such as "Patient deceased (Y/N)"."""
    shorter = {key, *(key.removeprefix(word) for word in _BEFORE)}
    shorter |= {variant.removesuffix(word) for variant in shorter for word in _AFTER}
    columns = {_COLUMN_BY_KEY[variant] for variant in shorter if variant in _COLUMN_BY_KEY}.intersection(ABOUT_STANDING)
    return columns.pop() if len(columns) == 1 else None


def says_mobile(heading: str) -> bool:
    """Does a heading say that the numbers below it are mobiles?"""
    return _MOBILE_WORD in key_of(heading)


def find_columns(cells: Sequence[str]) -> list[FoundColumn]:
    """Every known column among the cells of a row, in their order; a column may be there more than once."""
    return [
        FoundColumn(column, readable(cell), position)
        for position, cell in enumerate(cells)
        if (column := known_column(cell)) is not None
    ]


def letters(position: int) -> str:
    """What a spreadsheet calls the column at a place counted from 0: A, B, ... Z, AA."""
    more, last = divmod(position, 26)
    return (letters(more - 1) if more else "") + chr(ord("A") + last)


def readable(heading: str) -> str:
    """A heading as written, without what cannot be seen or stored."""
    return " ".join("".join(c for c in heading if c.isspace() or unicodedata.category(c)[0] != "C").split())
