"""The columns that a patient list may have, the headings they go by, and which of them each system needs.

The headings are those that EMIS, SystmOne and the tools around them write (field b1 to b3). Everything that
names a column, in the reader, in messages and on the help page, comes from here.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from practices.models import ClinicalSystemName


class Column(StrEnum):
    """What a column holds."""

    NHS_NUMBER = "nhs_number"
    MOBILE = "mobile"
    DATE_OF_BIRTH = "date_of_birth"
    PATIENT_NAME = "patient_name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    TITLE = "title"
    DECEASED = "deceased"
    REGISTRATION = "registration"
    TEXT_CONSENT = "text_consent"


@dataclass(frozen=True, slots=True)
class Definition:
    """One column: the name we call it by on screen, other headings it goes by, and what its cells look like."""

    column: Column
    name: str
    synonyms: tuple[str, ...]
    example: str


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A known column in a file: its heading as written there, and its place from 0."""

    column: Column
    header: str
    position: int


DEFINITIONS: dict[Column, Definition] = {
    definition.column: definition
    for definition in (
        Definition(
            Column.NHS_NUMBER,
            "NHS Number",
            ("NHS No", "NHS Num", "NHS", "Patient NHS Number", "Patient NHS No"),
            "999 000 0018",
        ),
        Definition(
            Column.MOBILE,
            "Telecom Number",
            (
                "Telecom",
                "Telecom No",
                "Telecom Mobile",
                "Telecom Number Mobile",
                "Telecom (Mobile) Number",
                "Telecom Number (Mobile Number)",
                "Mobile Telecom Number",
                "Mobile",
                "Mobile No",
                "Mobile Number",
                "Mobile Phone",
                "Mobile Phone Number",
                "Mobile Telephone",
                "Mobile Telephone Number",
                "Mobile Telephone No",
                "Mobile Phone No",
                "Mobile Tel",
                "Mobile Contact Number",
                "Patient Mobile",
                "Patient Mobile Number",
                "Telephone (Mobile)",
                "Telephone Number (Mobile)",
                "Phone (Mobile)",
                "Contact Number",
                "Contact No",
                "Contact Telephone Number",
                "Preferred Number",
                "Preferred Mobile Number",
                "Preferred Contact Number",
                "Preferred Telephone",
                "Preferred Telephone Number",
                "Telephone",
                "Telephone No",
                "Telephone Number",
                "Phone",
                "Phone Number",
            ),
            "07700 900123",
        ),
        Definition(
            Column.DATE_OF_BIRTH,
            "Date of Birth",
            (
                "DOB",
                "Birth Date",
                "Birthdate",
                "Patient Date of Birth",
                "Patient DOB",
                "DOB (DD/MM/YYYY)",
                "Date of Birth (DD/MM/YYYY)",
            ),
            "09/03/1958",
        ),
        Definition(
            Column.PATIENT_NAME,
            "Patient Name",
            ("Name", "Full Name", "Patient", "Patient Full Name", "Patient's Name"),
            "Asha Patel",
        ),
        Definition(
            Column.GIVEN_NAME,
            "First Name",
            ("First Names", "Given Name", "Given Names", "Forename", "Forenames", "Patient First Name"),
            "Asha",
        ),
        Definition(
            Column.FAMILY_NAME,
            "Surname",
            ("Family Name", "Last Name", "Patient Surname"),
            "Patel",
        ),
        Definition(Column.TITLE, "Title", ("Patient Title",), "Mrs"),
        Definition(
            Column.DECEASED,
            "Deceased",
            (
                "Date of Death",
                "Death Date",
                "Deceased Date",
                "Date Deceased",
                "Is Deceased",
                "Patient Deceased",
                "Died",
            ),
            "No",
        ),
        Definition(
            Column.REGISTRATION,
            "Registration Status",
            ("Patient Status", "Registered", "Registered Status", "Registration", "Patient Registration Status"),
            "Registered",
        ),
        Definition(
            Column.TEXT_CONSENT,
            "Text Consent",
            (
                "SMS Consent",
                "Consent to SMS",
                "Consent to Text",
                "Consent to Texts",
                "Consent to Text Messages",
                "SMS Messaging Consent",
                "Allow SMS",
                "Allow Texts",
            ),
            "Yes",
        ),
    )
}

REQUIRED: dict[str, tuple[Column, ...]] = {
    # EMIS answers for the rest when it is asked for the NHS number.
    ClinicalSystemName.EMIS: (Column.NHS_NUMBER,),
    ClinicalSystemName.SYSTMONE: (Column.NHS_NUMBER, Column.MOBILE, Column.DATE_OF_BIRTH),
}


ASKED_WHEN_TWICE = frozenset({Column.DECEASED, Column.REGISTRATION, Column.TEXT_CONSENT})
"""Columns that keep patients from being texted. Two of one kind are asked about: to drop either could text someone."""


def _key(heading: str) -> str:
    """A heading without anything that spreadsheets and people vary: case, spaces, punctuation, invisible marks."""
    return "".join(c for c in unicodedata.normalize("NFKC", heading).casefold() if c.isalnum())


_COLUMN_BY_KEY = {
    _key(heading): definition.column
    for definition in DEFINITIONS.values()
    for heading in (definition.name, *definition.synonyms)
}


def known_column(heading: str) -> Column | None:
    """The column that a heading stands for, or None when it is not one of ours."""
    # Long cells are text of some other kind; they are not worth folding.
    return _COLUMN_BY_KEY.get(_key(heading)) if len(heading) <= 60 else None


def find_columns(cells: Sequence[str]) -> list[FoundColumn]:
    """Every known column among the cells of a row, in their order; a column may be there more than once."""
    return [
        FoundColumn(column, _readable(cell), position)
        for position, cell in enumerate(cells)
        if (column := known_column(cell)) is not None
    ]


def letters(position: int) -> str:
    """What a spreadsheet calls the column at a place counted from 0: A, B, ... Z, AA."""
    more, last = divmod(position, 26)
    return (letters(more - 1) if more else "") + chr(ord("A") + last)


def _readable(heading: str) -> str:
    """A heading as written, without what cannot be seen or stored."""
    return " ".join("".join(c for c in heading if c.isspace() or unicodedata.category(c)[0] != "C").split())
