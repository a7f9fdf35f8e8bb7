"""Reads the CSV files that EMIS, SystmOne and Excel write, as a stream of rows, in memory that does not grow.

Where the table starts, what separates its cells and which encoding it is in are found from the content. Nothing
doubtful is guessed: a file that may mean two things is refused with a FileFault that says what to change.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from patients import faults
from patients.columns import DEFINITIONS, REQUIRED, Column, FoundColumn, find_columns
from patients.encodings import Content, inspect
from patients.faults import FileFault, FileFaultCode

__all__ = ["FileFault", "FileFaultCode", "Row", "Table", "open_table"]

_SEPARATORS = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?[ ,;]*(\r\n|\r|\n)', re.IGNORECASE)
_HEAD_CHARACTERS = 64 * 1024
_HEADER_WITHIN = 25
"""Rows in which the headings must come: reports may have a title and a date above them."""

_CONTROL = re.compile(r"[\0-\x08\x0e-\x19\x1b-\x1f]")
_BROKEN = re.compile(r"[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row with something in it. `number` is what a spreadsheet shows; `cells` follow the table's `columns`.

    `damaged`: there are bytes in it that are not text. `overlong`: it has filled cells beyond the last heading.
    """

    number: int
    cells: Sequence[str]
    damaged: bool = False
    overlong: bool = False


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the table is: its separator, whether a `sep=` line comes first, and its header row."""

    separator: str
    separator_line: bool
    header_row: int
    header: Sequence[str]


class Table:
    """An open table: the known `columns` that it has, each once, and its rows, to be read once."""

    def __init__(
        self, text: io.TextIOWrapper, content: Content, layout: _Layout, columns: Sequence[FoundColumn], most_rows: int
    ) -> None:
        """Use `open_table`."""
        self.columns = tuple(columns)
        self.digest = content.digest
        self._text = text
        self._damaged = content.damaged
        self._layout = layout
        self._most_rows = most_rows

    def rows(self) -> Iterator[Row]:
        """The rows below the header, blank ones left out. Raises FileFault for what only shows on the way."""
        width = len(self._layout.header)
        positions = [found.position for found in self.columns]
        last = max(positions)
        count = 0
        for number, cells in self._records():
            if number <= self._layout.header_row or not any(map(str.strip, cells)):
                continue
            count += 1
            if count > self._most_rows:
                raise faults.too_many_rows(self._most_rows)
            if len(cells) <= last:
                cells.extend([""] * (last + 1 - len(cells)))
            yield Row(
                number,
                [cells[position].strip() for position in positions],
                damaged=self._damaged and any(map(_BROKEN.search, cells)),
                overlong=len(cells) > width and any(map(str.strip, cells[width:])),
            )
        if not count:
            raise faults.no_patients()

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Every record with the number that a spreadsheet gives it: a quoted line break starts no new row."""
        self._text.seek(0)
        if self._layout.separator_line:
            self._text.readline()
        number = 0
        reader = csv.reader(self._text, delimiter=self._layout.separator, strict=True)
        try:
            for number, cells in enumerate(reader, 1):
                yield number, cells
        except csv.Error as error:
            raise _malformed(error, number + 1) from None
        except UnicodeError:
            raise faults.unreadable() from None


@contextmanager
def open_table(file: BinaryIO, *, system: str, most_bytes: int, most_rows: int) -> Iterator[Table]:
    """Open a file as a table with the columns that a clinical system's lists need. Raises FileFault.

    The file must be seekable; it is read more than once and stays open. `system` is a ClinicalSystemName value.
    """
    content = inspect(file, most_bytes=most_bytes)
    errors = "strict" if content.encoding.startswith("utf-16") else "surrogateescape"
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=content.encoding, errors=errors, newline="")
    try:
        layout = _find_layout(text, system)
        columns = _choose_columns(find_columns(layout.header), system)
        yield Table(text, content, layout, columns, most_rows)
    finally:
        text.detach()


def _find_layout(text: io.TextIOWrapper, system: str) -> _Layout:
    """Try each separator, and take the row of the first few that has the most columns we know."""
    try:
        head = text.read(_HEAD_CHARACTERS)
    except UnicodeError:
        raise faults.unreadable() from None
    if not head.strip("\0\t\r\n ,;\ufeff"):
        raise faults.empty()
    declared = _SEPARATOR_LINE.match(head)
    start, separators = (declared.end(), (declared[1],)) if declared else (0, _SEPARATORS)
    best, most = None, 0
    for separator in separators:
        for number, cells in _first_records(head[start:], separator):
            known = len({found.column for found in find_columns(cells)})
            if known > most:
                best, most = _Layout(separator, declared is not None, number, cells), known
    if best is None:
        if _CONTROL.search(head):
            raise faults.not_a_table()
        raise faults.no_header([DEFINITIONS[column].name for column in REQUIRED[system]])
    return best


def _first_records(head: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The first records of the text, as far as they can be read; what is wrong with them is told when they are rows."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
    try:
        yield from zip(range(1, _HEADER_WITHIN + 1), reader, strict=False)
    except csv.Error:
        return


def _choose_columns(found: Sequence[FoundColumn], system: str) -> list[FoundColumn]:
    """Each known column once. Raises FileFault when a needed one is missing, or there twice."""
    by_column: dict[Column, list[FoundColumn]] = {}
    for one in found:
        by_column.setdefault(one.column, []).append(one)
    missing = [column for column in REQUIRED[system] if column not in by_column]
    if missing:
        raise faults.missing_column([DEFINITIONS[column].name for column in missing], [one.header for one in found])
    for column in REQUIRED[system]:
        if len(by_column[column]) > 1:
            raise faults.column_twice(DEFINITIONS[column].name, [one.header for one in by_column[column]])
    return [several[0] for several in by_column.values()]


def _malformed(error: csv.Error, row: int) -> FileFault:
    """The csv module's own words tell its three complaints apart."""
    said = str(error)
    if "field limit" in said:
        return faults.cell_too_long(row)
    if "unexpected end" in said:
        return faults.unclosed_quote(row)
    return faults.stray_quote(row)
