"""Whatever cells a list has, and however it was written, they come back; whatever bytes it has, it is answered."""

import csv
import io
import random
import re
from contextlib import suppress
from datetime import date

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from patients.files.reader import Row, open_table
from patients.tables.faults import FileFault
from tests.patients.list_files import EMIS, SYSTMONE, read
from tests.patients.packing import PLAIN, Cell, packed, parts_of, workbook

HEADINGS = ["First name", "NHS Number", "Surname"]
NUMBER = "9990000018"

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
LATIN = st.text("abc xyz'-àéîöñç", max_size=12)
SINGLE_LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
# XML knows few control characters; "=" begins a formula, and _x0041_ is Excel's way to write an A.
IN_A_WORKBOOK = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
).filter(lambda text: not text.startswith("=") and not re.search("_x[0-9A-Fa-f]{4}_", text))

UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-32")


def rows_of(data: bytes, system: str = EMIS) -> list[Row]:
    return read(data, system)[1]


def expected(rows: list[tuple[str, str] | None]) -> list[tuple[int, list[str]]]:
    return [(number, [row[0].strip(), NUMBER, row[1].strip()]) for number, row in enumerate(rows, 2) if row is not None]


def written(rows: list[tuple[str, str] | None], *, separator: str, line_end: str, quoting: int) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([HEADINGS, *([row[0], NUMBER, row[1]] if row else [] for row in rows)])
    return file.getvalue()


@given(
    rows=st.lists(st.none() | st.tuples(TEXT, TEXT), min_size=1, max_size=40),
    separator=st.sampled_from(",;\t"),
    line_end=st.sampled_from(["\r\n", "\n", "\r"]),
    encoding=st.sampled_from(UNICODE),
)
def test_quoted_cells_come_back(
    rows: list[tuple[str, str] | None], separator: str, line_end: str, encoding: str
) -> None:
    assume(any(rows))
    text = written(rows, separator=separator, line_end=line_end, quoting=csv.QUOTE_ALL)
    assert [(row.number, list(row.cells)) for row in rows_of(text.encode(encoding))] == expected(rows)


@given(
    rows=st.lists(st.none() | st.tuples(SINGLE_LINE, SINGLE_LINE), min_size=1, max_size=40),
    separator=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\r\n", "\n", "\r"]),
    encoding=st.sampled_from(UNICODE),
)
def test_cells_without_quotation_marks_come_back_below_a_sep_line(
    rows: list[tuple[str, str] | None], separator: str, line_end: str, encoding: str
) -> None:
    assume(any(rows))
    text = written(rows, separator=separator, line_end=line_end, quoting=csv.QUOTE_MINIMAL)
    data = f"sep={separator}{line_end}{text}".encode(encoding)
    assert [(row.number, list(row.cells)) for row in rows_of(data)] == expected(rows)


@given(rows=st.lists(st.tuples(LATIN, LATIN), min_size=1, max_size=40))
def test_windows_1252_comes_back(rows: list[tuple[str, str] | None]) -> None:
    text = written(rows, separator=",", line_end="\r\n", quoting=csv.QUOTE_MINIMAL)
    read_rows = rows_of(text.encode("cp1252"))
    assert [(row.number, list(row.cells)) for row in read_rows] == expected(rows)
    assert not any(row.damaged for row in read_rows)


def shown(cell: Cell) -> str:
    """What our reader says of a cell that openpyxl wrote."""
    if isinstance(cell, date):
        return f"{cell.day:02}/{cell.month:02}/{cell.year:04}"
    return "" if cell is None else str(cell).strip()


@given(
    rows=st.lists(
        st.tuples(
            st.none() | IN_A_WORKBOOK | st.integers(-(10**15) + 1, 10**15 - 1),
            st.none() | IN_A_WORKBOOK | st.dates(date(1900, 3, 1), date(2100, 1, 1)),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=40)
def test_cells_of_a_workbook_come_back(rows: list[tuple[Cell, Cell]]) -> None:
    data = workbook([HEADINGS, *[[first, NUMBER, last] for first, last in rows]])
    read_rows = [(row.number, list(row.cells)) for row in rows_of(data)]
    assert read_rows == [(number, [shown(first), NUMBER, shown(last)]) for number, (first, last) in enumerate(rows, 2)]


def answered(data: bytes) -> None:
    """The list is refused, or its rows are read; nothing else happens."""
    with (
        suppress(FileFault),
        open_table(io.BytesIO(data), system=SYSTMONE, most_bytes=1_000_000, most_rows=1000) as table,
    ):
        for row in table.rows():
            assert len(row.cells) == len(table.columns)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The same with some bytes changed, left out or repeated."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(changed))
        kind = chance.randrange(3)
        if kind == 0:
            changed[at] = chance.randrange(256)
        elif kind == 1:
            del changed[at : at + chance.randint(1, 30)]
        else:
            changed[at:at] = changed[at : at + chance.randint(1, 30)]
        changed = changed or bytearray(b"\0")
    return bytes(changed)


@given(data=st.binary(max_size=400))
def test_any_bytes_are_answered(data: bytes) -> None:
    answered(data)
    answered(b"PK\x03\x04" + data)
    answered(b"NHS Number,Telecom Number,Date of Birth\n" + data)


@given(chance=st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_a_damaged_workbook_is_answered(chance: random.Random) -> None:
    answered(damaged(PLAIN.read_bytes(), chance))


@given(chance=st.randoms(use_true_random=False), data=st.data())
@settings(max_examples=200)
def test_a_workbook_with_a_damaged_part_is_answered(chance: random.Random, data: st.DataObject) -> None:
    parts = parts_of(PLAIN.read_bytes())
    name = data.draw(st.sampled_from(sorted(parts)))
    answered(packed(parts | {name: damaged(parts[name], chance)}))
