"""Lists of NHS numbers as staff have them at hand: any layout, and nothing guessed."""

import io

import pytest

from patients.files.number_lists import NumberList, read_numbers
from patients.reasons import Reason
from patients.tables.faults import FileFault

A, B, C = "9990000018", "9990000026", "9990000034"


def read(content: str | bytes, most_rows: int = 100) -> NumberList:
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    return read_numbers(file, most_bytes=100_000, most_rows=most_rows)


@pytest.mark.parametrize(
    "content",
    [
        f"{A}\n{B}\n",
        f"{A}\r\n\r\n{B}",
        "999 000 0018\n999-000-0026\n",
        f"{A},{B}",
        f"{A};{B}\n",
        f"{A}\t{B}\n",
        f"NHS Number\n{A}\n{B}\n",
        f"Report of today\n\nNHS No,Surname\n{A},Patel\n{B},Okoro\n",
        f'"Surname";"NHS number"\n"Patel";"\'{A}"\n"Okoro";"=""{B}"""\n',
        f"Patel,09/03/1958,{A}\nOkoro,10/04/1960,{B}\n",
        f"Surname,Date\nPatel {A},1\nOkoro {B},2\n".replace("Patel ", "Patel,").replace("Okoro ", "Okoro,"),
        f"\ufeff{A}\n{B}\n",
        f"{A}\n{B}\n".encode("utf-16"),
        f"{A}\n{B}\n\x1a",
    ],
)
def test_numbers_are_found_wherever_they_stand(content: str | bytes) -> None:
    listed = read(content)
    assert list(listed.numbers) == [A, B]
    assert (listed.bad, listed.repeated) == ([], 0)


def test_the_named_column_alone_is_read() -> None:
    listed = read(f"NHS Number,Old NHS number\n{A},{B}\n,{C}\n")
    assert list(listed.numbers) == [A]
    assert [(bad.row, bad.reason) for bad in listed.bad] == [(3, Reason.NHS_NUMBER_MISSING)]


def test_each_is_there_once() -> None:
    listed = read(f"{A}\n{B}\n{A}\n999 000 0018\n")
    assert (list(listed.numbers), listed.repeated, listed.rows) == ([A, B], 2, 4)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("9990000019", Reason.NHS_NUMBER_CHECK),
        ("999000001", Reason.NHS_NUMBER_LENGTH),
        ("9.99E+09", Reason.NHS_NUMBER_SPREADSHEET),
        ("9999999999", Reason.NHS_NUMBER_SAME_DIGITS),
    ],
)
@pytest.mark.parametrize("heading", ["", "NHS Number\n"])
def test_what_is_none_is_said_with_its_row(heading: str, written: str, reason: Reason) -> None:
    listed = read(f"{heading}{A}\n{written}\n")
    assert list(listed.numbers) == [A]
    assert [(bad.row, bad.reason) for bad in listed.bad] == [(3 if heading else 2, reason)]


def test_words_and_totals_beside_numbers_do_no_harm() -> None:
    listed = read(f"Patients with the code\n{A}\nTotal: 1\n")
    assert (list(listed.numbers), listed.bad) == ([A], [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("Surname\nPatel\n", "There is no NHS number in the file"),
        (f"{A}\n{B}\n{C}\n", "no more than 2 patients"),
        (b"%PDF-1.7", "PDF"),
        (f'"{A}\n{B}', "quot"),
        (b"x" * 200_000, "must be smaller than"),
    ],
)
def test_a_file_that_cannot_be_read_whole_is_refused(content: str | bytes, message: str) -> None:
    with pytest.raises(FileFault) as refused:
        read(content, most_rows=2)
    assert message in refused.value.message
    assert A not in refused.value.message
