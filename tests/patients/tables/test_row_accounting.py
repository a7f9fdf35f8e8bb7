"""Whatever a file has in it, every row is accounted for, and every patient is read or the file is refused."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patients.files.reader import Table, open_table
from patients.tables import faults
from patients.tables.faults import FileFault, FileFaultCode
from patients.tables.patient_likeness import could_be_patient
from patients.tables.row_accounting import MOST_OTHER_ROWS, OtherKind
from tests.factories import nhs_number
from tests.patients.list_files import EMIS, GOOD, SYSTMONE, SYSTMONE_HEADER, systmone
from tests.patients.packing import workbook

NUMBERS = [nhs_number(serial) for serial in range(200)]

HEADINGS = (
    ("NHS number", "Telecom number", "Date of birth"),
    ("NHS number", "Telecom number", "Date of birth", "First name", "Surname"),
    ("Date of birth", "Surname", "NHS number", "Notes", "Telecom number"),
    ("Title", "First name", "NHS number", "Mobile", "Telephone", "DOB", "Patient count"),
)
POORER = ("NHS number", "Date of birth")

Rows = list[list[str]]


@dataclass(frozen=True)
class Written:
    """Rows as they are written, and the NHS numbers of the patients among them."""

    rows: Rows
    patients: frozenset[str]


def patient(headings: Sequence[str], number: str) -> list[str]:
    values = {
        "NHS number": number, "Telecom number": GOOD[1], "Mobile": GOOD[1], "Date of birth": GOOD[2], "DOB": GOOD[2],
        "First name": "Asha", "Surname": "Patel", "Title": "Mrs", "Telephone": "01632 960000", "Patient count": "1",
    }  # fmt: skip
    return [values.get(heading, "") for heading in headings]


ABOVE = st.sampled_from([["Flu recall"], ["Run on", "01/06/2026"], ["", "Title"], [], ["NHS"]])
BELOW = st.sampled_from([["Total", "3"], [], ["----"], ["Page 1 of 2"], ["", "", ""], ["Population count: 3"]])


@st.composite
def sheets(draw: st.DrawFn, *, poorer: bool = True) -> Written:
    """Rows above, and sections with headings of their own, with patients or without any."""
    rows: Rows = draw(st.lists(ABOVE, max_size=3))
    everybody: set[str] = set()
    free = draw(st.permutations(NUMBERS))
    kinds = (*HEADINGS, POORER) if poorer else HEADINGS
    for headings in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4)):
        rows = [*rows, list(headings)]
        for _ in range(draw(st.integers(0, 30))):
            number = free.pop()
            everybody.add(number)
            rows = [*rows, patient(headings, number)]
        rows = [*rows, *draw(st.lists(BELOW, max_size=2))]
    return Written(rows, frozenset(everybody))


def as_csv(rows: Rows) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


def filled(rows: Rows) -> int:
    return sum(any(cell.strip() for cell in row) for row in rows)


def read_all(data: bytes, system: str) -> tuple[Table, set[str]]:
    """A table that has been read to its end, and its NHS numbers."""
    with open_table(io.BytesIO(data), system=system, most_bytes=10_000_000, most_rows=10_000) as table:
        numbers = set()
        for section, rows in table.sections():
            at = [column.key for column in section.columns].index("nhs_number")
            numbers |= {row.cells[at] for row in rows}
    return table, numbers


def holds(data: bytes, written: Sequence[Written], system: str) -> bool:
    """Every row is accounted for and every patient read; False when the file is refused."""
    try:
        table, numbers = read_all(data, system)
    except FileFault:
        return False
    account = table.account
    assert account.patients + account.headings + len(account.others) == sum(filled(sheet.rows) for sheet in written)
    assert numbers >= frozenset().union(*(sheet.patients for sheet in written))
    return True


@pytest.mark.hazard("H-09.2")
@given(written=sheets(), system=st.sampled_from([SYSTMONE, EMIS]))
@settings(max_examples=60)
def test_every_row_of_a_text_is_accounted_for(written: Written, system: str) -> None:
    holds(as_csv(written.rows), [written], system)


@pytest.mark.hazard("H-09.2")
@given(written=st.lists(sheets(), min_size=1, max_size=3), system=st.sampled_from([SYSTMONE, EMIS]))
@settings(max_examples=25)
def test_every_row_of_every_sheet_is_accounted_for(written: list[Written], system: str) -> None:
    holds(workbook(*(sheet.rows for sheet in written)), written, system)


@given(written=sheets(poorer=False))
@settings(max_examples=40)
def test_sections_that_have_what_is_needed_are_read(written: Written) -> None:
    assert holds(as_csv(written.rows), [written], SYSTMONE) or not written.patients


@pytest.mark.parametrize("above", range(1, 30))
def test_no_patient_above_a_richer_heading_is_lost(above: int) -> None:
    """It was so for any number of them that left the second headings among the first rows."""
    richer = HEADINGS[1]
    rows = [list(HEADINGS[0]), *(patient(HEADINGS[0], number) for number in NUMBERS[:above])]
    rows += [list(richer), patient(richer, NUMBERS[above])]
    table, numbers = read_all(as_csv(rows), SYSTMONE)
    assert numbers == set(NUMBERS[: above + 1])
    assert [(row.number, row.kind) for row in table.other_rows] == [(above + 2, OtherKind.HEADINGS)]


@pytest.mark.hazard("H-09.2", guard_off=True)
def test_a_row_that_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The count of rows goes by itself: were one dropped on the way, the file would be refused."""
    with open_table(io.BytesIO(systmone(GOOD, GOOD)), system=SYSTMONE, most_bytes=1000, most_rows=10) as table:
        monkeypatch.setattr(table, "_is_patient", lambda *row: False)
        monkeypatch.setattr("patients.files.reader._SHORT", 99)
        with pytest.raises(FileFault) as caught:
            list(table.rows())
    assert caught.value.code == FileFaultCode.ROWS_NOT_COUNTED
    assert caught.value.message == faults.rows_not_counted().message


def test_more_other_rows_than_anybody_looks_through_are_refused() -> None:
    data = systmone(GOOD, *[("Total: 1", "", "")] * (MOST_OTHER_ROWS + 1))
    with pytest.raises(FileFault) as caught:
        read_all(data, SYSTMONE)
    assert caught.value.code == FileFaultCode.TOO_MANY_OTHER_ROWS


def test_a_word_that_is_a_heading_makes_no_headings() -> None:
    """Else the rows below would be read in another column."""
    data = b"NHS Number,Patient type,Status\n9990000018,NHS,Registered\n,NHS,Registered\n9990000026,NHS,Registered\n"
    table, numbers = read_all(data, EMIS)
    assert numbers == {"9990000018", "", "9990000026"}
    assert not table.other_rows


@pytest.mark.parametrize(
    ("cells", "could_be"),
    [
        (("Asha Patel", "999 000 0018"), True),
        (("'9990000018",), True),
        (("07700 900123", "09/03/1958"), True),
        (("9.99E+09", "7.7E+09"), True),
        (("7.7E+09", "9-Mar-58"), True),
        (("Run on", "01/06/2026"), False),
        (("Tel", "01632 960000"), False),
        (("1234567890",), False),
        (("Flu", "2026"), False),
        (("x" * 100_000,), False),
    ],
)
def test_what_could_be_a_patient_anywhere(cells: tuple[str, ...], could_be: bool) -> None:
    assert could_be_patient(cells) is could_be


def test_other_rows_say_where_they_are_and_what_they_say() -> None:
    rows = [["Flu recall"], [], SYSTMONE_HEADER.split(","), list(GOOD), ["Total", "1"]]
    table, _ = read_all(workbook(rows, [["About", "this", "", "list"]]), SYSTMONE)
    assert [(row.sheet, row.number, row.kind, row.text) for row in table.other_rows] == [
        ("List 2", 1, OtherKind.OTHER_SHEET, "About · this · list"),
        ("", 1, OtherKind.ABOVE, "Flu recall"),
        ("", 5, OtherKind.TOTAL, "Total · 1"),
    ]
