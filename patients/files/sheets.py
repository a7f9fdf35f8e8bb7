"""Reads the XML parts of an Excel workbook as a stream: shared strings, date styles, and the cells of a sheet.

openpyxl builds a tree of every element, so a part of a hundred megabytes of nothing, which packs into a few kilobytes,
takes a worker gigabytes; here what is held is bounded whatever a part says. What numbers and dates mean is openpyxl's.
The elements are those of ECMA-376, part 1, 18.3, 18.4 and 18.8; their names are taken without a namespace, because
there are two sets of them.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import from_excel

from patients.files.effort import Effort
from patients.tables import faults

MOST_ROWS = 1_048_576
"""Rows of a sheet in Excel."""

_MOST_COLUMNS = 256
"""Columns that are read; all that stands further right is one more."""

_LONGEST_FURTHER_RIGHT = 10_000

_LONGEST_CELL = 131_072
"""Characters: the limit of the csv module, four times that of Excel."""

_LONGEST_ROW = 4 * _LONGEST_CELL
"""Characters: cells may all refer to one long text, which is stored once."""

_DEEPEST = 64
_LONGEST_TOKEN = 1024 * 1024
_MOST_STYLES = 100_000
_MOST_STRING_MEMORY = 64 * 1024 * 1024
_STRING_OVERHEAD = 64
_EXACT_DIGITS = 15
"""Excel keeps no more digits of a number (and shows zeros for the others)."""

_LAST_DATE_SERIAL = 2_958_465
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
TRUE = ("1", "true", "on")
"""How a part says yes."""


class SheetRow(NamedTuple):
    """A row of a sheet with its number there; `hidden` ones are not shown to whoever opens the workbook."""

    number: int
    cells: list[str]
    hidden: bool


def walk(
    pieces: Iterable[bytes],
    effort: Effort,
    *,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Parse XML, calling back with local names; yields after each piece. Raises ExpatError and FileFault.

    Types and entities cannot be declared, as in the parsers of defusedxml (ASVS 1.5.1); depth and length are bounded.
    """
    depth = elements = 0

    def began(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > _DEEPEST:
            raise faults.damaged_workbook()
        start(name if ":" not in name else name.rpartition(":")[2], attributes)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(name if ":" not in name else name.rpartition(":")[2])

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = began
    parser.EndElementHandler = ended
    if text is not None:
        parser.CharacterDataHandler = text
    fed = 0
    for piece in pieces:
        parser.Parse(piece, False)
        fed += len(piece)
        # The parser begins a token anew with every piece until it is whole, so a long one would take for ever.
        if fed - parser.CurrentByteIndex > _LONGEST_TOKEN:
            raise faults.damaged_workbook()
        effort.spend(elements)
        elements = 0
        yield
    parser.Parse(b"", True)
    yield


def _refuse_doctype(*declared: object) -> None:
    raise faults.damaged_workbook()


class _Text:
    """Collects the text of <t> elements, or of <v>, leaving out how Japanese is pronounced (<rPh>)."""

    def __init__(self) -> None:
        self.on = False
        self._pronounced = False
        self._parts: list[str] = []
        self._length = 0

    def start(self, name: str) -> None:
        if name == "rPh":
            self._pronounced = True
        elif name in ("t", "v"):
            self.on = not self._pronounced

    def end(self, name: str) -> None:
        if name == "rPh":
            self._pronounced = False
        elif name in ("t", "v"):
            self.on = False

    def add(self, text: str) -> None:
        if self.on:
            self._length += len(text)
            if self._length <= _LONGEST_CELL:
                self._parts.append(text)

    def take(self) -> str:
        """What was collected, beginning anew. Raises ValueError when it is too long for a cell."""
        if self._length > _LONGEST_CELL:
            raise ValueError("a cell must have an end")
        text = self._parts[0] if len(self._parts) == 1 else "".join(self._parts)
        if self._length:
            self._parts, self._length = [], 0
        return text


def read_strings(pieces: Iterable[bytes], effort: Effort) -> list[str]:
    """The strings that cells refer to by their place. Raises ExpatError and FileFault."""
    strings: list[str] = []
    text = _Text()
    memory = 0

    def end(name: str) -> None:
        nonlocal memory
        text.end(name)
        if name == "si":
            strings.append(_unescaped(text.take()))
            memory += len(strings[-1]) + _STRING_OVERHEAD
            if memory > _MOST_STRING_MEMORY:
                raise faults.unpacked_too_big()

    for _ in walk(pieces, effort, start=lambda name, _: text.start(name), end=end, text=text.add):
        pass
    return strings


def read_date_styles(pieces: Iterable[bytes], effort: Effort) -> frozenset[str]:
    """The styles, by their place, that show a number as a date. Raises ExpatError, ValueError and FileFault."""
    formats: dict[str, str] = {str(number): code for number, code in BUILTIN_FORMATS.items()}
    styles: list[str] = []
    inside = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if name in ("cellXfs", "cellStyleXfs", "dxfs"):
            inside = name
        elif name == "numFmt" and inside != "dxfs":
            formats[attributes["numFmtId"]] = attributes["formatCode"][:200]
        elif name == "xf" and inside == "cellXfs":
            styles.append(attributes.get("numFmtId", "0"))
        if len(styles) > _MOST_STYLES or len(formats) > _MOST_STYLES:
            raise faults.damaged_workbook()

    for _ in walk(pieces, effort, start=start):
        pass
    dates = {number for number, code in formats.items() if is_date_format(code) and not is_timedelta_format(code)}
    return frozenset(str(place) for place, number in enumerate(styles) if number in dates)


class Cells:
    """Turns the cells of a workbook's sheets into text, as they are shown, without what only makes them pretty."""

    def __init__(self, strings: list[str], date_styles: frozenset[str], epoch: datetime) -> None:
        """Keep what cells refer to. `epoch` is the day that the workbook counts dates from."""
        self._strings = strings
        self._date_styles = date_styles
        self._epoch = epoch

    def text(self, kind: str, written: str, style: str) -> str:
        """The text of a cell of a kind. Raises LookupError and ValueError for what cannot be."""
        if kind == "s":
            if not (written.isascii() and written.isdecimal()):
                raise ValueError("a place in the strings must be a number")
            return self._strings[int(written)]
        if kind == "n":
            return self._date(written) if style in self._date_styles else _number(written)
        if kind in ("str", "inlineStr"):
            return _unescaped(written)
        if kind == "b":
            return "TRUE" if written == "1" else "FALSE"
        if kind == "d":
            return _shown(datetime.fromisoformat(written))
        if kind == "e":
            return written
        raise ValueError("a kind of cell that does not exist")

    def _date(self, written: str) -> str:
        serial = _decimal(written)
        if not 1 <= serial <= _LAST_DATE_SERIAL:
            return _number(written)
        day = from_excel(float(serial), self._epoch)
        return _shown(day) if isinstance(day, datetime) else _number(written)


def _decimal(written: str) -> Decimal:
    try:
        number = Decimal(written)
    except InvalidOperation:
        raise ValueError("a number must be one") from None
    if not number.is_finite():
        raise ValueError("a number must be finite")
    return number


def _number(written: str) -> str:
    """A number as digits when it is whole and exact; one with lost digits is shown to be such: 9.99E+16."""
    if written.isdecimal() and written.isascii() and len(written) <= _EXACT_DIGITS and written[0] != "0":
        return written
    number = _decimal(written)
    if number == 0:
        return "0"
    if not -_EXACT_DIGITS <= number.adjusted() < _EXACT_DIGITS:
        return f"{number:.2E}"
    return str(int(number)) if number == number.to_integral_value() else f"{number.normalize():f}"


def _shown(day: datetime) -> str:
    """A date as people write it here; a time of day after it when there is one."""
    date = f"{day.day:02}/{day.month:02}/{day.year:04}"
    return date if not (day.hour or day.minute or day.second) else f"{date} {day:%H:%M}"


def _unescaped(text: str) -> str:
    """Text with _x000D_ and the like turned into their characters; what is no character stays as it is."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda match: _character(int(match[1], 16)) or match[0], text)


def _character(number: int) -> str:
    return "" if number == 0 or 0xD800 <= number <= 0xDFFF else chr(number)


def read_rows(pieces: Iterable[bytes], cells: Cells, effort: Effort) -> Iterator[SheetRow]:
    """The rows of a sheet that are written in it. Raises ExpatError, LookupError, ValueError and FileFault."""
    reader = _RowReader(cells)
    for _ in walk(pieces, effort, start=reader.start, end=reader.end, text=reader.text.add):
        yield from effort.watched(reader.rows)
        reader.rows.clear()


class _RowReader:
    """The state between callbacks while a sheet is walked through."""

    def __init__(self, cells: Cells) -> None:
        self.rows: list[SheetRow] = []
        self.text = _Text()
        self._cells = cells
        self._number = 0
        self._hidden = False
        self._row: list[str] = []
        self._column, self._length = -1, 0
        self._kind = self._style = ""
        self._in_row = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c" and self._in_row:
            reference = attributes.get("r")
            # Without a reference a cell comes after the one before it, which may be empty (ECMA-376, part 1, 18.3.1.4).
            self._column = self._column + 1 if reference is None else _column(reference)
            self._kind = attributes.get("t", "n")
            self._style = attributes.get("s", "0")
        elif name == "row":
            number = int(attributes["r"]) if "r" in attributes else self._number + 1
            if not self._number < number <= MOST_ROWS:
                raise ValueError("rows must be in order")
            self._number, self._row, self._in_row = number, [], True
            self._column, self._length = -1, 0
            self._hidden = attributes.get("hidden") in TRUE
        else:
            self.text.start(name)

    def end(self, name: str) -> None:
        if name == "c":
            written = self.text.take()
            if written:
                self._put(self._cells.text(self._kind, written, self._style))
        elif name == "row":
            if self._length > _LONGEST_ROW:
                raise faults.cell_too_long(self._number)
            self.rows.append(SheetRow(self._number, self._row, self._hidden))
            self._in_row = False
        else:
            self.text.end(name)

    def _put(self, text: str) -> None:
        column = min(self._column, _MOST_COLUMNS)
        row = self._row
        self._length += len(text)
        if column < len(row):
            if column == _MOST_COLUMNS:
                # All that stands further right is read as one column, as far as anybody would write there.
                if len(row[column]) < _LONGEST_FURTHER_RIGHT:
                    row[column] += f" {text}"
                return
            raise ValueError("cells must be in order")
        if column > len(row):
            row += [""] * (column - len(row))
        row.append(text)


_COLUMN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_COLUMNS = {letter: place for place, letter in enumerate(_COLUMN_LETTERS)}


def _column(reference: str) -> int:
    """The place, from 0, of the column in a reference such as AB12."""
    letters = reference.rstrip("0123456789")
    place = _COLUMNS.get(letters)
    if place is None:
        if not 1 < len(letters) <= 3:
            raise ValueError("a reference must have a column")
        place = 0
        for letter in letters:
            place = place * 26 + _COLUMNS[letter] + 1
        place -= 1
    return place
