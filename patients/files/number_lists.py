"""Reads a list of NHS numbers out of any file that staff have at hand: plain lines, a CSV or a workbook of any layout.

With a heading that we know for NHS numbers, the column below it is read. Without one every cell is looked at. What is
no NHS number is said with its row and its reason, and never repaired (nhs-numbers#spellings).
"""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO

from django.conf import settings

from patients.columns.known import NUMBERS_ALONE, Column
from patients.files.effort import Effort
from patients.files.encodings import inspect
from patients.files.reader import Source
from patients.files.text_files import malformed, open_text
from patients.files.workbook import open_workbook
from patients.reasons import Reason
from patients.tables import faults
from patients.tables.faults import FileFault, FileFaultCode
from patients.tables.patient_likeness import could_be_patient, is_blank
from patients.values.nhs_numbers import NotAnNhsNumber, parse_nhs_number

NOTHING_THERE = "There is no NHS number in the file. Choose a file with a column of NHS numbers"

_SECONDS, _ELEMENTS = 5.0, 4_000_000
"""What such a file may cost: it is read while somebody waits, by a process that has others' pages to make."""

_BESIDE = " \t\r\n'\"=;,|\u00a0\ufeff\x1a"
"""What spreadsheets and people put around a number."""
_PARTS = re.compile(r"[,;|\t\r\n]+")
_LIKE_A_NUMBER = re.compile(r"(?:[0-9][\s\-]?){8,}|[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")


@dataclass(frozen=True, slots=True)
class BadNumber:
    """A row whose NHS number cannot be used: where it stands in a spreadsheet, and why. Never what stands there."""

    row: int
    reason: Reason


@dataclass(slots=True)
class NumberList:
    """The NHS numbers of a file, each once and in its order.

    `repeated` counts those that were there before in the same file; `rows` the rows with something in them.
    """

    numbers: dict[str, None] = field(default_factory=dict)
    repeated: int = 0
    rows: int = 0
    bad: list[BadNumber] = field(default_factory=list)

    def take(self, row: int, written: str) -> None:
        """Take what stands for an NHS number in a row."""
        try:
            number = parse_nhs_number(written.strip(_BESIDE))
        except NotAnNhsNumber as error:
            self.bad.append(BadNumber(row, error.reason))
            return
        if number in self.numbers:
            self.repeated += 1
        self.numbers[number] = None


def read_numbers(file: BinaryIO, *, most_bytes: int, most_rows: int) -> NumberList:
    """The NHS numbers of a file. Raises FileFault for one that cannot be read whole, or has none.

    The file must be seekable; it is read more than once and stays open.
    """
    effort = Effort(seconds=_SECONDS, elements=_ELEMENTS)
    content = inspect(file, most_bytes=most_bytes)
    opened: AbstractContextManager[Source] = (
        open_workbook(file, effort, system=NUMBERS_ALONE, most_unpacked=settings.WORKBOOK_MAX_BYTES)
        if content.is_package
        else open_text(file, content, system=NUMBERS_ALONE)
    )
    with opened as source:
        for sheet in source.elsewhere():
            for number, cells in sheet.records:
                if could_be_patient(cells):
                    raise faults.other_sheet(sheet.name, number, source.name)
        read = _read(source, effort, most_rows)
    if not read.numbers and not read.bad:
        raise FileFault(FileFaultCode.NO_PATIENTS, NOTHING_THERE)
    return read


def _read(source: Source, effort: Effort, most_rows: int) -> NumberList:
    read, first, column = NumberList(), 0, -1
    header = source.header
    for match in header.found if header else ():
        if match.column is Column.NHS_NUMBER:
            first, column = header.row if header else 0, match.position
            break
    number = first
    for number, cells in effort.watched(_records(source)):
        if number <= first or is_blank(cells):
            continue
        read.rows += 1
        if read.rows > most_rows:
            raise faults.too_many_rows(most_rows)
        if column >= 0:
            read.take(number, cells[column] if column < len(cells) else "")
        else:
            _take_any(read, number, cells)
    return read


def _records(source: Source) -> Iterator[tuple[int, list[str]]]:
    """Every record of a source. Raises FileFault for what only shows on the way."""
    number = 0
    try:
        for number, cells in source.records():
            yield number, cells
    except csv.Error as error:
        raise malformed(error, number + 1) from None
    except UnicodeError:
        raise faults.unreadable() from None


def _take_any(read: NumberList, row: int, cells: Sequence[str]) -> None:
    """Take the NHS numbers of a row whose columns nobody has named; where it has none, what was meant for one."""
    parts = [part.strip(_BESIDE) for cell in cells for part in _PARTS.split(cell)]
    whole = [part for part in parts if _is_number(part)]
    meant = [part for part in parts if _LIKE_A_NUMBER.fullmatch(part)]
    for part in whole or meant[:1]:
        read.take(row, part)


def _is_number(part: str) -> bool:
    try:
        return bool(parse_nhs_number(part))
    except NotAnNhsNumber:
        return False
