"""From a file to verdicts: every reason that a row can have, what the whole list adds, and that nothing is lost."""

from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patients.checks.rows import CheckedRow, ListCheck
from patients.models import Verdict
from patients.reasons import Reason
from patients.tables.faults import FileFault
from patients.values.corrections import Tidied
from tests.patients.list_files import EMIS, GOOD, SYSTMONE, SYSTMONE_HEADER, check, emis, read, rules, systmone

NHS, MOBILE, BORN = GOOD


def check_row(*row: str, header: str = SYSTMONE_HEADER, **changed: Any) -> CheckedRow:
    """The one row of a list; the rules are the usual ones but for what is `changed`."""
    columns, rows = read(systmone(row, header=header))
    (checked,) = ListCheck(rules(**changed)).check(rows, columns)
    return checked


def test_a_good_row_can_be_sent() -> None:
    checked = check_row("999 000 0018", "+44 (0)7700 900123", "09-Mar-58")
    assert checked.verdict == Verdict.CAN
    assert (checked.nhs_number, checked.mobile, checked.date_of_birth) == (NHS, "+447700900123", date(1958, 3, 9))
    assert checked.reasons == ()
    assert checked.original == {
        "nhs_number": "999 000 0018",
        "mobile": "+44 (0)7700 900123",
        "date_of_birth": "09-Mar-58",
    }


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        (("", MOBILE, BORN), [Reason.NHS_NUMBER_MISSING]),
        (("9990000019", MOBILE, BORN), [Reason.NHS_NUMBER_CHECK]),
        (("9.99E+09", MOBILE, BORN), [Reason.NHS_NUMBER_SPREADSHEET]),
        ((NHS, "", BORN), [Reason.MOBILE_MISSING]),
        ((NHS, "O7700900123", BORN), [Reason.MOBILE_CHARACTERS]),
        ((NHS, "4.477E+11", BORN), [Reason.MOBILE_SPREADSHEET]),
        ((NHS, "0770090012", BORN), [Reason.MOBILE_TOO_SHORT]),
        ((NHS, "077009001234", BORN), [Reason.MOBILE_TOO_LONG]),
        ((NHS, "0113 496 0000", BORN), [Reason.MOBILE_LANDLINE]),
        ((NHS, "07012345678", BORN), [Reason.MOBILE_PERSONAL_NUMBER]),
        ((NHS, "+353871234567", BORN), [Reason.MOBILE_NOT_UK]),
        ((NHS, "0300 123 4567", BORN), [Reason.MOBILE_NOT_A_MOBILE]),
        ((NHS, "0901 234 5678", BORN), [Reason.MOBILE_PREMIUM]),
        ((NHS, "07797 712345", BORN), [Reason.MOBILE_ISLAND]),
        ((NHS, "+1 212 555 0100", BORN), [Reason.MOBILE_NOT_UK]),
        ((NHS, "7700900123.0", BORN), [Reason.MOBILE_SPREADSHEET]),
        (("9990000018.0", MOBILE, BORN), [Reason.NHS_NUMBER_SPREADSHEET]),
        (("0000000000", MOBILE, BORN), [Reason.NHS_NUMBER_SAME_DIGITS]),
        ((NHS, MOBILE, ""), [Reason.BIRTH_MISSING]),
        ((NHS, MOBILE, "21947"), [Reason.BIRTH_SERIAL]),
        ((NHS, MOBILE, "31/04/1960"), [Reason.BIRTH_IMPOSSIBLE]),
        ((NHS, MOBILE, "01/01/2030"), [Reason.BIRTH_FUTURE]),
        ((NHS, MOBILE, "01/01/1890"), [Reason.BIRTH_TOO_OLD]),
        ((NHS, MOBILE, "2/1/60"), [Reason.BIRTH_UNREADABLE]),
        ((NHS, MOBILE, "14-Jun-25"), [Reason.BIRTH_AMBIGUOUS]),
        ((NHS, MOBILE, "14-Jun-15"), [Reason.UNDER_AGE]),
        ((NHS, MOBILE, "16/06/2010"), [Reason.UNDER_AGE]),
        ((*GOOD, "slipped"), [Reason.ROW_TOO_LONG]),
        (("", "", ""), None),
        (("1", "", "x"), [Reason.NHS_NUMBER_LENGTH, Reason.MOBILE_MISSING, Reason.BIRTH_UNREADABLE]),
    ],
)
def test_a_row_that_cannot_be_sent_has_all_its_reasons(row: tuple[str, ...], reasons: list[Reason] | None) -> None:
    """Each fault has its own message, and nothing doubtful is sent."""
    if reasons is None:
        assert len(check(systmone(row, GOOD))[0]) == 1  # a blank row is no row
        return
    checked = check_row(*row)
    assert (checked.verdict, list(checked.reasons)) == (Verdict.CANNOT, reasons)


def test_a_damaged_row_is_refused_and_what_was_written_can_be_stored() -> None:
    """PostgreSQL keeps no NUL: the replacement character stands in its place."""
    rows, _ = check(systmone((NHS, MOBILE, "09/03/1958\0")))
    assert rows[0].reasons == (Reason.ROW_UNREADABLE,)
    assert rows[0].original["date_of_birth"] == "09/03/1958\N{REPLACEMENT CHARACTER}"


def test_made_up_mobiles_are_refused_where_patients_are() -> None:
    assert check_row(*GOOD, allow_test_numbers=False).reasons == (Reason.MOBILE_INVALID,)


@pytest.mark.parametrize("written", ['="{}"', "'{}"])
def test_digits_that_a_spreadsheet_was_told_to_keep_are_read(written: str) -> None:
    row = [written.format(cell).replace('"', '""') for cell in GOOD]
    assert check_row(*(f'"{cell}"' for cell in row)).verdict == Verdict.CAN


@pytest.mark.parametrize(
    ("header", "name", "expected"),
    [
        ("Patient Name", ["Mr Joe Bloggs"], ("Joe", "Bloggs")),
        ("First name,Surname", ["JOE", "BLOGGS"], ("Joe", "Bloggs")),
        ("Title,First name,Surname", ["Mr", "Joe", ""], ("Joe", "")),
        ("Patient Name,Surname", ["Joe Bloggs", "Smith"], ("Joe", "Smith")),
        ("First name", ["{{name}}"], ("", "")),
    ],
)
def test_the_name_to_greet_by(header: str, name: list[str], expected: tuple[str, str]) -> None:
    checked = check_row(*GOOD, *name, header=f"{SYSTMONE_HEADER},{header}")
    assert checked.verdict == Verdict.CAN
    assert (checked.given_name, checked.family_name) == expected


def test_island_numbers_are_sent_to_where_a_setting_says_so() -> None:
    """They are UK mobiles at a higher price (phone-numbers#which-are-texted)."""
    checked = check_row(NHS, "07797 712345", BORN, allow_islands=True)
    assert (checked.verdict, checked.mobile) == (Verdict.CAN, "+447797712345")


def test_who_is_sixteen_today_can_be_texted() -> None:
    """On the day itself; the age is a setting (contact#children)."""
    assert check_row(NHS, MOBILE, "15/06/2010").verdict == Verdict.CAN
    assert check_row(NHS, MOBILE, "15/06/2010", text_from_age=17).reasons == (Reason.UNDER_AGE,)
    assert check_row(NHS, MOBILE, "14/06/2026", text_from_age=0).verdict == Verdict.CAN


@pytest.mark.parametrize(
    ("row", "tidied"),
    [
        (("999 000 0018", "+44 7700 900123", "09/03/1958", "JOE"), []),
        ((NHS, "7700900123", BORN, "Joe"), [Tidied.MOBILE_ZERO]),
        ((NHS, "+44 (0)7700 900123", BORN, "Joe"), [Tidied.MOBILE_PREFIX]),
        ((NHS, "00447700900123", BORN, ""), [Tidied.MOBILE_PREFIX]),
        ((NHS, MOBILE, "09-Mar-58", "Joe"), [Tidied.BIRTH_CENTURY]),
        ((NHS, MOBILE, BORN, "www.evil.example"), [Tidied.NAME_LEFT_OUT]),
        ((NHS, "7700900123", "09-Mar-58", "=1+1"), [Tidied.MOBILE_ZERO, Tidied.BIRTH_CENTURY, Tidied.NAME_LEFT_OUT]),
    ],
)
@pytest.mark.parametrize("header", ["First Name", "Surname"])
def test_what_was_read_otherwise_than_written_is_told(row: tuple[str, ...], tidied: list[Tidied], header: str) -> None:
    """A lost zero, a prefix, and signs around a name."""
    checked = check_row(*row, header=f"{SYSTMONE_HEADER},{header}")
    assert (checked.verdict, list(checked.tidied)) == (Verdict.CAN, tidied)


def test_a_list_with_columns_about_the_patient_leaves_out_who_must_not_be_texted() -> None:
    """Who has died, has left, or wants no texts."""
    rows, _ = check(
        systmone(
            (*GOOD, "", "Registered", "Yes"),
            ("9990000026", MOBILE, BORN, "01/02/2020", "Registered", "Yes"),
            ("9990000034", MOBILE, BORN, "No", "Deducted", "Yes"),
            ("9990000042", MOBILE, BORN, "", "", "Refused"),
            ("9990000050", MOBILE, BORN, "Yes", "Deceased", "No"),
            header=f"{SYSTMONE_HEADER},Date of Death,Registration Status,Text Consent",
        )
    )
    assert [row.reasons for row in rows] == [
        (),
        (Reason.DECEASED,),
        (Reason.LEFT,),
        (Reason.REFUSED_TEXTS,),
        (Reason.DECEASED, Reason.REFUSED_TEXTS),
    ]


@pytest.mark.parametrize(
    "name", ["x", "x" * 300, "محمد", "Zoe\u0308", "😀", "<script>", "((firstname))", "%s%n", "{{7*7}}"]
)
def test_no_name_keeps_a_patient_from_being_sent(name: str) -> None:
    """What was written is kept as it was."""
    checked = check_row(*GOOD, name, header=f"{SYSTMONE_HEADER},First Name")
    assert (checked.verdict, checked.original["given_name"]) == (Verdict.CAN, name)


def test_a_long_cell_is_kept_in_part() -> None:
    checked = check_row(*GOOD, "x" * 5000, header=f"{SYSTMONE_HEADER},Patient Name")
    assert len(checked.original["patient_name"]) == 501


def test_twins_and_shared_phones_are_not_duplicates() -> None:
    """The NHS number tells them apart (lists#shared-phones)."""
    rows, _ = check(systmone(GOOD, ("9990000026", MOBILE, BORN), ("9990000034", MOBILE, BORN)))
    assert [row.verdict for row in rows] == [Verdict.CAN] * 3


def test_emis_rows_with_a_good_nhs_number_wait_for_the_look_up() -> None:
    rows, _ = check(emis("999 000 0018", "9990000019", NHS), EMIS)
    assert [row.verdict for row in rows] == [Verdict.PENDING, Verdict.CANNOT, Verdict.CANNOT]
    assert [row.reasons for row in rows] == [(), (Reason.NHS_NUMBER_CHECK,), (Reason.DUPLICATE,)]
    assert rows[0].mobile == ""


def test_emis_takes_a_date_of_birth_to_compare_and_does_not_mind_a_bad_one() -> None:
    data = b"NHS Number,DOB,Mobile\n9990000018,09/03/1958,junk\n9990000026,junk,\n9990000034,01/01/2020,\n"
    rows, _ = check(data, EMIS)
    assert [row.verdict for row in rows] == [Verdict.PENDING, Verdict.PENDING, Verdict.CANNOT]
    assert [row.date_of_birth for row in rows] == [date(1958, 3, 9), None, date(2020, 1, 1)]
    assert rows[2].reasons == (Reason.UNDER_AGE,)


cells = st.one_of(
    st.sampled_from(["", NHS, "9990000026", "1", MOBILE, "01134960000", BORN, "10/03/1958", "Joe", "=1+1", "\0", "é"]),
    st.text(max_size=8),
)
tables = st.builds(
    lambda header, rows, separator, encoding: (
        separator.join(header).encode()
        + b"\n"
        + "\n".join(separator.join(row) for row in rows).encode(
            encoding, "surrogatepass" if "utf" in encoding else "replace"
        )
    ),
    st.permutations(["NHS Number", "Telecom Number", "Date of Birth", "Name"]),
    st.lists(st.lists(cells, max_size=6), max_size=8),
    st.sampled_from(",;\t"),
    st.sampled_from(["utf-8", "cp1252", "utf-16-le"]),
)


@given(st.one_of(st.binary(max_size=400), tables), st.sampled_from([EMIS, SYSTMONE]))
@example(b"\xff\xfe\x00", EMIS)
@example(b'sep="', EMIS)
@example(b"NHS Number\r\n\xed\xa0\x80", EMIS)
def test_any_bytes_are_refused_or_every_row_has_one_verdict(data: bytes, system: str) -> None:
    try:
        rows, list_check = check(data, system)
    except FileFault:
        return
    assert rows
    assert len({row.row_number for row in rows}) == len(rows)
    sendable = [row for row in rows if row.verdict != Verdict.CANNOT]
    assert len({row.nhs_number for row in sendable}) == len(sendable)
    assert set(list_check.conflicts) <= {row.row_number for row in sendable}
    for row in rows:
        assert bool(row.reasons) == (row.verdict == Verdict.CANNOT)
        assert row.verdict != Verdict.CAN or (row.nhs_number and row.mobile and row.date_of_birth)
        stored = "".join([*row.original.values(), row.given_name, row.family_name])
        assert "\0" not in stored
        assert stored.encode().decode() == stored
