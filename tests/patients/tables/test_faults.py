"""Files that are refused whole, each with words that say what to do."""

import codecs
import io

import pytest

from patients.files.reader import open_table
from patients.tables.faults import FileFault, FileFaultCode
from tests.memory import assert_held
from tests.patients.list_files import EMIS, GOOD, SYSTMONE, SYSTMONE_HEADER, read, systmone

ROW = ",".join(GOOD)


def fault(data: bytes, system: str = SYSTMONE, **limits: int) -> FileFault:
    with pytest.raises(FileFault) as caught:
        read(data, system, **limits)
    return caught.value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", FileFaultCode.EMPTY, id="nothing"),
        pytest.param(b"\xef\xbb\xbf\r\n\r\n", FileFaultCode.EMPTY, id="a byte order mark and blank lines"),
        pytest.param("\ufeff\n".encode("utf-16-le"), FileFaultCode.EMPTY, id="the same in UTF-16"),
        pytest.param(b" \n" * 5000, FileFaultCode.EMPTY, id="a long nothing"),
        pytest.param(SYSTMONE_HEADER.encode(), FileFaultCode.NO_PATIENTS, id="header only"),
        pytest.param(SYSTMONE_HEADER.encode() + b"\n,,\n\n,,", FileFaultCode.NO_PATIENTS, id="header and blank rows"),
        pytest.param(ROW.encode(), FileFaultCode.NO_HEADER, id="patients without a header"),
        pytest.param(b"Dear all,\nplease find attached", FileFaultCode.NO_HEADER, id="a letter"),
        pytest.param(b"NHS Number\n9990000018", FileFaultCode.MISSING_COLUMN, id="an EMIS list"),
        pytest.param(
            f"NHS number,{SYSTMONE_HEADER}\n1,{ROW}".encode(), FileFaultCode.COLUMN_TWICE, id="a column twice"
        ),
        pytest.param(
            f"{SYSTMONE_HEADER},Phone\n{ROW},07700900124".encode(), FileFaultCode.COLUMN_TWICE, id="two numbers"
        ),
        pytest.param(f'{SYSTMONE_HEADER}\n"{ROW}\n{ROW}\n'.encode(), FileFaultCode.UNCLOSED_QUOTE, id="unclosed quote"),
        pytest.param(
            f'{SYSTMONE_HEADER}\n"999"0000018,1,2\n'.encode(), FileFaultCode.STRAY_QUOTE, id="a quote in the middle"
        ),
        pytest.param(systmone(GOOD, ("9" * 200_000, "1", "2")), FileFaultCode.CELL_TOO_LONG, id="a cell of 200 KB"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 50, FileFaultCode.NOT_A_TABLE, id="PNG"),
        pytest.param(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", FileFaultCode.NOT_A_TABLE, id="PDF"),
        pytest.param(b"MZ\x90\0\x03\0\0\0", FileFaultCode.NOT_A_TABLE, id="EXE"),
        pytest.param(bytes(range(256)) * 20, FileFaultCode.NOT_A_TABLE, id="any other bytes"),
        pytest.param(b"PK\x03\x04\x14\0\x06\0", FileFaultCode.DAMAGED_WORKBOOK, id="the beginning of a workbook"),
        pytest.param(
            codecs.BOM_UTF16_LE + systmone(GOOD).decode().encode("utf-16-le") + b"\n",
            FileFaultCode.UNREADABLE,
            id="UTF-16 with a byte missing",
        ),
    ],
)
def test_a_file_is_refused_by_what_is_in_it(data: bytes, code: FileFaultCode) -> None:
    caught = fault(data)
    assert caught.code == code
    assert caught.message.endswith(".")
    assert "9990000018" not in caught.message
    assert str(caught) == code.value


def test_a_missing_column_is_named_with_those_that_were_found() -> None:
    message = fault(b"nhs no,Age\n9990000018,67\n").message
    assert "columns called Telecom Number and Date of Birth" in message
    assert "We found nhs no." in message
    assert "a column called NHS Number" in fault(b"DOB\n09/03/1958\n", EMIS).message


def test_without_a_header_the_needed_columns_are_named_and_nothing_of_the_rows_is() -> None:
    """The first row may be a patient's."""
    message = fault(f"Asha Patel,{ROW}\n".encode()).message
    assert "NHS Number, Telecom Number and Date of Birth" in message
    assert "Patel" not in message


def test_two_columns_for_one_thing_are_both_named() -> None:
    message = fault(f"{SYSTMONE_HEADER},Phone\n{ROW},1\n".encode()).message
    assert "more than one Telecom Number column: Telecom Number and Phone" in message


def test_the_row_of_an_unclosed_quote_is_named() -> None:
    assert "row 3 " in fault(systmone(GOOD, ('"999', "1", "2"), GOOD)).message
    assert "row 2 " in fault(systmone(("9" * 200_000, "1", "2"), GOOD)).message


@pytest.mark.parametrize(("limit", "shown"), [(10 * 1024 * 1024, "10MB"), (2048, "2KB")])
def test_too_many_bytes(limit: int, shown: str) -> None:
    """The message says how much may come (lists#too-large)."""
    caught = fault(systmone(GOOD) + b" " * limit, most_bytes=limit)
    assert (caught.code, shown in caught.message) == (FileFaultCode.TOO_BIG, True)


def test_too_many_rows() -> None:
    """Blank rows do not count, and the limit itself is allowed."""
    assert len(read(systmone(*[GOOD, ("", "", "")] * 5), most_rows=5)[1]) == 5
    caught = fault(systmone(*[GOOD] * 1001), most_rows=1000)
    assert (caught.code, "1,000 patients" in caught.message) == (FileFaultCode.TOO_MANY_ROWS, True)


def test_four_times_too_many_rows_are_refused_in_flat_memory() -> None:
    """Reading stops at the limit."""
    data = systmone(*[GOOD] * 400_000)

    def refused() -> None:
        file = io.BytesIO(data)
        with (
            open_table(file, system=SYSTMONE, most_bytes=20_000_000, most_rows=5_000) as table,
            pytest.raises(FileFault),
        ):
            sum(1 for _ in table.rows())

    assert_held(refused, most=1_000_000)


def test_blank_rows_beyond_any_spreadsheet_are_not_read_on() -> None:
    data = SYSTMONE_HEADER.encode() + b"\n" + b",\n" * 1_100_000
    assert fault(data).code == FileFaultCode.TOO_MANY_ROWS


def test_headings_that_lack_a_needed_column_are_named() -> None:
    """Every row below them would be read in the wrong columns."""
    data = systmone(GOOD, ("Date of Birth", "NHS Number", "Email"), GOOD)
    assert "Row 3 has headings again, without Telecom Number." in fault(data).message


def test_patients_above_the_headings_are_named() -> None:
    message = fault(f"{ROW}\n{ROW}\n{SYSTMONE_HEADER}\n{ROW}".encode()).message
    assert "Rows 1 and 2 look like patients, above the headings in row 3." in message
