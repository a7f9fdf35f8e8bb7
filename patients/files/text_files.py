"""Reads tables that are text, such as CSV: what separates the cells is found from the content."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from patients.files.encodings import Content
from patients.tables import faults
from patients.tables.faults import FileFault
from patients.tables.headers import Header, find_header, find_single_cell_header, has_needed, worth
from patients.tables.row_accounting import OtherSheet

_SEPARATORS = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?[ ,;\t]*(\r\n|\r|\n)', re.IGNORECASE)
_HEAD_CHARACTERS = 64 * 1024
# Where the bytes were no character: NUL, and the lone surrogates that the error handlers leave. And letters that were
# encoded twice: "Ã©" was an é.
_BROKEN = re.compile(r"[\0\ud800-\udfff]|Ã[\x80-\xbf‚ƒ„…†‡ˆ‰Š‹ŒŽ\u2018\u2019\u201c\u201d•\u2013—˜™š›œžŸ]")  # noqa: RUF001 - these are meant

# Windows-1252 is only a guess: other old encodings, such as Excel's for MS-DOS and the Mac, show as signs amid letters.
_BROKEN_OR_WRONG = re.compile(
    r"[\0\ud800-\udfff]|[a-z][ŽŠŒŸ]|[A-Z][ŽŠŒŸ][a-z]|[A-Za-z][‚ƒ„†‡ˆ‰‹•˜™›]|[A-Za-z][\u2018\u201c\u201d…—][a-z]"  # noqa: RUF001 - these are meant
)
_CONTROL = re.compile(r"[\0-\x08\x0e-\x19\x1b-\x1f]")


class TextTable:
    """A text file as a table: its header, None when there is none, and its records.

    `damage` finds the places in a record where the bytes were no characters, or other ones; None: there are no such.
    """

    def __init__(self, text: io.TextIOWrapper, *, damage: re.Pattern[str] | None, system: str) -> None:
        """Find the header. Raises FileFault."""
        self.damage = damage
        self._text = text
        self._separator = ","
        self._separator_line = False
        self.header = self._find_header(system)

    has_places = False
    name = ""

    def elsewhere(self) -> Iterator[OtherSheet]:
        """A text has no other sheets."""
        return iter(())

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Every record with the number that a spreadsheet gives it: a quoted line break starts no new row.

        Raises csv.Error and UnicodeError.
        """
        self._text.seek(0)
        if self._separator_line:
            self._text.readline()
        return enumerate(csv.reader(self._text, delimiter=self._separator, strict=True), 1)

    def _find_header(self, system: str) -> Header | None:
        """Try each separator, and take the one that gives the best row of headings."""
        head = self._head()
        declared = _SEPARATOR_LINE.match(head)
        self._separator_line = declared is not None
        start, separators = (declared.end(), (declared[1],)) if declared else (0, _SEPARATORS)
        best: Header | None = None
        for separator in separators:
            header = find_header(_first_records(head[start:], separator), system)
            if header is not None and (best is None or _better(header, best, system)):
                best, self._separator = header, separator
        if best is None and _CONTROL.search(head):
            raise faults.not_a_table()
        if not has_needed(best, system):
            first = _first_records(head[start:], self._separator if best else separators[0])
            if row := find_single_cell_header(first, system):
                raise faults.row_in_single_cell(row)
        return best

    def _head(self) -> str:
        try:
            head = self._text.read(_HEAD_CHARACTERS)
        except UnicodeError:
            raise faults.unreadable() from None
        if not head.strip("\0\t\r\n ,;\ufeff"):
            raise faults.empty()
        return head


@contextmanager
def open_text(file: BinaryIO, content: Content, *, system: str) -> Iterator[TextTable]:
    """Open a file of text as a table; the file stays open. Raises FileFault."""
    # What cannot be decoded becomes lone surrogates, so that it can be found in the row that has it.
    errors = "surrogatepass" if content.encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    damage = _BROKEN_OR_WRONG if content.encoding == "cp1252" else _BROKEN if content.damaged else None
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=content.encoding, errors=errors, newline="")
    try:
        yield TextTable(text, damage=damage, system=system)
    finally:
        text.detach()


def malformed(error: csv.Error, row: int) -> FileFault:
    """The fault for a csv.Error in a row. The csv module's own words tell its three complaints apart."""
    message = str(error)
    if "field limit" in message:
        return faults.cell_too_long(row)
    if "unexpected end" in message:
        return faults.unclosed_quote(row)
    return faults.stray_quote(row)


def _better(header: Header, other: Header, system: str) -> bool:
    """With the right separator there are more known columns, or at least more cells."""
    return (*worth(header, system), len(header.cells)) > (*worth(other, system), len(other.cells))


def _first_records(head: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The first records of the text, as far as they can be read; what is wrong with them is told when they are rows."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
    try:
        yield from enumerate(reader, 1)
    except csv.Error:
        return
