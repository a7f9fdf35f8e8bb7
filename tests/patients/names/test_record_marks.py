"""Marks in names: which hold a row back and why, and which names only look like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.checks.rows import ListCheck
from patients.columns.known import Column
from patients.models import PatientList, Recipient
from patients.names.record_marks import Mark, mark_in, mark_of
from patients.reasons import NAME_MARKS, Reason
from tests.patients.list_files import GOOD, SYSTMONE_HEADER, check, read, rules, systmone

DIED, LEFT, NO_CONTACT, NOT_IN_USE = (
    Reason.NAME_DECEASED,
    Reason.NAME_LEFT,
    Reason.NAME_NO_CONTACT,
    Reason.NAME_NOT_IN_USE,
)


@pytest.mark.hazard("H-16.7")
@pytest.mark.parametrize(
    ("name", "reason", "written"),
    [
        ("BLOGGS, Joe (Mr) (Deceased)", DIED, "Deceased"),
        ("Joe Bloggs(DECEASED)", DIED, "DECEASED"),
        ("JoeDeceased", DIED, "Deceased"),
        ("Joe Diseased", DIED, "Diseased"),
        ("D E C E A S E D", DIED, "D E C E A S E D"),
        ("Joe Bloggs DECD", DIED, "DECD"),
        ("Joe Bloggs Decd.", DIED, "Decd"),
        ("Joe Bloggs Dec'd", DIED, "Dec'd"),
        ("Joe Bloggs Dec\u2019d", DIED, "Dec\u2019d"),
        ("Joe Bloggs (dec)", DIED, "(dec)"),
        ("Joe Bloggs (RIP)", DIED, "(RIP)"),
        ("Joe Bloggs R.I.P.", DIED, "R.I.P"),
        ("R I P Joe", DIED, "R I P"),
        ("RIP Joe Bloggs", DIED, "RIP"),
        ("BLOGGS RIP", DIED, "RIP"),
        ("Bloggs-RIP", DIED, "RIP"),
        ("Joe Bloggs rip", DIED, "rip"),
        ("RIP - BLOGGS", DIED, "RIP -"),
        ("The late Joe Bloggs", DIED, "The late"),
        ("Late Mr Bloggs", DIED, "Late Mr"),
        ("Joe Bloggs (late)", DIED, "(late)"),
        ("Joe Bloggs \u2020", DIED, "\u2020"),
        ("Joe Bloggs \u271d", DIED, "\u271d"),
        ("Joe Bloggs d. 2021", DIED, "d. 2021"),
        ("Joe Bloggs d.12/03/2021", DIED, "d.12/03/2021"),
        ("Joe Bloggs DOD: 12 Mar 21", DIED, "DOD: 12 Mar 21"),
        ("Joe Bloggs (1950-2021)", DIED, "1950-2021"),
        ("Joe Bloggs passed away", DIED, "passed away"),
        ("Joe Bloggs wedi marw", DIED, "wedi marw"),
        ("Bloggs GONE AWAY", LEFT, "GONE AWAY"),
        ("Bloggs (Left)", LEFT, "(Left)"),
        ("Bloggs - moved away", LEFT, "moved away"),
        ("Bloggs no longer registered", LEFT, "no longer registered"),
        ("Bloggs DO NOT TEXT", NO_CONTACT, "DO NOT TEXT"),
        ("Bloggs (don't contact)", NO_CONTACT, "don't contact"),
        ("DO NOT USE", NOT_IN_USE, "DO NOT USE"),
        ("Bloggs_DO_NOT_USE", NOT_IN_USE, "DO_NOT_USE"),
        ("Bloggs (Duplicate)", NOT_IN_USE, "Duplicate"),
        ("Bloggs (dup.)", NOT_IN_USE, "(dup.)"),
        ("Bloggs MERGED", NOT_IN_USE, "MERGED"),
        ("ZZ Bloggs", NOT_IN_USE, "ZZ Bloggs"),
        ("zzzBloggs", NOT_IN_USE, "zzzBloggs"),
        ("XXTESTPATIENT-TGNP", NOT_IN_USE, "XXTESTPATIENT-TGNP"),
        ("TEST PATIENT", NOT_IN_USE, "TEST PATIENT"),
        ("Joe (Test) Bloggs", NOT_IN_USE, "(Test)"),
        ("Dummy", NOT_IN_USE, "Dummy"),
        ("created in error", NOT_IN_USE, "in error"),
    ],
)
@pytest.mark.parametrize("column", ["Patient Name", "First Name", "Surname", "Title"])
def test_a_mark_holds_the_row_back_wherever_it_stands(name: str, reason: Reason, written: str, column: str) -> None:
    """The reason says what stands there, and in which column."""
    quoted = '"{}"'.format(name.replace('"', '""'))
    columns, rows = read(systmone((*GOOD, quoted), header=f"{SYSTMONE_HEADER},{column}"))
    (row,) = ListCheck(rules()).check(rows, columns)
    assert row.reasons == (reason,)
    stored = Recipient(row_number=row.row_number, reasons=list(row.reasons), original=row.original)
    stored.patient_list = PatientList(
        system="systmone",
        columns=[{"column": str(name), "header": name.value, "position": at} for at, name in enumerate(columns)],
    )
    (explained,) = stored.explanations()
    assert f"\u201c{written}\u201d" in explained.sentence
    assert explained.where.endswith(", column D")


@pytest.mark.parametrize(
    "names",
    [
        ("Late",), ("Joe Late",), ("Late, Joe",), ("Smith-Late",), ("Dee",), ("Dede",), ("Dodd",), ("Decker",),
        ("Dec",), ("Declan (Dec)",), ("Rip",), ("Rip Torn",), ("RIP TORN",), ("Rip Van Winkle",), ("RIP, Joe",),
        ("Ripley",), ("Grip",), ("Exeter, Joe",), ("Lateef",), ("Lizzie",), ("Ozzy",), ("Max",), ("Xavier",), ("XXX",),
        ("آشا",), ("Mary Left",), ("Joe Test",), ("Tested",), ("Gone",), ("O'Dea",), ("D'Arcy 2",), ("Joe D",),
        ("Moved",), ("",), ("Rip", "Torn"), ("RIP", "TORN"), ("Joe", "Test"), ("Theo", "Late"), ("Zara", "Zaman"),
    ],
)  # fmt: skip
def test_a_name_that_looks_like_a_mark_is_a_name(names: tuple[str, ...]) -> None:
    assert mark_in("Mr", *names) is None


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (("RIP", "Joe", "Bloggs"), Mark(DIED, "RIP")),
        (("Late", "Joe", "Bloggs"), Mark(DIED, "Late")),
        (("The Late", "Joe", "Bloggs"), Mark(DIED, "The Late")),
        (("Mr", "RIP", "Bloggs"), Mark(DIED, "RIP")),
        (("", "Test", "Patient"), Mark(NOT_IN_USE, "Test Patient")),
    ],
)
def test_cells_are_read_together(cells: tuple[str, ...], mark: Mark) -> None:
    assert mark_in(*cells) == mark


@pytest.mark.hazard("H-16.7")
def test_who_has_died_by_one_row_has_by_all_and_a_spare_record_leaves_the_other() -> None:
    header = f"{SYSTMONE_HEADER},Surname"
    good, died, spare = (*GOOD, "Bloggs"), (*GOOD, "Bloggs (Deceased)"), (*GOOD, "ZZ Bloggs")
    for rows, expected in (
        ((died, good), [(DIED,), (DIED,)]),
        ((spare, good), [(NOT_IN_USE,), ()]),
        ((good, spare), [(), (Reason.DUPLICATE,)]),
    ):
        checked, _ = check(systmone(*rows, header=header))
        assert [row.reasons for row in checked] == expected
    checked, list_check = check(systmone(good, died, header=header))
    assert (checked[1].reasons, list_check.conflicts[2].reason) == ((DIED,), DIED)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_has_a_mark_with_a_reason_or_none(title: str, name: str) -> None:
    mark = mark_in(title, name)
    assert mark is None or (mark.reason in NAME_MARKS and mark.written)
    assert mark_in("", f"{name} (Deceased)") is not None
    place = mark_of({"title": title, "patient_name": name})
    assert place is None or place[1] in (Column.TITLE, Column.PATIENT_NAME)
