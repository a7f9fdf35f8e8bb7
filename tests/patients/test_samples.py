"""Sample files are lists that our own reader takes."""

import io
from datetime import date

import pytest

from patients.samples import SampleRow, write_sample
from tests.patients.files import EMIS, GOOD, SYSTMONE, check

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
            ["can", "cannot", "cannot"],
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
