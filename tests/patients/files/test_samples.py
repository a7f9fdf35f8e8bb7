"""Sample files are lists that our own reader takes."""

import io
from datetime import date

import pytest

from integrations.clinical.samples import SampleRow
from patients.columns.known import DEFINITIONS, required
from patients.files.guides import SAMPLE_ROWS, column_help
from patients.files.samples import write_sample
from tests.patients.list_files import EMIS, GOOD, SYSTMONE, check

NHS, MOBILE, _ = GOOD
ROWS = [
    SampleRow(NHS, "07700 900123", date(1958, 3, 9), "Asha", "Patel", "Mrs"),
    SampleRow("9990000026", "", "31/02/1960", "Ben", "Okoro"),
    SampleRow("", "", ""),
]


@pytest.mark.parametrize(
    ("system", "header", "verdicts"),
    [
        (EMIS, "NHS Number", ["pending", "pending"]),
        (
            SYSTMONE,
            "Title,First name,Surname,Date of birth,NHS number,Telecom number,Patient count",
            ["can", "cannot"],
        ),
    ],
)
def test_a_sample_is_read_like_the_real_thing(system: str, header: str, verdicts: list[str]) -> None:
    file = io.StringIO(newline="")
    write_sample(system=system, rows=ROWS, file=file)
    text = file.getvalue()
    assert text.startswith(header + "\r\n")
    rows, _ = check(text.encode(), system)
    assert [row.verdict for row in rows] == verdicts
    assert rows[0].nhs_number == NHS


def test_dates_are_written_as_systmone_does() -> None:
    file = io.StringIO(newline="")
    write_sample(system=SYSTMONE, rows=ROWS[:1], file=file)
    assert "Mrs,Asha,Patel,09-Mar-1958,9990000018,07700 900123,1" in file.getvalue()


@pytest.mark.parametrize(("system", "verdicts"), [(EMIS, ["pending"] * 3), (SYSTMONE, ["can"] * 3)])
def test_the_sample_for_staff_has_one_faulty_row(system: str, verdicts: list[str]) -> None:
    file = io.StringIO(newline="")
    write_sample(system=system, rows=SAMPLE_ROWS, file=file)
    rows, _ = check(file.getvalue().encode(), system)
    assert [row.verdict for row in rows] == [*verdicts, "cannot"]
    assert all(row.nhs_number.startswith("999") for row in rows[:3])


@pytest.mark.parametrize("system", [EMIS, SYSTMONE])
def test_the_help_has_every_column_and_those_that_are_needed_first(system: str) -> None:
    help_columns = column_help(system)
    assert {item.name for item in help_columns} == {item.name for item in DEFINITIONS.values()}
    assert [item.name for item in help_columns if item.required] == [
        DEFINITIONS[column].name for column in required(system)
    ]
    assert help_columns[0].required
    assert all(item.use and item.example for item in help_columns)
