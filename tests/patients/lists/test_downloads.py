"""The download of those who cannot be sent to: the staff member's own file, safe in a spreadsheet, and back again."""

import csv
import io
import re

import pytest

from patients.columns.known import Column
from patients.lists.downloads import cannot_be_sent_csv, harmless, lasting
from patients.models import PatientList
from tests.patients.conftest import Surgery
from tests.patients.list_files import GOOD, check, systmone

NHS, MOBILE, BORN = GOOD

HEADER = "Nhs  no,Telecom Number,Date of Birth,Patient name,Ward"
ROWS = [
    ("9990000018", MOBILE, BORN, "Al", "Elm"),
    ("9990000034", "", BORN, "Christopherson", "Elm"),
    ("1", "+441134960000", "", "=1+1", "Elm"),
    ("9990000042", "01632960000", BORN, "Zoë", "Elm"),
]


@pytest.fixture
def stored(systmone_surgery: Surgery) -> PatientList:
    return systmone_surgery.upload(systmone(*ROWS, header=HEADER))


def download(stored: PatientList) -> str:
    return "".join(cannot_be_sent_csv(stored))


@pytest.mark.django_db
def test_it_has_their_own_rows_and_columns_with_reasons(stored: PatientList) -> None:
    text = download(stored)
    assert text.startswith("\ufeffRow,Nhs no,Telecom Number,Date of Birth,Patient name,Reason,What to do\r\n")
    assert text.count("\r\n") == text.count("\n") == 4
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [row["Row"] for row in rows] == ["3", "4", "5"]
    assert rows[0]["Reason"] == "Telecom Number, column B: The mobile number is empty."
    assert rows[0]["What to do"] == "Contact this patient in another way."
    assert rows[1]["Telecom Number"] == "'+441134960000"
    assert rows[1]["Patient name"] == "'=1+1"
    assert rows[2]["Patient name"] == "Zoë"
    assert "Elm" not in text  # a column that we do not know is not kept


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "|calc", "\uff1d1", '=HYPERLINK("x")']
)
def test_no_cell_can_be_a_formula(cell: str) -> None:
    """Also behind a tab or in full width, as a spreadsheet may read it (lists#formulas)."""
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Joe", "07700 900123", "O'Brien", "09/03/1958", "<b>"])
def test_other_cells_are_left_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


@pytest.mark.parametrize(
    ("cell", "column", "written"),
    [
        ("9990000018", Column.NHS_NUMBER, "999 000 0018"),
        ("0123456789", Column.NHS_NUMBER, "012 345 6789"),
        ("012345678", Column.NHS_NUMBER, "01234 5678"),
        ("999000001", Column.NHS_NUMBER, "999000001"),
        ("07700900123", Column.MOBILE, "07700 900123"),
        ("7700900123", Column.MOBILE, "77009 00123"),
        ("447700900123", Column.MOBILE, "44770 0900123"),
        ("07700 900123", Column.MOBILE, "07700 900123"),
        ("0770", Column.MOBILE, "'0770"),
        ("12345", Column.MOBILE, "12345"),
        ("21947", Column.DATE_OF_BIRTH, "21947"),
        ("0", Column.DECEASED, "0"),
        ("000000000000", Column.GIVEN_NAME, "00000 0000000"),
        ("09/03/1958", Column.DATE_OF_BIRTH, "09/03/1958"),
    ],
)
def test_digits_outlive_a_spreadsheet(cell: str, column: Column, written: str) -> None:
    assert lasting(cell, column) == written


DAMAGED_BY_EXCEL = re.compile("0[0-9]+|[0-9]{12,}")
"""What Excel takes for a number and does not show as it was written."""


@pytest.mark.django_db
def test_nothing_in_it_is_damaged_by_opening_it(systmone_surgery: Surgery) -> None:
    stored = systmone_surgery.upload(
        systmone(("0123456789", "07700900123", ""), ("012345", "441134960000", ""), ("1", "0113", ""))
    )
    rows = list(csv.reader(io.StringIO(download(stored).removeprefix("\ufeff"), newline="")))[1:]
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if DAMAGED_BY_EXCEL.fullmatch(cell)]


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["9990000018", "999 000 0018", "999-000-0018", "'9990000018"])
@pytest.mark.parametrize("mobile", ["07700900123", "7700900123", "+447700900123", "447700900123", "0044 7700 900123"])
def test_it_comes_back_with_the_same_values(systmone_surgery: Surgery, number: str, mobile: str) -> None:
    stored = systmone_surgery.upload(systmone((number, mobile, "31/02/1958", "-Asha"), header=f"{HEADER[:-5]}"))
    first = stored.recipients.get()
    assert first.reasons
    corrected = download(stored).replace("31/02/1958", BORN)
    (row,), _ = check(corrected.encode())
    assert (row.nhs_number, row.mobile) == (first.nhs_number, first.mobile) == (NHS, "+447700900123")
    assert row.verdict == "can"


@pytest.mark.django_db
def test_uncorrected_it_has_the_same_faults(stored: PatientList, systmone_surgery: Surgery) -> None:
    again = systmone_surgery.upload(download(stored).encode(), "cannot-be-sent.csv")
    assert again.recipients.can().count() == 0
    for before, after in zip(stored.recipients.cannot(), again.recipients.cannot(), strict=True):
        assert after.reasons == before.reasons
        assert (after.nhs_number, after.date_of_birth) == (before.nhs_number, before.date_of_birth)


@pytest.mark.django_db
def test_what_staff_were_asked_about_is_asked_about_again(systmone_surgery: Surgery) -> None:
    """Else a corrected file would text whom they had left out."""
    rows = [(*GOOD, "RIP 2021", "Elm"), ("9990000026", "0113", BORN, "", "Elm")]
    stored = systmone_surgery.upload(systmone(*rows, header=f"{HEADER.replace('Patient name', 'Notes')}"))
    assert stored.recipients.cannot().count() == 2
    text = download(stored)
    assert text.startswith("\ufeffRow,Nhs no,Telecom Number,Date of Birth,Notes,Reason,What to do\r\n")
    again = systmone_surgery.upload(text.encode(), "again.csv")
    assert [(question.header, question.text) for question in again.questions.all()] == [("Notes", "RIP 2021")]
    assert again.recipients.get(nhs_number=NHS).reasons == ["column_unanswered"]


@pytest.mark.django_db
def test_sections_come_back_in_one_table(systmone_surgery: Surgery) -> None:
    other = "Date of Birth,Telecom Number,First name,NHS Number"
    data = systmone(("9990000018", "0113", BORN), other.split(","), (BORN, "0114", "-Zoë", "9990000026"))
    stored = systmone_surgery.upload(data)
    text = download(stored)
    assert text.startswith("\ufeffRow,NHS Number,Telecom Number,Date of Birth,First name,Reason,What to do\r\n")
    assert "'-Zoë" in text
    again = systmone_surgery.upload(text.encode(), "again.csv")
    assert [row.original for row in again.recipients.all()] == [
        {"nhs_number": "999 000 0018", "mobile": "'0113", "date_of_birth": BORN},
        {"nhs_number": "999 000 0026", "mobile": "'0114", "date_of_birth": BORN, "given_name": "-Zoë"},
    ]
