"""What staff answer about a list's columns holds for each of its patients, for lists of both systems."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patients.lists import questions, screening
from patients.models import PatientList
from patients.reasons import Reason
from patients.records import lookups
from patients.tables.unread_columns import MOST_VALUES
from tests.factories import nhs_number
from tests.patients.conftest import EmisSurgery, Surgery
from tests.patients.list_files import GOOD, SYSTMONE_HEADER, systmone

NUMBERS = [nhs_number(serial) for serial in range(MOST_VALUES + 1)]
"""One more than are asked about one by one."""


def reasons(patient_list: PatientList) -> list[list[str]]:
    return list(patient_list.recipients.order_by("row_number").values_list("reasons", flat=True))


@pytest.mark.django_db(transaction=True)
def test_with_emis_it_holds_once_the_patients_are_looked_up(emis_surgery: EmisSurgery) -> None:
    for number in ("9990000018", "9990000026"):
        emis_surgery.add_patient(number)
    stored = emis_surgery.upload(b"NHS Number,Notes\n9990000018,RIP 2021\n9990000026,\n")
    lookups.look_up_pending(patient_list_id=stored.id)
    assert reasons(stored) == [[Reason.COLUMN_UNANSWERED], []]
    questions.answer(patient_list=stored, answers={1: False}, by=emis_surgery.staff)
    screening.screen(PatientList.objects.get(id=stored.id))
    assert reasons(stored) == [[], []]


@pytest.mark.django_db
def test_what_nobody_is_asked_about_cannot_be_answered(systmone_surgery: Surgery) -> None:
    rows = [(number, *GOOD[1:], f"declined {chr(97 + place)}x") for place, number in enumerate(NUMBERS)]
    stored = systmone_surgery.upload(systmone(*rows, header=f"{SYSTMONE_HEADER},Notes"))
    numbers = list(stored.questions.values_list("number", flat=True))
    questions.answer(patient_list=stored, answers=dict.fromkeys(numbers, False), by=systmone_surgery.staff)
    screening.screen(stored)
    assert stored.recipients.filter(reasons=[Reason.LEFT_OUT]).count() == 1
    assert stored.recipients.can().count() == len(rows) - 1


@pytest.mark.django_db
def test_looking_at_it_takes_one_query(systmone_surgery: Surgery) -> None:
    stored = systmone_surgery.upload(systmone((*GOOD, "RIP", "no texts"), header=f"{SYSTMONE_HEADER},Notes,More"))
    with CaptureQueriesContext(connection) as queries:
        columns = questions.asked_columns(stored)
    assert [column.column for column in columns] == ["Notes, column D", "More, column E"]
    assert len(queries) == 1
