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

from patients import faults
from patients.columns import Column
from patients.encodings import inspect
from patients.faults import FileFault, FileFaultCode
from patients.footers import OtherRows
from patients.headers import Header, choose_columns, needed_header
from patients.packages import check_package
from patients.sheets import MOST_ROWS
from patients.text_files import malformed, open_text
from patients.workbook import open_workbook

__all__ = ["FileFault", "FileFaultCode", "Row", "Table", "glance", "open_table"]

_UNSEEN = "\x1a\u200b\ufeff"
"""Marks that a row may consist of without there being anything in it: the first ends a file of MS-DOS."""


class Row(NamedTuple):
    """One row with something in it. `number` is what a spreadsheet shows; `cells` follow the table's `columns`.

    `damaged`: there are bytes in it that are not text. `overlong`: it has filled cells beyond the last heading.
    """

    number: int
    cells: Sequence[str]
    damaged: bool = False
    overlong: bool = False


class Source(Protocol):
    """What a table is read from: a text file or a sheet of a workbook."""

    @property
    def header(self) -> Header | None:
        """The row of headings; None when there is none."""

    @property
    def damage(self) -> re.Pattern[str] | None:
        """Finds what is no character in a record; None when nothing can be."""

    def records(self) -> Iterable[tuple[int, list[str]]]:
        """Every record from the top, with the number that a spreadsheet shows. May raise csv.Error, UnicodeError."""


class Table:
    """An open table: the known `columns` that it has, each once, and its rows, to be read once.

    `digest` is the SHA-256 of the file. `other_rows` are the numbers of the rows that are no patients, such as
    totals; it is whole when `rows` has been read to its end.
    """

    def __init__(self, source: Source, *, digest: str, system: str, most_rows: int) -> None:
        """Use `open_table`."""
        header = needed_header(source.header, system)
        self.columns = tuple(choose_columns(header, system))
        self.digest = digest
        self.other_rows: list[int] = []
        self._source = source
        self._damage = source.damage
        self._most_rows = most_rows
        self._other = OtherRows(header, self.columns, system)
        self._first = header.row + 1
        self._width = len(header.cells)

    def rows(self) -> Iterator[Row]:
        """The rows below the header, blank ones left out. Raises FileFault for what only shows on the way.

        This is walked for every row of every list, so what most rows do not need is done elsewhere.
        """
        first, width, most, strip = self._first, self._width, self._most_rows, str.strip
        pick = _picker([found.position for found in self.columns])
        nhs_number = [found.column for found in self.columns].index(Column.NHS_NUMBER)
        count = number = 0
        try:
            for number, cells in self._source.records():
                if number < first or not cells:
                    continue
                if len(cells) < width:
                    cells += [""] * (width - len(cells))
                picked = list(map(strip, pick(cells)))
                written = picked[nhs_number]
                plain = written.isdecimal() or written.replace(" ", "").isdecimal()
                if not plain and not self._is_patient(number, cells):
                    continue
                count += 1
                if count > most:
                    raise faults.too_many_rows(most)
                if len(cells) > width or self._damage:
                    yield self._doubtful_row(number, cells, picked)
                else:
                    yield Row(number, picked)
        except csv.Error as error:
            raise malformed(error, number + 1) from None
        except UnicodeError:
            raise faults.unreadable() from None
        if not count:
            raise faults.no_patients()

    def _is_patient(self, number: int, cells: Sequence[str]) -> bool:
        """Is a row without a plain NHS number a patient's? Notes its number when it is not, unless it is blank."""
        if number > MOST_ROWS:
            # No spreadsheet has as many; blank rows and totals count for no patients, but they take time.
            raise faults.too_many_rows(self._most_rows)
        if not "".join(cells).strip().strip(_UNSEEN):
            return False
        if self._other.has(number, cells):
            self.other_rows.append(number)
            return False
        return True

    def _doubtful_row(self, number: int, cells: Sequence[str], picked: Sequence[str]) -> Row:
        """A row of a file with broken characters, or one that is longer than the header."""
        damaged = False
        if self._damage is not None:
            written = "\n".join(cells)
            plain = written.isascii() and "\0" not in written
            damaged = not plain and self._damage.search(written) is not None
        return Row(number, picked, damaged, overlong=bool("".join(cells[self._width :]).strip()))


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

    The file must be seekable; it is read more than once and stays open. `system` is a ClinicalSystemName value.
    """
    content = inspect(file, most_bytes=most_bytes)
    opened: AbstractContextManager[Source] = (
        open_workbook(file, system=system, most_unpacked=settings.WORKBOOK_MAX_BYTES)
        if content.is_package
        else open_text(file, content, system=system)
    )
    with opened as source:
        yield Table(source, digest=content.digest, system=system, most_rows=most_rows)
