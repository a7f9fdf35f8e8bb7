"""Reads a report of appointments, CSV or Excel, into rows with what is wrong with each. Nothing is stored here."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import BinaryIO

from django.conf import settings

from booking.reports.columns import DEFINITIONS, NEEDED, ReportColumn, is_again, places
from booking.reports.moments import NotAMoment, read_moment
from booking.reports.reasons import ReportReason
from patients.checks.rows import unmarked
from patients.columns.known import NUMBERS_ALONE, key_of
from patients.files.effort import Effort
from patients.files.encodings import inspect
from patients.files.reader import Source
from patients.files.text_files import malformed, open_text
from patients.files.workbook import open_workbook
from patients.tables import faults
from patients.tables.headers import Header
from patients.tables.patient_likeness import could_be_patient, is_blank
from patients.values.nhs_numbers import NotAnNhsNumber, parse_nhs_number

AHEAD = timedelta(days=366)
"""An appointment later than this is a date that was misread or mistyped."""

MOST_ROWS = 20_000
"""Rows of one report: a large practice has some thousand appointments in a month."""

MOST_SECONDS = 20
"""Of the processor, since staff wait for it: the longest report takes a few."""

_LONGEST = 100
"""Characters of a cell that are kept."""

_LONGEST_READ = 200
"""Characters of a cell that are looked at: no number, date or time has as many."""

_LIKE_A_NUMBER = re.compile(r"[0-9][0-9 -]{5}")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a report: an appointment as far as it could be read, and what is wrong with it, by code."""

    number: int
    nhs_number: str = ""
    starts_at: datetime | None = None
    slot_type: str = ""
    clinician: str = ""
    location: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """A whole report: the SHA-256 of its file, its rows, and how many others were no appointments."""

    digest: str
    lines: list[Line] = field(default_factory=list)
    other_rows: int = 0


def slot_type_key(name: str) -> str:
    """A slot type as it is compared: without anything that reports vary, such as case and spaces."""
    return key_of(name)[:_LONGEST] or name[:_LONGEST]


def read_report(file: BinaryIO, now: datetime) -> Report:
    """Read a report that is open, and seekable. Raises FileFault for a file that cannot be used, with the remedy."""
    effort = Effort(seconds=min(settings.UPLOAD_MAX_SECONDS, MOST_SECONDS))
    content = inspect(file, most_bytes=settings.UPLOAD_MAX_BYTES)
    opened: AbstractContextManager[Source] = (
        open_workbook(file, effort, system=NUMBERS_ALONE, most_unpacked=settings.WORKBOOK_MAX_BYTES)
        if content.is_package
        else open_text(file, content, system=NUMBERS_ALONE)
    )
    report = Report(content.digest)
    with opened as source:
        if source.header is None:
            raise faults.no_header([DEFINITIONS[column].name for column in NEEDED])
        _refuse_other_sheets(source)
        reader = _LineReader(source, source.header, now)
        for number, cells in _below(source, source.header, effort):
            if (line := reader.read(number, cells)) is not None:
                report.lines.append(line)
            else:
                report.other_rows += 1
            if len(report.lines) + report.other_rows > MOST_ROWS:
                raise faults.too_many_rows(MOST_ROWS)
    if not report.lines:
        raise faults.no_patients()
    return report


def _refuse_other_sheets(source: Source) -> None:
    for sheet in source.elsewhere():
        for number, cells in sheet.records:
            if could_be_patient(cells):
                raise faults.other_sheet(sheet.name, number, source.name)


def _below(source: Source, header: Header, effort: Effort) -> Iterator[tuple[int, list[str]]]:
    """The filled rows below the headings, these left out where they come again."""
    number = 0
    try:
        for number, cells in effort.watched(source.records()):
            if number > header.row and not is_blank(cells) and not is_again(cells, header):
                yield number, cells
            elif number < header.row and could_be_patient(cells):
                raise faults.rows_above([number], header.row)
    except csv.Error as error:
        raise malformed(error, number + 1) from None
    except UnicodeError:
        raise faults.unreadable() from None


class _LineReader:
    """Reads the rows of one table."""

    def __init__(self, source: Source, header: Header, now: datetime) -> None:
        """Raises FileFault when the headings do not do."""
        self._places = places(header)
        self._width = len(header.cells)
        self._may_slip = not source.has_places
        self._now = now

    def read(self, number: int, cells: Sequence[str]) -> Line | None:
        """A row as an appointment; None for one that has neither a patient's number nor a time, such as a total."""
        if self._may_slip and "".join(cells[self._width :]).strip():
            return Line(number, reasons=(ReportReason.SLIPPED,)) if could_be_patient(cells) else None
        reasons: list[str] = []
        nhs_number, moment = "", None
        try:
            nhs_number = parse_nhs_number(self._cell(cells, ReportColumn.NHS_NUMBER))
        except NotAnNhsNumber as error:
            reasons.append(error.reason)
        try:
            day, at = self._cell(cells, ReportColumn.DATE), self._cell(cells, ReportColumn.TIME)
            moment = read_moment(day, at)
        except NotAMoment:
            reasons.append(ReportReason.NO_MOMENT)
        if moment is None and not _LIKE_A_NUMBER.search(self._cell(cells, ReportColumn.NHS_NUMBER)):
            return None
        slot_type = self._cell(cells, ReportColumn.SLOT_TYPE)[:_LONGEST]
        if moment is not None and moment <= self._now:
            reasons.append(ReportReason.PAST)
        elif moment is not None and moment > self._now + AHEAD:
            reasons.append(ReportReason.FAR_AHEAD)
        if not slot_type:
            reasons.append(ReportReason.NO_SLOT_TYPE)
        clinician, location = (
            self._cell(cells, column)[:_LONGEST] for column in (ReportColumn.CLINICIAN, ReportColumn.LOCATION)
        )
        return Line(number, nhs_number, moment, slot_type, clinician, location, tuple(reasons))

    def _cell(self, cells: Sequence[str], column: ReportColumn) -> str:
        """A cell in characters that can be seen and stored; empty where the report has no such column."""
        place = self._places.get(column, len(cells))
        written = cells[place].strip() if place < len(cells) else ""
        written = f"{written[:_LONGEST_READ]}…" if len(written) > _LONGEST_READ else unmarked(written)
        return " ".join("".join(c if c.isprintable() else " " for c in written).split())
