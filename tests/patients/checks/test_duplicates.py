"""Rows with the same NHS number: which one is sent, and when none is."""

from collections.abc import Sequence

import pytest

from patients.checks.duplicates import Clash
from patients.checks.rows import CheckedRow
from patients.models import Verdict
from patients.reasons import Reason
from tests.patients.list_files import EMIS, GOOD, SYSTMONE, SYSTMONE_HEADER, check, systmone

NHS, MOBILE, BORN = GOOD
LANDLINE = "0113 496 0000"
OTHER_MOBILE, OTHER_BIRTH = "07700 900124", "10/03/1958"
NAMED = f"{SYSTMONE_HEADER},First Name,Surname"
STATED = f"{SYSTMONE_HEADER},Registration Status"


def outcome(
    *rows: Sequence[str], header: str = SYSTMONE_HEADER, system: str = SYSTMONE
) -> tuple[list[list[Reason]], list[CheckedRow]]:
    """Each row's reasons at the end, with those that were held back; and the rows as they were read."""
    checked, list_check = check(systmone(*rows, header=header), system)
    conflicts = list_check.conflicts
    reasons = [
        [conflicts[row.row_number].reason] if row.row_number in conflicts else list(row.reasons) for row in checked
    ]
    return reasons, checked


def test_the_same_patient_again_is_told_which_row_is_kept() -> None:
    """SystmOne writes a row for each of a patient's numbers, and the first that can be sent is kept."""
    reasons, rows = outcome((NHS, LANDLINE, BORN), GOOD, (NHS, "07700 900 123", "09-Mar-58"), (NHS, LANDLINE, BORN))
    assert reasons == [[Reason.MOBILE_LANDLINE], [], [Reason.DUPLICATE], [Reason.DUPLICATE]]
    assert [row.duplicate_of for row in rows] == [None, None, 3, 3]
    assert [row.verdict for row in rows].count(Verdict.CAN) == 1


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ((NHS, MOBILE, OTHER_BIRTH, "Joe", "Bloggs"), Reason.CONFLICT_BIRTH),
        ((NHS, OTHER_MOBILE, BORN, "Joe", "Bloggs"), Reason.CONFLICT_MOBILE),
        ((NHS, MOBILE, BORN, "Jo", "Bloggs"), Reason.CONFLICT_NAME),
        ((NHS, MOBILE, BORN, "Joe", "Smith"), Reason.CONFLICT_NAME),
        ((NHS, OTHER_MOBILE, OTHER_BIRTH, "Jo", "Smith"), Reason.CONFLICT_BIRTH),
        ((NHS, MOBILE, BORN, "JOE", "BLOGGS"), Reason.DUPLICATE),
        ((NHS, MOBILE, BORN, "joe", ""), Reason.DUPLICATE),
        ((NHS, MOBILE, BORN, "{{name}}", "Bloggs"), Reason.DUPLICATE),
    ],
)
def test_one_nhs_number_with_different_details_is_held_back_in_every_row(
    other: tuple[str, ...], reason: Reason
) -> None:
    first = (*GOOD, "Joe", "Bloggs")
    for rows in ([first, other, first], [other, first, other]):
        reasons, checked = outcome(*rows, header=NAMED)
        first_reasons = [] if reason is Reason.DUPLICATE else [reason]
        assert reasons == [first_reasons, [reason], [reason]]
        assert [row.duplicate_of for row in checked] == [None, 2, 2]


def test_the_row_held_back_names_the_one_that_it_clashes_with() -> None:
    _, list_check = check(systmone(GOOD, GOOD, (NHS, MOBILE, OTHER_BIRTH), (NHS, OTHER_MOBILE, BORN)))
    assert list_check.conflicts == {2: Clash(4, Reason.CONFLICT_BIRTH)}


@pytest.mark.parametrize("landline_first", [True, False])
def test_a_landline_beside_a_mobile_is_no_conflict_unless_somebody_elses_birth_is_with_it(landline_first: bool) -> None:
    def both(landline: tuple[str, ...]) -> list[list[Reason]]:
        rows = [landline, GOOD] if landline_first else [GOOD, landline]
        reasons = outcome(*rows)[0]
        return reasons if landline_first else reasons[::-1]

    own = [Reason.MOBILE_LANDLINE]
    assert both((NHS, LANDLINE, BORN)) == [own if landline_first else [Reason.DUPLICATE], []]
    clash = [Reason.CONFLICT_BIRTH]
    assert both((NHS, LANDLINE, OTHER_BIRTH)) == [own if landline_first else own + clash, clash]


def test_a_number_in_doubt_stays_in_doubt() -> None:
    """A third row that agrees with the first does not make it right."""
    reasons, _ = outcome((NHS, LANDLINE, BORN), (NHS, MOBILE, OTHER_BIRTH), GOOD)
    assert reasons == [[Reason.MOBILE_LANDLINE], [Reason.CONFLICT_BIRTH], [Reason.CONFLICT_BIRTH]]


@pytest.mark.parametrize(
    ("status", "reason"), [("Deceased", Reason.DECEASED), ("Deducted", Reason.LEFT), ("Registered", None)]
)
def test_who_has_died_or_left_in_one_row_has_in_all(status: str, reason: Reason | None) -> None:
    """In whichever order the rows stand."""
    silent, stated = (*GOOD, ""), (*GOOD, status)
    for rows in ([silent, stated, silent], [stated, silent, silent]):
        reasons, _ = outcome(*rows, header=STATED)
        assert reasons == ([[reason]] * 3 if reason else [[], [Reason.DUPLICATE], [Reason.DUPLICATE]])


def test_phones_of_an_emis_list_are_not_compared() -> None:
    """EMIS is asked for them."""
    reasons, _ = outcome(GOOD, (NHS, OTHER_MOBILE, BORN), system=EMIS)
    assert reasons == [[], [Reason.DUPLICATE]]


def test_other_patients_are_no_matter() -> None:
    """Also with the same phone and birthday, as twins have."""
    reasons, _ = outcome(GOOD, ("9990000026", MOBILE, BORN), ("9990000034", OTHER_MOBILE, OTHER_BIRTH))
    assert reasons == [[], [], []]
