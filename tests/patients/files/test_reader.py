"""Which files are read, and that they are read right. See docs/reference/lists.md."""

import codecs
import hashlib
import io
from tempfile import TemporaryFile

import pytest

from patients.columns.known import Column
from patients.files.reader import open_table
from tests.memory import assert_held
from tests.patients.list_files import EMIS, GOOD, SYSTMONE, SYSTMONE_HEADER, read, systmone

ROW = ",".join(GOOD)
TEXT = f"{SYSTMONE_HEADER}\r\n{ROW}\r\n"
NAMED = "First name,NHS Number,Telecom Number,Date of Birth\r\nZoë O\u2019Brien," + ROW + "\r\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(NAMED.encode(), id="UTF-8"),
        pytest.param(NAMED.encode("utf-8-sig"), id="UTF-8 with a byte order mark"),
        pytest.param(codecs.BOM_UTF16_LE + NAMED.encode("utf-16-le"), id="UTF-16 LE"),
        pytest.param(codecs.BOM_UTF16_BE + NAMED.encode("utf-16-be"), id="UTF-16 BE"),
        pytest.param(NAMED.encode("utf-16-le"), id="UTF-16 LE without a mark"),
        pytest.param(NAMED.encode("utf-16-be"), id="UTF-16 BE without a mark"),
        pytest.param(NAMED.encode("cp1252"), id="Windows-1252"),
    ],
)
def test_accented_names_survive_every_encoding(data: bytes) -> None:
    columns, rows = read(data)
    assert columns == [Column.GIVEN_NAME, Column.NHS_NUMBER, Column.MOBILE, Column.DATE_OF_BIRTH]
    assert [list(row.cells) for row in rows] == [["Zoë O\u2019Brien", *GOOD]]
    assert not rows[0].damaged


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT, id="commas"),
        pytest.param(TEXT.replace(",", ";"), id="semicolons"),
        pytest.param(TEXT.replace(",", "\t"), id="tabs"),
        pytest.param("sep=;\r\n" + TEXT.replace(",", ";"), id="sep line"),
        pytest.param('"SEP=|"\n' + TEXT.replace(",", "|"), id="quoted sep line, bars"),
        pytest.param(TEXT.replace("\r\n", "\n"), id="LF"),
        pytest.param(TEXT.replace("\r\n", "\r"), id="CR"),
        pytest.param(TEXT.rstrip(), id="no end of the last line"),
        pytest.param('"NHS Number","Telecom Number","Date of Birth"\n"' + '","'.join(GOOD) + '"\n', id="all quoted"),
        pytest.param(TEXT + "\r\n\r\n,,\r\n ,\t,\r\n" * 20, id="blank and comma-only rows"),
        pytest.param(TEXT.replace("\r\n", ",,,,\r\n"), id="trailing commas"),
        pytest.param(TEXT.replace("\r\n", "," * 10_000 + "\r\n"), id="ten thousand trailing commas"),
        pytest.param(TEXT.replace("NHS Number", " nhs\u00a0 NUMBER\u200b"), id="odd header"),
    ],
)
def test_every_layout_gives_the_same_row(text: str) -> None:
    columns, rows = read(text.encode())
    assert columns == [Column.NHS_NUMBER, Column.MOBILE, Column.DATE_OF_BIRTH]
    assert [(row.number, tuple(row.cells), row.damaged, row.overlong) for row in rows] == [(2, GOOD, False, False)]


def test_columns_may_be_in_any_order_and_unknown_ones_are_left_out() -> None:
    """Nothing of an unknown column gets further than the reader."""
    columns, rows = read(b"Notes,Date of birth,Patient count,NHS number,Telecom number\nsecret,a,1,b,c\n")
    assert columns == [Column.DATE_OF_BIRTH, Column.NHS_NUMBER, Column.MOBILE]
    assert list(rows[0].cells) == ["a", "b", "c"]


def test_row_numbers_are_the_spreadsheets() -> None:
    """A quoted line break starts no row, a blank line is one; line ends may differ within a file."""
    data = f'Patient Name,{SYSTMONE_HEADER}\r\n"Joe\nBloggs",{ROW}\n\r\nAnn,{ROW}\r\nLee,{ROW}'.encode()
    _, rows = read(data)
    assert [(row.number, row.cells[0]) for row in rows] == [(2, "Joe\nBloggs"), (4, "Ann"), (5, "Lee")]


def test_a_title_above_the_header_is_passed_over() -> None:
    data = f"Flu recall 65 and over\nRun on,01/06/2026\n\n{TEXT}".encode()
    _, rows = read(data)
    assert [row.number for row in rows] == [5]


def test_a_sep_line_is_no_row() -> None:
    _, rows = read(("sep=,\r\n" + TEXT).encode())
    assert rows[0].number == 2


def test_a_row_with_fewer_cells_is_filled_up() -> None:
    """Spreadsheets leave out empty cells at the end of a row."""
    _, rows = read(systmone(("9990000018",)))
    assert list(rows[0].cells) == ["9990000018", "", ""]
    assert not rows[0].overlong


def test_a_row_with_more_cells_than_headings_is_marked() -> None:
    _, rows = read(systmone((*GOOD, "", ""), (*GOOD, "slipped")))
    assert [row.overlong for row in rows] == [False, True]


def test_cells_under_an_empty_heading_have_not_slipped() -> None:
    _, rows = read(systmone((*GOOD, "1"), header=SYSTMONE_HEADER + ","))
    assert not rows[0].overlong


@pytest.mark.parametrize(
    "damage",
    [pytest.param(b"\xff", id="a byte that is no letter"), pytest.param(b"\0", id="NUL")],
)
def test_broken_bytes_mark_their_row_and_no_other(damage: bytes) -> None:
    data = f"Patient Name,{SYSTMONE_HEADER}\nZoë Ångström,{ROW}\nJ@e,{ROW}\nÉva,{ROW}\n".encode().replace(b"@", damage)
    _, rows = read(data)
    assert [row.damaged for row in rows] == [False, True, False]
    assert [rows[0].cells[0], rows[2].cells[0]] == ["Zoë Ångström", "Éva"]


def test_a_byte_that_windows_does_not_use_marks_its_row() -> None:
    data = f"Patient Name,{SYSTMONE_HEADER}\nZoë,{ROW}\nJ@e,{ROW}\n".encode("cp1252").replace(b"@", b"\x81")
    _, rows = read(data)
    assert [row.damaged for row in rows] == [False, True]


def test_emis_needs_the_nhs_number_only() -> None:
    columns, rows = read(b"NHS Number\n9990000018\n9990000026\n", EMIS)
    assert columns == [Column.NHS_NUMBER]
    assert [row.cells[0] for row in rows] == ["9990000018", "9990000026"]


def test_columns_that_the_system_does_not_need_may_be_there_twice_and_are_left_out() -> None:
    columns, rows = read(b"NHS Number,Telephone,Contact number\n9990000018,1,2\n", EMIS)
    assert columns == [Column.NHS_NUMBER]
    assert list(rows[0].cells) == ["9990000018"]


def test_the_file_stays_open_and_its_digest_is_of_its_bytes() -> None:
    with TemporaryFile() as file:
        file.write(TEXT.encode())
        with open_table(file, system=EMIS, most_bytes=1000, most_rows=10) as table:
            assert len(list(table.rows())) == 1
        assert table.digest == hashlib.sha256(TEXT.encode()).hexdigest()
        assert not file.closed


def test_memory_does_not_grow_with_the_file() -> None:
    data = systmone(*[GOOD] * 30_000)

    def walk_through() -> None:
        with open_table(io.BytesIO(data), system=EMIS, most_bytes=10_000_000, most_rows=100_000) as table:
            assert sum(1 for _ in table.rows()) == 30_000

    assert_held(walk_through, most=1_000_000)


def others(*first_cells: str) -> tuple[list[int], list[int]]:
    """Numbers of the rows that are read, and of those that are no patients, for rows with only a first cell."""
    header = "Title,Patient Name," + SYSTMONE_HEADER
    data = "\n".join([header, "Mrs,Asha Patel," + ROW, *(f'"{cell}",,,,' for cell in first_cells)]).encode()
    with open_table(io.BytesIO(data), system=SYSTMONE, most_bytes=10_000, most_rows=100) as table:
        rows = [row.number for row in table.rows()]
        return rows[1:], [row.number for row in table.other_rows]


@pytest.mark.parametrize(
    "text",
    [
        "Total",
        "TOTAL: 150",
        "Total = 1,500 patients",
        "Grand total 150",
        "Sub-total",
        "Total number of patients: 150",
        "Patient count: 150",
        "Count 150",
        "Number of patients: 150",
        "No. of records 150",
        "Patients: 150",
        "150 patients",
        "150",
        "1,500",
        "Population count: 150",
        "Population 150",
        "Total population: 150",
        "150 patients in population",
        "(150 rows affected)",
        "*** End of report ***",
        "-- END --",
        "Page 2 of 3",
        "page 2",
        "Report run on 15/06/2026 09:30",
        "Printed by A Grey",
        "----------",
        "Generated at 2026-06-15 09:30",
    ],
)
def test_what_a_report_says_below_its_rows_is_no_patient(text: str) -> None:
    assert others(text) == ([], [3])


@pytest.mark.parametrize(
    "text",
    ["Totaliser", "Mr", "Page", "Paget", "Endicott", "Countess", "Asha Patel", "?", "Total 999 000 0018"],
)
def test_other_words_stay_in_the_list(text: str) -> None:
    assert others(text) == ([3], [])


def test_rows_that_are_no_patients_do_not_count_as_rows() -> None:
    data = systmone(GOOD, ("Total: 1", "", ""), GOOD, ("NHS Number", "Telecom Number", "Date of Birth"), ("", "", ""))
    with open_table(io.BytesIO(data), system=SYSTMONE, most_bytes=1000, most_rows=2) as table:
        assert [row.number for row in table.rows()] == [2, 4]
        assert [row.number for row in table.other_rows] == [3, 5]


def test_words_of_a_total_hide_no_patient() -> None:
    header = "Telecom Number,Date of Birth,NHS Number"
    _, rows = read(systmone(("Total 07700900101", "09/03/1958", ""), (GOOD[1], GOOD[2], GOOD[0]), header=header))
    assert [row.number for row in rows] == [2, 3]
