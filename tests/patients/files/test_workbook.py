"""Excel workbooks: what their cells say, and that nothing in one can hang or fill a worker."""

import io
import zipfile
import zlib
from datetime import date
from functools import partial

import pytest
from openpyxl import load_workbook
from pytest_django.fixtures import Settings

from patients.files import reader
from patients.files.effort import Effort
from patients.files.reader import glance, open_table
from patients.lists.uploads import PART_BYTES
from patients.models import ListState
from patients.tables.faults import FileFault, FileFaultCode
from tests.memory import assert_held
from tests.patients.conftest import Surgery
from tests.patients.list_files import EMIS, GOOD, SYSTMONE, SYSTMONE_HEADER, read, systmone
from tests.patients.packing import PLAIN, Cell, packed, parts_of, with_sheet, workbook

HEADINGS = SYSTMONE_HEADER.split(",")
SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
EMIS_HEADER = b'<row r="1"><c r="A1" t="inlineStr"><is><t>NHS Number</t></is></c></row>'


def fault(data: bytes, system: str = SYSTMONE, **limits: int) -> FileFault:
    with pytest.raises(FileFault) as caught:
        read(data, system, **limits)
    return caught.value


def cell(xml: str) -> str:
    """What a single cell of XML says."""
    _, rows = read(with_sheet(SHEET % (EMIS_HEADER + f'<row r="2">{xml}</row>'.encode())), EMIS)
    return rows[0].cells[0]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("9990000018", "9990000018"),
        ("9.990000018E9", "9990000018"),
        ("9990000018.0", "9990000018"),
        ("0447700900123", "447700900123"),
        ("447700900123", "447700900123"),
        ("123456789012345", "123456789012345"),
        ("1234567890123456", "1.23E+15"),
        ("4.47700900123E+22", "4.48E+22"),
        ("1E+999999", "1.00E+999999"),
        ("1E-999999", "1.00E-999999"),
        ("21253.5", "21253.5"),
        ("-7", "-7"),
        ("0", "0"),
    ],
)
def test_a_number_is_shown_by_its_digits_or_as_damaged(written: str, shown: str) -> None:
    assert cell(f'<c r="A2"><v>{written}</v></c>') == shown


@pytest.mark.parametrize(
    ("xml", "shown"),
    [
        ('<c r="A2" s="1"><v>21253</v></c>', "09/03/1958"),
        ('<c r="A2" s="2"><v>21253</v></c>', "09/03/1958"),
        ('<c r="A2" s="1"><v>21253.75</v></c>', "09/03/1958 18:00"),
        ('<c r="A2" s="1"><v>59</v></c>', "28/02/1900"),
        ('<c r="A2" s="1"><v>9990000018</v></c>', "9990000018"),
        ('<c r="A2" s="3"><v>21253</v></c>', "21253"),
        ('<c r="A2" t="d"><v>1958-03-09</v></c>', "09/03/1958"),
        ('<c r="A2" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="A2" t="b"><v>0</v></c>', "FALSE"),
        ('<c r="A2" t="e"><v>#REF!</v></c>', "#REF!"),
        ('<c r="A2" t="str"><f>B2</f><v>shown</v></c>', "shown"),
        ('<c r="A2" t="inlineStr"><is><r><t>two </t></r><r><t>parts</t></r><rPh><t>no</t></rPh></is></c>', "two parts"),
        ('<c r="A2" t="inlineStr"><is><t>a_x000A_b_x0000__xD800_</t></is></c>', "a\nb_x0000__xD800_"),
        ("<c><v>7</v></c>", "7"),
    ],
)
def test_a_cell_says_what_excel_shows(xml: str, shown: str) -> None:
    assert cell(xml) == shown


@pytest.mark.parametrize(
    "xml",
    [
        '<c r="A2"><v>x</v></c>',
        '<c r="A2"><v>NaN</v></c>',
        '<c r="A2" t="s"><v>999</v></c>',
        '<c r="A2" t="s"><v>-1</v></c>',
        '<c r="A2" t="zz"><v>1</v></c>',
        '<c r="A2" t="d"><v>yesterday</v></c>',
        '<c r="2"><v>1</v></c>',
        '<c r="AAAA2"><v>1</v></c>',
        '<c r="B2"><v>1</v></c><c r="A2"><v>2</v></c>',
        '</row><row r="2">',
        '</row><row r="1048577">',
        '</row><row r="two">',
    ],
)
def test_a_cell_or_row_that_cannot_be_is_damage(xml: str) -> None:
    data = with_sheet(SHEET % (EMIS_HEADER + f'<row r="2">{xml}</row>'.encode()))
    assert fault(data, EMIS).code == FileFaultCode.DAMAGED_WORKBOOK


def test_openpyxl_reads_the_same_from_what_it_wrote() -> None:
    rows: list[list[Cell]] = [
        [f"999000{n:04}", 447700900000 + n, date(1930 + n % 60, 1 + n % 12, 1 + n % 28)] for n in range(300)
    ]
    data = workbook([HEADINGS, *rows])
    _, ours = read(data)
    theirs = load_workbook(io.BytesIO(data), read_only=True).worksheets[0].iter_rows(min_row=2, values_only=True)
    expected = [[str(a), str(b), f"{c:%d/%m/%Y}"] for a, b, c in theirs]
    assert [list(row.cells) for row in ours] == expected
    assert [row.number for row in ours] == list(range(2, 302))


def test_two_sheets_with_patients_are_both_named() -> None:
    message = fault(workbook([HEADINGS, GOOD], [["Notes"]], [HEADINGS, GOOD])).message
    assert "more than one sheet: “List 1” and “List 3”. Delete" in message


def test_a_hidden_patient_is_named_by_row() -> None:
    """Somebody who filters a list and saves it believes that only those are left who are seen."""
    parts = parts_of(PLAIN.read_bytes())
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b'<row r="3"', b'<row r="3" hidden="true"')
    caught = fault(with_sheet(sheet))
    assert (caught.code, "Row 3 " in caught.message) == (FileFaultCode.HIDDEN_ROW, True)


def test_too_many_rows_of_a_workbook() -> None:
    """The limit itself is allowed."""
    assert len(read(workbook([HEADINGS, *[GOOD] * 5]), most_rows=5)[1]) == 5
    assert fault(workbook([HEADINGS, *[GOOD] * 6]), most_rows=5).code == FileFaultCode.TOO_MANY_ROWS


def test_rows_far_down_are_reached_at_once() -> None:
    xml = EMIS_HEADER + b'<row r="1048576"><c r="A1048576"><v>9990000018</v></c></row>'
    assert read(with_sheet(SHEET % xml), EMIS)[1][0].number == 1_048_576


def test_a_workbook_may_not_unpack_to_more_than_the_limit(settings: Settings) -> None:
    """A glance at the directory is enough (lists#zip-bombs)."""
    data = with_sheet(SHEET % (b" " * 3_000_000))
    settings.WORKBOOK_MAX_BYTES = 2_000_000
    with pytest.raises(FileFault) as caught:
        glance(io.BytesIO(data), system=SYSTMONE, most_bytes=len(data))
    assert caught.value.code == FileFaultCode.UNPACKED_TOO_BIG


def test_a_part_unpacks_to_no_more_than_its_directory_says() -> None:
    """The bound rests on this promise of zipfile's, whatever the compressed bytes are."""
    data = bytearray(packed({"part": b" " * 1_000_000}))
    shorter = zlib.crc32(b" " * 1000).to_bytes(4, "little")
    for header, offset in ((0, 14), (data.index(b"PK\x01\x02"), 16)):
        at = header + offset
        data[at : at + 4] = shorter
        data[at + 8 : at + 12] = (1000).to_bytes(4, "little")
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("part") as part:
        assert len(part.read()) == 1000


@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param(b"<a>" * 50_000, id="elements inside elements"),
        pytest.param(b'<worksheet a="' + b"x" * 5_000_000 + b'"/>', id="a long attribute"),
        pytest.param(b"<worksheet><!--" + b"x" * 5_000_000 + b"--></worksheet>", id="a long comment"),
        pytest.param(SHEET % (b"<x/>" * 200_000), id="elements that mean nothing"),
        pytest.param(SHEET % (b"<row>" + b"<c/>" * 200_000 + b"</row>"), id="a row of empty cells"),
        pytest.param(SHEET % (b'<row><c r="XFD1"><v>1</v></c></row>' * 20_000), id="rows that are wide"),
        pytest.param(SHEET % (b"<row><c><v>" + b"9" * 5_000_000), id="a long cell"),
    ],
)
def test_memory_does_not_grow_with_what_a_sheet_says(sheet: bytes) -> None:
    """Whatever it says, it is read as a stream."""
    data = with_sheet(sheet)

    def refused() -> None:
        with pytest.raises(FileFault):
            read(data, EMIS)

    assert_held(refused, most=8_000_000)


def test_shared_strings_are_bounded() -> None:
    """They are the one part that has to be held."""
    strings = b"<sst>" + b"<si/>" * 1_100_000 + b"</sst>"
    data = packed(parts_of(PLAIN.read_bytes()) | {"xl/sharedStrings.xml": strings})
    assert fault(data).code == FileFaultCode.UNPACKED_TOO_BIG


def test_a_workbook_is_read_from_where_uploads_are_kept(systmone_surgery: Surgery) -> None:
    data = workbook([HEADINGS, *[(f"{n * 7919 % 10**10:010}", GOOD[1], GOOD[2]) for n in range(17_000)], GOOD])
    assert len(data) > PART_BYTES
    stored = systmone_surgery.upload(data, "patients.xlsx")
    assert (stored.state, stored.row_count) == (ListState.READY, 17_001)
    assert stored.recipients.get(row_number=17_002).nhs_number == GOOD[0]


def test_the_file_stays_open() -> None:
    with PLAIN.open("rb") as file:
        with open_table(file, system=SYSTMONE, most_bytes=100_000, most_rows=10) as table:
            assert len(list(table.rows())) == 3
        assert not file.closed


def test_cells_without_references_keep_their_columns_around_an_empty_one() -> None:
    def written(*cells: str) -> str:
        filled = [f'<c t="inlineStr"><is><t>{cell}</t></is></c>' if cell else "<c/>" for cell in cells]
        return f"<row>{''.join(filled)}</row>"

    heading = written("NHS Number", "First Name", "Surname", "Mobile Number", "Date of Birth")
    rows = written("9990000018", "", "Patel", "07700900123", "09/03/1958")
    sheet = with_sheet(f"<worksheet><sheetData>{heading}{rows}</sheetData></worksheet>".encode())
    with open_table(io.BytesIO(sheet), system="systmone", most_bytes=10**7, most_rows=10) as table:
        (row,) = table.rows()
        assert [*row.cells] == ["9990000018", "", "Patel", "07700900123", "09/03/1958"]


LONG = b"<sst><si><t>" + b"x" * 131_000 + b"</t></si></sst>"
"""One long text, which is stored once and may stand in any number of cells."""


@pytest.mark.hazard("H-14.7")
@pytest.mark.parametrize(
    ("parts", "code"),
    [
        pytest.param({"xl/worksheets/sheet1.xml": SHEET % (b"<x/>" * 3_000)}, "unpacked_too_big", id="elements"),
        pytest.param({"xl/worksheets/sheet1.xml": SHEET % (b"<row/>" * 3_000)}, "unpacked_too_big", id="rows"),
        pytest.param({"xl/sharedStrings.xml": b"<sst><si>" + b"<r/>" * 3_000}, "unpacked_too_big", id="strings"),
        pytest.param({"xl/styles.xml": b"<styleSheet>" + b"<x/>" * 3_000}, "unpacked_too_big", id="styles"),
        pytest.param(
            {
                "xl/sharedStrings.xml": LONG,
                "xl/worksheets/sheet1.xml": SHEET % (b"<row>" + b'<c t="s"><v>0</v></c>' * 9 + b"</row>"),
            },
            "cell_too_long",
            id="one long text in many cells",
        ),
    ],
)
def test_a_small_workbook_cannot_cost_much(parts: dict[str, bytes], code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes of zip may say millions of elements: they are counted over all that is read."""
    monkeypatch.setattr(reader, "Effort", partial(Effort, elements=2_000))
    data = packed(parts_of(PLAIN.read_bytes()) | parts)
    assert len(data) < 10_000
    assert fault(data).code == code


@pytest.mark.hazard("H-14.7")
@pytest.mark.parametrize("data", [PLAIN.read_bytes(), systmone(GOOD, GOOD)], ids=["workbook", "text"])
def test_no_file_is_read_for_longer_than_the_limit(data: bytes, settings: Settings) -> None:
    settings.UPLOAD_MAX_SECONDS = 0
    caught = fault(data)
    assert caught.code == FileFaultCode.TAKES_TOO_LONG
    assert "save it as CSV" in caught.message
