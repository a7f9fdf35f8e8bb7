"""Reading reports of appointments: headings, dates, times, and what is wrong with a row."""

from datetime import date, datetime, time
from typing import Any

import pytest

from booking.reports.moments import NotAMoment, read_moment
from booking.reports.reader import read_report
from patients.tables.faults import FileFault, FileFaultCode
from tests.booking.reports.report_files import as_csv, as_workbook
from tests.booking.surgery import local
from tests.factories import nhs_number

NOW = local("2026-11-20T09:00")
AT = local("2026-11-30T14:20")


@pytest.mark.parametrize(("day", "at"), [
    ("30/11/2026", "14:20"), ("30/11/26", "14:20:00"), ("30-Nov-2026", "2:20 PM"), ("30 November 2026", "14.20"),
    ("2026-11-30", "1420"), ("30/11/2026 14:20", ""), ("2026-11-30T14:20:00", ""), ("30-Nov-2026 14:20", ""),
    ("Mon 30 Nov 2026", "2.20pm"), ("Monday 30 November 2026", "14:20"), ("30/11/2026 00:00", "14:20"),
    ("30/11/2026", "0.597222222"), ("30th November 2026 at 2:20pm", ""), ("30/11/2026", "30/11/2026 14:20"),
    ("Monday, 30 November 2026 14:20", ""), ("30/11/2026 - 14:20", ""), ("30.11.2026", "14:20:00.000"),
])  # fmt: skip
def test_dates_and_times_are_read_as_systems_write_them(day: str, at: str) -> None:
    assert read_moment(day, at) == AT


@pytest.mark.parametrize(("day", "at"), [
    ("", ""), ("30/11/2026", ""), ("", "14:20"), ("11/30/2026", "14:20"), ("31/11/2026", "14:20"), ("soon", "14:20"),
    ("30/11/2026", "25:00"), ("30/11/2026", "14:60"), ("30/11/2026", "13pm"), ("30/11/2026", "AM"), ("46356", "14:20"),
    ("30/11/2026", "14"), ("28/03/2027", "01:30"),
])  # fmt: skip
def test_what_is_not_sure_is_refused(day: str, at: str) -> None:
    with pytest.raises(NotAMoment):
        read_moment(day, at)


def test_the_clocks_in_london_count() -> None:
    assert read_moment("01/07/2026", "09:00").hour == 8


@pytest.mark.parametrize("headings", [
    ("NHS Number", "Appointment Date", "Appointment Time", "Slot Type"),
    ("NHS No", "Date", "Start Time", "Slot type"),
    ("nhs_number", "APPOINTMENT DATE", "Time", "Appointment Type"),
])  # fmt: skip
def test_headings_of_emis_and_systmone(headings: tuple[str, ...]) -> None:
    report = read_report(as_csv((nhs_number(1), "30/11/2026", "14:20", "Nurse"), headings=headings), NOW)
    (line,) = report.lines
    assert (line.nhs_number, line.starts_at, line.slot_type, line.reasons) == (nhs_number(1), AT, "Nurse", ())


def test_one_column_may_have_date_and_time() -> None:
    headings = ("Patient", "NHS Number", "Appointment Date/Time", "Slot Type", "Site")
    row = ("Asha Patel", "999 000 0018", "30/11/2026 14:20", "Nurse", "Branch Surgery")
    (line,) = read_report(as_csv(row, headings=headings), NOW).lines
    assert (line.starts_at, line.location, line.reasons) == (AT, "Branch Surgery", ())


def test_workbooks_with_cells_that_are_dates() -> None:
    row = (nhs_number(1), date(2026, 11, 30), time(14, 20), "Nurse", "Nurse Jones", "Branch Surgery")
    whole = (nhs_number(2), datetime(2026, 11, 30, 14, 20), None, "Nurse", None, None)
    lines = read_report(as_workbook(row, whole), NOW).lines
    assert [(line.starts_at, line.reasons) for line in lines] == [(AT, ()), (AT, ())]


ROW = (nhs_number(1), "30/11/2026", "14:20", "Nurse", "Nurse Jones", "Branch Surgery")


@pytest.mark.parametrize(("changed", "reason"), [
    ({0: ""}, "nhs_number_missing"), ({0: "9990000019"}, "nhs_number_check"),
    ({0: "9.99E+09"}, "nhs_number_spreadsheet"),
    ({1: "soon"}, "no_moment"), ({2: ""}, "no_moment"), ({1: "19/11/2026"}, "past"), ({1: "30/11/2062"}, "far_ahead"),
    ({3: ""}, "no_slot_type"), ({0: nhs_number(1) + " " * 300 + "x"}, "nhs_number_characters"),
])  # fmt: skip
def test_what_is_wrong_with_a_row_is_said(changed: dict[int, str], reason: str) -> None:
    row = [changed.get(place, cell) for place, cell in enumerate(ROW)]
    (line,) = read_report(as_csv(row), NOW).lines
    assert line.reasons == (reason,)


def test_totals_and_headings_again_are_no_appointments() -> None:
    again = ("NHS Number", "Appointment Date", "Appointment Time", "Slot Type", "Clinician", "Location")
    report = read_report(as_csv(ROW, again, ("Total: 1", "", "", "", "", ""), ("", "", "", "", "", "")), NOW)
    assert (len(report.lines), report.other_rows) == (1, 1)


def test_cells_that_have_slipped_are_not_used() -> None:
    report = read_report(as_csv(ROW, (nhs_number(2), "30/11/2026", "14:20", "Nurse", "x", "y", "z")), NOW)
    assert [line.reasons for line in report.lines] == [(), ("slipped",)]


@pytest.mark.parametrize(("file", "code"), [
    (as_csv(), FileFaultCode.NO_PATIENTS),
    (as_csv(("x", "y"), headings=("Colour", "Size")), FileFaultCode.NO_HEADER),
    (as_csv((nhs_number(1), "Nurse"), headings=("NHS Number", "Slot Type")), FileFaultCode.MISSING_COLUMN),
    (as_csv((nhs_number(1), "30/11/2026", "30/11/2026", "Nurse"), headings=("NHS Number", "Date", "Date", "Slot Type")),
     FileFaultCode.COLUMN_TWICE),
])  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_whole(file: Any, code: FileFaultCode) -> None:
    with pytest.raises(FileFault) as fault:
        read_report(file, NOW)
    assert fault.value.code == code
