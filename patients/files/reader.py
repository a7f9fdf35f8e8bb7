"""Reads the lists that EMIS, SystmOne and Excel write, as a stream of rows, in memory that does not grow.

Where the table starts, what separates its cells and which encoding it is in are found from the content. Nothing
doubtful is guessed: a file that may mean two things is refused with a FileFault that says what to change.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from operator import itemgetter
from typing import BinaryIO, NamedTuple, Protocol

from django.conf import settings

from patients.columns.known import Column
from patients.files.effort import Effort
from patients.files.encodings import inspect
from patients.files.packages import check_package
from patients.files.sheets import MOST_ROWS
from patients.files.text_files import malformed, open_text
from patients.files.workbook import open_workbook
from patients.tables import faults
from patients.tables.faults import FileFault, FileFaultCode
from patients.tables.footers import OtherRows
from patients.tables.headers import (
    LIKE_HEADINGS,
    Header,
    choose_columns,
    heading_again,
    heading_of_people,
    is_same,
    missing_columns,
    needed_header,
)
from patients.tables.patient_likeness import could_be_patient, is_blank, split_single_cell
from patients.tables.row_accounting import Account, OtherKind, OtherRow, OtherSheet
from patients.tables.unread_columns import Listener, Mark, Questions

__all__ = ["FileFault", "FileFaultCode", "Row", "Section", "Table", "glance", "open_table"]

_MOST_SECTIONS = 100
_SHORT = 9
"""An NHS number has more digits; fewer could be a count of patients."""


class Row(NamedTuple):
    """One row with something in it. `number` is what a spreadsheet shows; `cells` follow its section's `columns`.

    `damaged`: there are bytes in it that are not text. `overlong`: it has filled cells beyond the last heading, in a
    file where they may belong to any. `marks`: what it says in columns that staff are asked about.
    """

    number: int
    cells: Sequence[str]
    damaged: bool = False
    overlong: bool = False
    marks: tuple[Mark, ...] = ()


class Source(Protocol):
    """What a table is read from: a text file or a sheet of a workbook."""

    @property
    def header(self) -> Header | None:
        """The row of headings; None when there is none."""

    @property
    def damage(self) -> re.Pattern[str] | None:
        """Finds what is no character in a record; None when nothing can be."""

    @property
    def has_places(self) -> bool:
        """Whether a cell has its place in the file, so that none can have slipped."""

    @property
    def name(self) -> str:
        """The sheet's name; empty when there are no sheets."""

    def records(self) -> Iterable[tuple[int, list[str]]]:
        """Every record from the top, with the number that a spreadsheet shows. May raise csv.Error, UnicodeError."""

    def elsewhere(self) -> Iterable[OtherSheet]:
        """The sheets beside this one."""


class Section:
    """The rows below one row of headings, down to the next: its known columns, and what listens to the others.

    `columns` has each column that is read once, those about standing as often as they are there.
    """

    def __init__(self, header: Header, system: str, questions: Questions, *, is_first: bool) -> None:
        """Raises FileFault when the headings do not do."""
        self.header = header
        self.columns = tuple(choose_columns(header, system))
        self.listener = Listener(header, self.columns, system, questions, is_first=is_first)
        self.other = OtherRows(header, self.columns, self.listener.only_counts)


class Table:
    """An open table: its sections, each with the known columns that it has, to be read once and in order.

    `columns` are those of the first section, and `digest` is the SHA-256 of the file. What is whole when all rows have
    been read: `sections_read`; `questions`, for staff; and `account`, of every row in the file.
    """

    def __init__(self, source: Source, effort: Effort, *, digest: str, system: str, most_rows: int) -> None:
        """Take a source that `open_table` has opened; nobody else makes one."""
        self._effort = effort
        self.digest = digest
        self.account = Account()
        self.questions = Questions()
        self._source = source
        self._damage = source.damage
        self._system = system
        self._most_rows = most_rows
        self._next: Section | None = Section(
            needed_header(source.header, system), system, self.questions, is_first=True
        )
        self.sections_read: list[Section] = [self._next]
        self.columns = self._next.columns

    @property
    def other_rows(self) -> list[OtherRow]:
        """The rows with something in them that are no patients, apart from the first headings."""
        return self.account.others

    def rows(self) -> Iterator[Row]:
        """The rows of all sections. Raises FileFault for what only shows on the way."""
        for _, rows in self.sections():
            yield from rows

    def sections(self) -> Iterator[tuple[Section, Iterator[Row]]]:
        """Each section with its rows, blank ones left out, which must be read to their end before the next.

        Raises FileFault for what only shows on the way, and when a row of the file is not accounted for.
        """
        self._look_elsewhere()
        records = self.account.counted(self._effort.watched(self._source.records()))
        number = 0
        try:
            number = self._read_above(records)
            while (section := self._next) is not None:
                self._next = None
                yield section, self._rows(section, records)
        except csv.Error as error:
            raise malformed(error, number + 1) from None
        except UnicodeError:
            raise faults.unreadable() from None
        self.account.check()
        if not self.account.patients:
            raise faults.no_patients()

    def _look_elsewhere(self) -> None:
        """Note what is on other sheets. Raises FileFault when there are patients."""
        for sheet in self._source.elsewhere():
            below: Header | None = None
            for number, cells in self.account.counted(sheet.records):
                if is_blank(cells):
                    self.account.blank += 1
                    continue
                if could_be_patient(cells) or (below is not None and number > below.row):
                    raise faults.other_sheet(sheet.name, number, self._source.name)
                below = below or heading_of_people(number, cells)
                self.account.note(number, OtherKind.OTHER_SHEET, cells, sheet.name)

    def _read_above(self, records: Iterator[tuple[int, list[str]]]) -> int:
        """Take the rows down to the headings, and note them. Raises FileFault when there are patients among them."""
        header = self.sections_read[0].header
        patients = []
        for number, cells in records:
            if number == header.row:
                self.account.headings += 1
                break
            if is_blank(cells):
                self.account.blank += 1
                continue
            self.account.note(number, OtherKind.ABOVE, cells)
            if could_be_patient(cells):
                patients.append(number)
        if patients:
            raise faults.rows_above(patients, header.row)
        return header.row

    def _rows(self, section: Section, records: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
        """The rows of a section; what begins after it is then in `_next`.

        This is walked for every row of every list, so what most rows do not need is done elsewhere.
        """
        width, most, strip = len(section.header.cells), self._most_rows, str.strip
        new = tuple.__new__  # a Row by its name takes twice as long
        pick = _picker([column.position for column in section.columns])
        nhs_number = [column.column for column in section.columns].index(Column.NHS_NUMBER)
        hear, account, damage = section.listener.hear, self.account, self._damage
        number = section.header.row
        try:
            for number, cells in records:
                if len(cells) < width:
                    cells += [""] * (width - len(cells))
                picked = list(map(strip, pick(cells)))
                written = picked[nhs_number]
                plain = written.isdecimal() or written.replace(" ", "").isdecimal()
                if (not plain or len(written) < _SHORT) and not self._is_patient(section, number, cells):
                    if self._next is not None:
                        return
                    continue
                account.patients = patients = account.patients + 1
                if patients > most:
                    raise faults.too_many_rows(most)
                marks = hear(cells)
                if marks or damage or len(cells) > width:
                    yield self._doubtful_row(section, number, cells, picked, marks)
                else:
                    yield new(Row, (number, picked, False, False, ()))
        except csv.Error as error:
            raise malformed(error, number + 1) from None
        except UnicodeError:
            raise faults.unreadable() from None

    def _is_patient(self, section: Section, number: int, cells: Sequence[str]) -> bool:
        """Is a row without a plain NHS number a patient's? It is accounted for when it is not.

        Headings that are not those of the section begin another one, which is then in `_next`.
        """
        if number > MOST_ROWS:
            # No spreadsheet has as many; blank rows and totals count for no patients, but they take time.
            raise faults.too_many_rows(self._most_rows)
        if is_blank(cells):
            self.account.blank += 1
            return False
        parts = split_single_cell(cells)
        if len(parts) >= len(section.header.cells) > 1 and could_be_patient(parts):
            raise faults.row_in_single_cell(number)
        if section.other.is_numbered(cells):
            return True
        if self._has_headings(section, number, cells):
            return False
        if section.other.has(cells, self.account.patients):
            self.account.note(number, OtherKind.TOTAL, cells)
            return False
        return True

    def _has_headings(self, section: Section, number: int, cells: Sequence[str]) -> bool:
        """Is this a row of headings? Raises FileFault when they are others than above, and a needed one is missing."""
        # Looking every cell up takes long, and in some files no NHS number is plain.
        if not LIKE_HEADINGS.search("\n".join(cells)):
            return False
        matches = heading_again(cells, section.header, self._system)
        if not matches:
            return False
        self.account.note(number, OtherKind.HEADINGS, cells)
        if not is_same(cells, section.header):
            header = Header(number, list(cells), matches)
            if missing := missing_columns(header, self._system):
                raise faults.other_header(number, missing)
            if len(self.sections_read) >= _MOST_SECTIONS:
                raise faults.too_many_other_rows(_MOST_SECTIONS)
            self._next = Section(header, self._system, self.questions, is_first=False)
            self.sections_read.append(self._next)
        return True

    def _doubtful_row(
        self, section: Section, number: int, cells: list[str], picked: Sequence[str], marks: tuple[Mark, ...]
    ) -> Row:
        """A row of a file with broken characters, one that is longer than its headings, or one with marks."""
        damaged = False
        if self._damage is not None:
            written = "\n".join(cells)
            plain = written.isascii() and "\0" not in written
            damaged = not plain and self._damage.search(written) is not None
        width = len(section.header.cells)
        beyond = len(cells) > width and bool("".join(cells[width:]).strip())
        if beyond and self._source.has_places:
            marks += section.listener.beyond(cells)
            beyond = False
        for question, _ in marks:
            question.rows += 1
        return Row(number, picked, damaged, beyond, marks)


def _picker(positions: Sequence[int]) -> Callable[[list[str]], Sequence[str]]:
    """Takes the cells at some positions out of a record."""
    # With a single position, itemgetter would give the cell by itself.
    return itemgetter(*positions) if len(positions) > 1 else itemgetter(slice(positions[0], positions[0] + 1))


def glance(file: BinaryIO, *, system: str, most_bytes: int) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises FileFault for what can be told without reading its rows.

    Of a workbook only the packaging is looked at: what its sheets hold takes too long for somebody who waits.
    """
    content = inspect(file, most_bytes=most_bytes)
    if content.is_package:
        check_package(file, most_unpacked=settings.WORKBOOK_MAX_BYTES)
    else:
        with open_text(file, content, system=system) as table:
            choose_columns(needed_header(table.header, system), system)
    return content.digest


@contextmanager
def open_table(file: BinaryIO, *, system: str, most_bytes: int, most_rows: int) -> Iterator[Table]:
    """Open a file as a table with the columns that a clinical system's lists need. Raises FileFault.

    The file must be seekable; it is read more than once and stays open. `system` is a key of the clinical
    systems' registry. Whatever becomes of its rows until they have all been read counts into UPLOAD_MAX_SECONDS.
    """
    effort = Effort(seconds=settings.UPLOAD_MAX_SECONDS)
    content = inspect(file, most_bytes=most_bytes)
    opened: AbstractContextManager[Source] = (
        open_workbook(file, effort, system=system, most_unpacked=settings.WORKBOOK_MAX_BYTES)
        if content.is_package
        else open_text(file, content, system=system)
    )
    with opened as source:
        yield Table(source, effort, digest=content.digest, system=system, most_rows=most_rows)
