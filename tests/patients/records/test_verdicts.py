"""One record's answer and what it makes of a row, where a record has more than the stand-in ever sends."""

from dataclasses import replace
from datetime import date

import pytest

from integrations.clinical.port import PatientDetails
from patients.models import Recipient, Verdict
from patients.reasons import Reason
from patients.records.verdicts import give_verdict
from patients.values.corrections import OF_THE_RECORD, Tidied
from tests.patients.list_files import EMIS, SYSTMONE, TODAY, rules

RECORD = PatientDetails(
    local_id="1",
    nhs_number="9990000018",
    given="Asha",
    family="Patel",
    title="Ms",
    date_of_birth=date(1958, 3, 9),
    mobiles=("07700 900123",),
)
ISLAND, LANDLINE, MOBILE = "07797 712345", "0113 496 0000", "07700 900456"


def row(**fields: object) -> Recipient:
    return Recipient(nhs_number="9990000018", verdict=Verdict.PENDING, **fields)


@pytest.mark.parametrize(
    ("mobiles", "islands", "mobile", "reasons"),
    [
        ((LANDLINE, MOBILE), False, "+447700900456", []),
        ((ISLAND, MOBILE), False, "+447700900456", []),
        ((ISLAND, MOBILE), True, "+447797712345", []),
        ((LANDLINE, ISLAND), False, "", [Reason.RECORD_BAD_MOBILE]),
        (("",), False, "", [Reason.RECORD_NO_MOBILE]),
        ((), False, "", [Reason.RECORD_NO_MOBILE]),
    ],
)
def test_the_first_number_that_can_be_texted(
    mobiles: tuple[str, ...], islands: bool, mobile: str, reasons: list[Reason]
) -> None:
    asked = row()
    give_verdict(asked, replace(RECORD, mobiles=mobiles), rules(EMIS, allow_islands=islands))
    assert (asked.mobile, asked.reasons) == (mobile, reasons)
    assert asked.verdict == (Verdict.CANNOT if reasons else Verdict.CAN)


@pytest.mark.parametrize(("born", "texted"), [(date(2010, 6, 15), True), (date(2010, 6, 16), False)])
def test_the_day_somebody_is_old_enough(born: date, texted: bool) -> None:
    """Sixteen on the day itself."""
    assert date(2026, 6, 15) == TODAY
    asked = row()
    give_verdict(asked, replace(RECORD, date_of_birth=born), rules(EMIS))
    assert asked.reasons == ([] if texted else [Reason.UNDER_AGE])


def test_a_record_without_a_date_of_birth() -> None:
    asked = row(date_of_birth=date(1958, 3, 9))
    give_verdict(asked, replace(RECORD, date_of_birth=None), rules(EMIS))
    assert asked.reasons == [Reason.RECORD_NO_BIRTH]


def written(**cells: str) -> Recipient:
    """A row with these cells, as a list's check has left it."""
    return row(original=dict(cells), given_name=cells.get("given_name", ""), family_name=cells.get("family_name", ""))


@pytest.mark.hazard("H-02.3")
@pytest.mark.parametrize("system", [EMIS, SYSTMONE])
@pytest.mark.parametrize(
    ("cells", "reasons"),
    [
        ({"given_name": "Asha", "family_name": "PATEL"}, []),
        ({"given_name": "Patel", "family_name": "Asha"}, []),
        ({"patient_name": "PATEL, Asha (Ms)"}, []),
        ({"patient_name": "Asha Patel-Shah"}, []),
        ({"given_name": "Ann"}, []),  # a given name alone is nothing to hold anybody back for
        ({"given_name": "Joe", "family_name": "Bloggs"}, [Reason.RECORD_NAME_DIFFERS]),
        ({"patient_name": "BLOGGS, Asha"}, [Reason.RECORD_NAME_DIFFERS]),
        ({"family_name": "Bloggs", "date_of_birth": "09/03/1958"}, [Reason.RECORD_NAME_DIFFERS]),
        ({"family_name": "Patel", "date_of_birth": "03/05/1961"}, [Reason.RECORD_BIRTH_DIFFERS]),
        (
            {"family_name": "Bloggs", "date_of_birth": "03/05/1961"},
            [Reason.RECORD_BIRTH_DIFFERS, Reason.RECORD_NAME_DIFFERS],
        ),
    ],
)
def test_names_and_dates_of_the_file_are_compared(system: str, cells: dict[str, str], reasons: list[Reason]) -> None:
    asked = written(**cells)
    give_verdict(asked, RECORD, rules(system))
    assert asked.reasons == reasons
    assert asked.verdict == (Verdict.CANNOT if reasons else Verdict.CAN)


@pytest.mark.parametrize(
    ("cell", "held_back"),
    [
        ("09-Mar-58", False),
        ("09/03/58", False),
        ("03/09/58", False),  # somebody may write the month first
        ("58-03-09", False),
        ("1958", False),  # no date: nothing to compare
        ("not known", False),
        ("21253", False),
        ("10-Mar-58", True),
        ("10/03/58", True),
        ("10/03/1958", True),
        ("03/09/1958", True),  # day first, and then it is another day for certain
    ],
)
def test_a_date_that_can_agree_agrees(cell: str, held_back: bool) -> None:
    asked = written(date_of_birth=cell)
    give_verdict(asked, RECORD, rules(EMIS))
    assert asked.reasons == ([Reason.RECORD_BIRTH_DIFFERS] if held_back else [])
    assert asked.date_of_birth == (None if held_back else RECORD.date_of_birth)


@pytest.mark.hazard("H-02.4")
def test_a_row_in_doubt_takes_nothing_of_the_record_but_its_name_to_show() -> None:
    """Whoever contacts the patient in another way must not be given another patient's phone."""
    asked = written(given_name="Joe", family_name="Bloggs")
    give_verdict(asked, replace(RECORD, given="Asha\0\u200b ", family="Patel" * 60), rules(EMIS))
    assert (asked.mobile, asked.given_name, asked.family_name, asked.date_of_birth) == ("", "Joe", "Bloggs", None)
    assert asked.recorded_name.startswith("Asha Patel")
    assert len(asked.recorded_name) == 200
    give_verdict(asked, replace(RECORD, family="Bloggs"), rules(EMIS))
    assert (asked.verdict, asked.recorded_name, asked.mobile) == (Verdict.CAN, "", "+447700900123")


def test_a_row_that_was_checked_is_held_to_the_date_that_it_was_checked_against() -> None:
    """Its cell could mean another day too, which the record has by now."""
    asked = written(date_of_birth="09/03/58")
    give_verdict(asked, RECORD, rules(EMIS))
    assert (asked.verdict, asked.date_of_birth) == (Verdict.CAN, date(1958, 3, 9))
    give_verdict(asked, replace(RECORD, date_of_birth=date(1958, 9, 3)), rules(EMIS))
    assert asked.reasons == [Reason.RECORD_BIRTH_DIFFERS]


def test_a_name_that_came_from_the_record_may_change_there() -> None:
    """The file has none, so there is nothing to hold it to."""
    asked = row()
    give_verdict(asked, RECORD, rules(EMIS))
    give_verdict(asked, replace(RECORD, family="Bloggs"), rules(EMIS))
    assert (asked.verdict, asked.family_name) == (Verdict.CAN, "Bloggs")


@pytest.mark.parametrize(
    ("given", "family", "title", "reasons"),
    [
        ("Asha", "Patel (Deceased)", "Ms", [Reason.NAME_DECEASED]),
        ("Asha", "ZZ Patel", "Ms", [Reason.NAME_NOT_IN_USE]),
        ("Asha", "Patel", "The late", [Reason.NAME_DECEASED]),
        ("ASHA", "Patel", "Ms", []),
    ],
)
def test_a_mark_in_the_records_name_holds_the_row_back(
    given: str, family: str, title: str, reasons: list[Reason]
) -> None:
    asked = row()
    give_verdict(asked, replace(RECORD, given=given, family=family, title=title), rules(EMIS))
    assert (asked.given_name, asked.reasons) == ("Asha", reasons)


@pytest.mark.parametrize(
    ("given", "greeted", "tidied"),
    [
        ("Asha Marie", "Asha", []),
        ("Paweł", "Paweł", ["name_letters"]),
        ("Patel", "", ["name_not_given"]),
        ("Mrs", "", ["name_not_given"]),
        ("", "", []),
    ],
)
def test_the_records_name_is_read_as_a_lists_is(given: str, greeted: str, tidied: list[str]) -> None:
    asked = row(tidied=["name_order", "mobile_zero"])
    give_verdict(asked, replace(RECORD, given=given), rules(EMIS))
    assert (asked.given_name, asked.tidied) == (greeted, ["mobile_zero", *tidied])


@pytest.mark.parametrize(
    ("written", "reasons"),
    [("14-Jun-25", []), ("15-Jun-25", [Reason.RECORD_BIRTH_DIFFERS]), ("junk", []), ("", [])],
)
def test_a_short_year_in_the_list_agrees_with_either_of_its_days(written: str, reasons: list[Reason]) -> None:
    asked = row(original={"date_of_birth": written})
    give_verdict(asked, replace(RECORD, date_of_birth=date(1925, 6, 14)), rules(EMIS))
    assert asked.reasons == reasons


@pytest.mark.parametrize("system", [EMIS, SYSTMONE])
@pytest.mark.parametrize(
    ("cells", "gender", "remarks"),
    [
        ({"given_name": "Asha", "family_name": "Patel", "gender": "F"}, "female", []),
        ({"given_name": "Ash", "family_name": "Patel", "gender": "U"}, "male", []),
        ({"patient_name": "PATEL, A (Ms)", "gender": "M"}, "unknown", []),
        ({"patient_name": "Patel Asha", "gender": "M"}, "", []),
        ({"family_name": "Patel"}, "female", []),
        ({"given_name": "Joan", "family_name": "Patel"}, "female", [Tidied.GIVEN_DIFFERS]),
        ({"patient_name": "PATEL, Joan"}, "female", [Tidied.GIVEN_DIFFERS]),
        ({"given_name": "Asha", "family_name": "Patel", "gender": "M"}, "female", [Tidied.GENDER_DIFFERS]),
        ({"gender": "Male"}, "other", [Tidied.GENDER_DIFFERS]),
    ],
)
def test_another_given_name_or_gender_is_a_remark_and_holds_nobody_back(
    system: str, cells: dict[str, str], gender: str, remarks: list[str]
) -> None:
    asked = written(**cells)
    asked.mobile, asked.date_of_birth = "+447700900123", date(1958, 3, 9)
    for _ in range(2):  # each look says it once, and the next no more than that
        give_verdict(asked, replace(RECORD, gender=gender), rules(system))
        assert (asked.verdict, asked.reasons) == (Verdict.CAN, [])
        assert [code for code in asked.tidied if code in OF_THE_RECORD] == remarks
        # An EMIS row has the record's name for its own by now.
        is_named = Tidied.GIVEN_DIFFERS in remarks and system == SYSTMONE
        assert asked.recorded_name == ("Asha Patel" if is_named else "")
    give_verdict(asked, replace(RECORD, given="Joan Asha", gender=""), rules(system))
    assert not OF_THE_RECORD.intersection(asked.tidied)
