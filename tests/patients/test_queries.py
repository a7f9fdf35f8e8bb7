"""Counts, names and the download of a stored list."""

import csv
import io

import pytest

from patients import queries
from patients.downloads import cannot_be_sent_csv, harmless
from patients.models import PatientList
from patients.reasons import Reason
from tests.patients.conftest import Surgery
from tests.patients.files import GOOD, SYSTMONE_HEADER, check, systmone

NHS, MOBILE, BORN = GOOD
pytestmark = pytest.mark.django_db


@pytest.fixture
def stored(systmone_surgery: Surgery) -> PatientList:
    rows = [
        (*GOOD, "Al"),
        ("9990000026", MOBILE, BORN, "Bartholomew"),
        ("9990000034", "", BORN, "Christopherson"),
        ("1", "+441134960000", "", "=1+1"),
        (*GOOD, "Al"),
        ("9990000042", "", BORN, "Zoë"),
    ]
    return systmone_surgery.upload(systmone(*rows, header=f"NHS  no,{SYSTMONE_HEADER[11:]},Patient name"))


def test_counts_add_up(stored: PatientList) -> None:
    counts = queries.verdict_counts(stored)
    assert counts == queries.VerdictCounts(can=2, cannot=4, pending=0)
    assert counts.total == stored.row_count
    assert queries.progress(stored) == (6, 6)


def test_reasons_are_counted_with_their_titles(stored: PatientList) -> None:
    found = queries.reason_counts(stored)
    assert found[0] == queries.ReasonCount(Reason.MOBILE_MISSING, "No mobile number", 2)
    assert {each.reason: each.count for each in found[1:]} == {
        Reason.NHS_NUMBER_LENGTH: 1,
        Reason.MOBILE_LANDLINE: 1,
        Reason.BIRTH_MISSING: 1,
        Reason.DUPLICATE: 1,
    }


def test_the_longest_name_is_of_those_who_can_be_sent(stored: PatientList) -> None:
    assert queries.longest_name(stored) == "Bartholomew"
    stored.recipients.can().delete()
    assert queries.longest_name(stored) == ""


def test_the_download_is_the_staff_members_own_rows_with_reasons(stored: PatientList) -> None:
    text = "".join(cannot_be_sent_csv(stored))
    assert text.startswith("\ufeffRow,NHS no,Telecom Number,Date of Birth,Patient name,Reason,What to do\r\n")
    assert text.count("\r\n") == text.count("\n") == 5
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [row["Row"] for row in rows] == ["4", "5", "6", "7"]
    assert rows[0]["Reason"] == "The Telecom Number column is empty."
    assert rows[0]["What to do"] == "Contact this patient in another way."
    assert rows[1]["Telecom Number"] == "'+441134960000"
    assert rows[1]["Patient name"] == "'=1+1"
    assert rows[1]["Reason"].count(".") == 4
    assert rows[2]["Reason"] == "This patient is already in row 2 and will get one text."
    assert rows[3]["Patient name"] == "Zoë"


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "|calc", "\uff1d1", '=HYPERLINK("x")']
)
def test_no_cell_can_be_a_formula(cell: str) -> None:
    """B54."""
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Joe", "07700 900123", "O'Brien", "09/03/1958", "<b>"])
def test_other_cells_are_left_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


def test_a_download_can_be_uploaded_again(systmone_surgery: Surgery) -> None:
    stored = systmone_surgery.upload(systmone(("9990000019", "+447700900123", BORN)))
    text = "".join(cannot_be_sent_csv(stored)).replace("9990000019", NHS)
    rows, _ = check(text.encode())
    assert (rows[0].verdict, rows[0].mobile) == ("can", "+447700900123")
