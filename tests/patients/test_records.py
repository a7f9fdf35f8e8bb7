"""One record's answer and what it makes of a row, where a record has more than the stand-in ever sends."""

from dataclasses import replace
from datetime import date

import pytest

from integrations.clinical.port import PatientDetails
from patients.models import Recipient, Verdict
from patients.reasons import Reason
from patients.records import settle
from tests.patients.files import EMIS, TODAY, rules

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
    settle(asked, replace(RECORD, mobiles=mobiles), rules(EMIS, allow_islands=islands))
    assert (asked.mobile, asked.reasons) == (mobile, reasons)
    assert asked.verdict == (Verdict.CANNOT if reasons else Verdict.CAN)


@pytest.mark.parametrize(("born", "texted"), [(date(2010, 6, 15), True), (date(2010, 6, 16), False)])
def test_the_day_somebody_is_old_enough(born: date, texted: bool) -> None:
    """B52: sixteen on the day itself."""
    assert date(2026, 6, 15) == TODAY
    asked = row()
    settle(asked, replace(RECORD, date_of_birth=born), rules(EMIS))
    assert asked.reasons == ([] if texted else [Reason.UNDER_AGE])


def test_a_record_without_a_date_of_birth() -> None:
    asked = row(date_of_birth=date(1958, 3, 9))
    settle(asked, replace(RECORD, date_of_birth=None), rules(EMIS))
    assert asked.reasons == [Reason.RECORD_NO_BIRTH]


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
    settle(asked, replace(RECORD, given=given, family=family, title=title), rules(EMIS))
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
    settle(asked, replace(RECORD, given=given), rules(EMIS))
    assert (asked.given_name, asked.tidied) == (greeted, ["mobile_zero", *tidied])


@pytest.mark.parametrize(
    ("written", "reasons"),
    [("14-Jun-25", []), ("15-Jun-25", [Reason.RECORD_BIRTH_DIFFERS]), ("junk", []), ("", [])],
)
def test_a_short_year_in_the_list_agrees_with_either_of_its_days(written: str, reasons: list[Reason]) -> None:
    asked = row(original={"date_of_birth": written})
    settle(asked, replace(RECORD, date_of_birth=date(1925, 6, 14)), rules(EMIS))
    assert asked.reasons == reasons
