"""The columns of a report of appointments, and their headings in EMIS and SystmOne (lists#appointment-reports).

A report is read as patient lists are: where the table begins is found from the heading of its NHS numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from patients.columns.known import key_of, readable
from patients.tables import faults
from patients.tables.headers import Header


class ReportColumn(StrEnum):
    """A kind of column of a report."""

    NHS_NUMBER = "nhs_number"
    DATE = "date"
    TIME = "time"
    SLOT_TYPE = "slot_type"
    CLINICIAN = "clinician"
    LOCATION = "location"


@dataclass(frozen=True, slots=True)
class Definition:
    """One column: its name on screen, what its cells look like, and its headings, the surest first."""

    name: str
    example: str
    headings: tuple[str, ...]


DEFINITIONS: dict[ReportColumn, Definition] = {
    ReportColumn.NHS_NUMBER: Definition(
        "NHS Number",
        "999 000 0018",
        ("NHS Number", "NHS No", "NHS Num", "Patient NHS Number", "Patient NHS No", "NHS"),
    ),
    ReportColumn.DATE: Definition(
        "Appointment Date",
        "30/11/2026",
        (
            *("Appointment Date/Time", "Appointment Date and Time", "Appointment Date & Time", "Appointment DateTime"),
            *("Appointment Start Date/Time", "Appointment Start", "Appointment Date", "Date of Appointment"),
            *("Appointment Day", "Appt Date/Time", "Appt Date", "Slot Date/Time", "Slot Date", "Slot Start Date"),
            *("Start Date/Time", "Start Date and Time", "Start Date", "Session Date", "Rota Date", "Date/Time"),
            *("Date and Time", "Date"),
        ),
    ),
    ReportColumn.TIME: Definition(
        "Appointment Time",
        "14:20",
        (
            *("Appointment Time", "Appointment Start Time", "Time of Appointment", "Appt Time", "Appt Start Time"),
            *("Slot Start Time", "Slot Time", "Start Time", "Time Start", "Planned Start Time", "Start", "Time"),
        ),
    ),
    ReportColumn.SLOT_TYPE: Definition(
        "Slot Type",
        "Nurse appointment",
        (
            *("Slot Type", "Slot Type Name", "Slot Type Description", "Appointment Slot Type", "Appt Slot Type"),
            *("Appointment Type", "Appt Type", "Type of Appointment", "Type of Slot", "Slot"),
        ),
    ),
    ReportColumn.CLINICIAN: Definition(
        "Clinician",
        "Nurse Jones",
        (
            *("Clinician", "Clinician Name", "Session Holder", "Session Holder Name", "Appointment Clinician"),
            *("Appointment With", "Slot Holder", "Rota Holder", "Practitioner", "Staff Member", "Seen By", "With"),
        ),
    ),
    ReportColumn.LOCATION: Definition(
        "Location",
        "Branch Surgery",
        (
            *("Location", "Location Name", "Appointment Location", "Session Location", "Site", "Site Name"),
            *("Appointment Site", "Appointment Branch", "Branch", "Branch Name", "Surgery"),
        ),
    ),
}

NEEDED = (ReportColumn.NHS_NUMBER, ReportColumn.DATE, ReportColumn.SLOT_TYPE)
"""What a report must have. The time may stand in the date's column, or in one of its own."""

_RANKS: dict[str, tuple[ReportColumn, int]] = {
    key_of(heading): (column, rank)
    for column, definition in DEFINITIONS.items()
    for rank, heading in enumerate(definition.headings)
}


def places(header: Header) -> dict[ReportColumn, int]:
    """Where each column is, from 0. Raises FileFault when a needed one is missing, or a heading is there twice.

    Of several headings for the same the surest counts: "Appointment Date" goes before "Date".
    """
    ranked: dict[ReportColumn, list[tuple[int, int]]] = {}
    for place, cell in enumerate(header.cells):
        if known := _RANKS.get(key_of(cell)):
            ranked.setdefault(known[0], []).append((known[1], place))
    chosen: dict[ReportColumn, int] = {}
    for column, several in ranked.items():
        (rank, place), *others = sorted(several)
        if any(other == rank for other, _ in others):
            raise faults.column_twice(DEFINITIONS[column].name, [readable(header.cells[at]) for _, at in several])
        chosen[column] = place
    if missing := [DEFINITIONS[column].name for column in NEEDED if column not in chosen]:
        raise faults.missing_column(missing, [readable(header.cells[place]) for place in sorted(chosen.values())])
    return chosen


def is_again(cells: Sequence[str], header: Header) -> bool:
    """Whether these are the headings once more, as reports of several pages have them."""
    ours = [key_of(cell) for cell in header.cells]
    return [key_of(cell) for cell in cells[: len(ours)]] == ours
