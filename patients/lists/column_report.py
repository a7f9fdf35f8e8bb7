"""Which column of a list's file was read as what, and which were not read, for staff to look over."""

from dataclasses import dataclass

from patients.columns.known import DEFINITIONS, Column, letters
from patients.files.guides import uses_of
from patients.models import PatientList


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column that was read: its letter and heading, what it was read as, and what is done with it.

    `from_row` is the row of its heading where the file has headings more than once.
    """

    letter: str
    header: str
    name: str
    use: str
    from_row: int | None


@dataclass(frozen=True, slots=True)
class UnreadColumn:
    """A column that was not read, with the first thing in it, and why not where another was taken in its place."""

    letter: str
    header: str
    first_value: str
    why: str
    from_row: int | None


def columns_read(patient_list: PatientList) -> list[ReadColumn]:
    """The columns of a list that were read, in their order."""
    uses = uses_of(patient_list.system)
    return [
        ReadColumn(
            letter=letters(column["position"]),
            header=column["header"],
            name=DEFINITIONS[Column(column["column"])].name,
            use=uses[Column(column["column"])],
            from_row=column.get("from_row"),
        )
        for column in patient_list.columns
    ]


def columns_unread(patient_list: PatientList) -> list[UnreadColumn]:
    """The columns of a list that were not read, in their order."""
    return [
        UnreadColumn(
            letter=letters(column["position"]),
            header=column["header"],
            first_value=column["first_value"],
            why=_why(patient_list, column["known"], column.get("from_row")),
            from_row=column.get("from_row"),
        )
        for column in patient_list.unread_columns
    ]


def _why(patient_list: PatientList, known: str | None, from_row: int | None) -> str:
    """Why a column that we know was not read: another was, or there are several and we do not choose."""
    if known is None:
        return ""
    name = DEFINITIONS[Column(known)].name
    for column in patient_list.columns:
        if column["column"] == known and column.get("from_row") == from_row:
            return f"We took column {letters(column['position'])} for {name}."
    return f"There is more than one column for {name}, so we used neither."
