"""Screens: facts from elsewhere that hold rows back, put on and taken off as they change."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from integrations.messaging.port import NumberFault
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from patients.lists import queries
from patients.lists.screening import screen
from patients.models import ListState, OptOutSource, PatientList, Recipient, Verdict
from patients.opt_outs import services as opt_outs
from patients.reasons import Reason
from practices.models import Practice
from tests.factories import (
    make_campaign,
    make_invitation,
    make_list,
    make_message,
    make_practice,
    make_recipient,
    make_staff,
)
from tests.threads import at_once
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db

MOBILE = "+447700900123"


@pytest.fixture
def practice(db: None) -> Practice:
    return make_practice(clinical_system="systmone")


def list_of(practice: Practice, rows: int = 0, **fields: Any) -> PatientList:
    return make_list(practice, make_staff(practice), rows, **fields)


def held_back(recipient: Recipient) -> list[str]:
    recipient.refresh_from_db()
    assert (recipient.verdict == Verdict.CANNOT) == bool(recipient.reasons)
    return recipient.reasons


def versions(patient_list: PatientList) -> list[tuple[Any, ...]]:
    """Each row with the transaction that wrote it last, as PostgreSQL keeps it, and its place in the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, xmin::text, ctid::text FROM patients_recipient WHERE patient_list_id = %s ORDER BY id",
            [patient_list.id],
        )
        return list(cursor.fetchall())


def opt_out(practice: Practice, **of: str) -> None:
    opt_outs.add(practice=practice, by=None, source=OptOutSource.PATIENT, **of)


def sent(practice: Practice, to: str = MOBILE, *, ago: timedelta = timedelta(days=1), **fields: Any) -> Message:
    """A text that failed because of its number, unless told otherwise."""
    invitation = make_invitation(make_campaign(practice, started=True))
    values = {"state": MessageState.FAILED, "number_fault": NumberFault.BAD, "due_at": None}
    return make_message(invitation, to=to, settled_at=timezone.now() - ago, **values | fields)


def test_an_opt_out_of_the_patient_or_of_the_phone_holds_a_row_back(practice: Practice) -> None:
    """Either is enough (contact#opted-out)."""
    patient_list = list_of(practice)
    by_number, by_phone, neither = (make_recipient(patient_list) for _ in range(3))
    opt_out(practice, nhs_number=by_number.nhs_number)
    opt_out(practice, mobile=by_phone.mobile)
    assert screen(patient_list) == 2
    assert [held_back(row) for row in (by_number, by_phone, neither)] == [[Reason.OPTED_OUT], [Reason.OPTED_OUT], []]


def test_a_row_that_is_opted_out_twice_over_says_so_once(practice: Practice) -> None:
    patient_list = list_of(practice)
    row = make_recipient(patient_list)
    opt_out(practice, nhs_number=row.nhs_number)
    opt_out(practice, mobile=row.mobile)
    screen(patient_list)
    assert held_back(row) == [Reason.OPTED_OUT]


def test_another_practice_s_opt_out_holds_nobody_back(practice: Practice) -> None:
    patient_list = list_of(practice)
    row = make_recipient(patient_list)
    opt_out(make_practice(), nhs_number=row.nhs_number)
    opt_out(make_practice(), mobile=row.mobile)
    assert screen(patient_list) == 0
    assert held_back(row) == []


def test_an_ended_opt_out_frees_the_row_again(practice: Practice) -> None:
    patient_list = list_of(practice)
    row = make_recipient(patient_list)
    entry = opt_outs.add(practice=practice, by=None, source=OptOutSource.PATIENT, mobile=row.mobile)
    screen(patient_list)
    opt_outs.end(opt_out=entry, by=patient_list.uploaded_by)
    assert screen(patient_list) == 1
    assert held_back(row) == []


def test_a_row_keeps_its_own_reasons_and_all_stand_in_their_order(practice: Practice) -> None:
    patient_list = list_of(practice)
    own = [Reason.MOBILE_MISSING, Reason.RECORD_NOT_FOUND]
    row = make_recipient(patient_list, verdict=Verdict.CANNOT, reasons=own, mobile="")
    later = make_recipient(patient_list, mobile=MOBILE)
    for recipient in (row, later):
        opt_out(practice, nhs_number=recipient.nhs_number)
    sent(practice)
    assert screen(patient_list) == 1
    assert held_back(row) == [*own, Reason.OPTED_OUT]
    assert held_back(later) == [Reason.OPTED_OUT, Reason.LIKELY_TO_FAIL]


def test_duplicates_keep_their_reason_and_get_no_other(practice: Practice) -> None:
    """The row that they repeat has it; nor may a second row of one patient ever come free."""
    patient_list = list_of(practice)
    first = make_recipient(patient_list)
    again = {"nhs_number": first.nhs_number, "verdict": Verdict.CANNOT, "duplicate_of": first.row_number}
    duplicate = make_recipient(patient_list, reasons=[Reason.DUPLICATE], **again)
    clash = make_recipient(patient_list, reasons=[Reason.CONFLICT_BIRTH], **again)
    entry = opt_outs.add(practice=practice, by=None, source=OptOutSource.PATIENT, nhs_number=first.nhs_number)
    screen(patient_list)
    assert held_back(first) == [Reason.OPTED_OUT]
    assert held_back(duplicate) == [Reason.DUPLICATE]
    assert held_back(clash) == [Reason.CONFLICT_BIRTH, Reason.OPTED_OUT]
    opt_outs.end(opt_out=entry, by=patient_list.uploaded_by)
    screen(patient_list)
    assert [held_back(row) for row in (first, duplicate, clash)] == [[], [Reason.DUPLICATE], [Reason.CONFLICT_BIRTH]]


def test_screening_again_changes_nothing_and_writes_nothing(practice: Practice) -> None:
    patient_list = list_of(practice, rows=3)
    opt_out(practice, mobile=patient_list.recipients.all()[0].mobile)
    assert screen(patient_list) == 1
    before = versions(patient_list)
    assert screen(patient_list) == 0
    assert versions(patient_list) == before


def test_other_lists_are_left_alone(practice: Practice) -> None:
    patient_list, other = list_of(practice, rows=1), list_of(practice)
    row = make_recipient(other)
    opt_out(practice, mobile=row.mobile)
    screen(patient_list)
    assert held_back(row) == []


@pytest.mark.parametrize("state", [ListState.CHECKING, ListState.LOOKING_UP])
def test_a_list_that_is_not_ready_is_left_alone(practice: Practice, state: ListState) -> None:
    due = timezone.now() if state == ListState.LOOKING_UP else None
    patient_list = list_of(practice, state=state, look_up_at=due)
    row = make_recipient(patient_list, verdict=Verdict.PENDING)
    opt_out(practice, nhs_number=row.nhs_number)
    assert screen(patient_list) == 0
    row.refresh_from_db()
    assert (row.verdict, row.reasons) == (Verdict.PENDING, [])


def test_the_rows_add_up(practice: Practice) -> None:
    patient_list = list_of(practice, rows=10)
    make_recipient(patient_list, verdict=Verdict.CANNOT, reasons=[Reason.MOBILE_MISSING], mobile="")
    for row in patient_list.recipients.can()[:4]:
        opt_out(practice, nhs_number=row.nhs_number)
    screen(patient_list)
    assert queries.verdict_counts(patient_list) == queries.VerdictCounts(can=6, cannot=5, pending=0)


def test_a_number_that_failed_for_good_is_likely_to_fail(practice: Practice) -> None:
    patient_list = list_of(practice)
    row = make_recipient(patient_list, mobile=MOBILE)
    sent(practice)
    screen(patient_list)
    assert held_back(row) == [Reason.LIKELY_TO_FAIL]


@pytest.mark.parametrize(
    "news",
    [
        pytest.param(lambda practice: sent(practice, number_fault=""), id="the account was at fault"),
        pytest.param(lambda practice: sent(practice, number_fault=NumberFault.STOPPED), id="an opt-out"),
        pytest.param(lambda practice: sent(practice, ago=timedelta(days=91)), id="long ago"),
        pytest.param(lambda practice: sent(practice, to="+447700900124"), id="another number"),
        pytest.param(lambda practice: sent(make_practice()), id="another practice"),
    ],
)  # fmt: skip
def test_a_number_that_is_not_likely_to_fail(practice: Practice, news: Callable[[Practice], object]) -> None:
    patient_list = list_of(practice)
    row = make_recipient(patient_list, mobile=MOBILE)
    news(practice)
    assert screen(patient_list) == 0
    assert held_back(row) == []


@pytest.mark.parametrize(("arrived", "reasons"), [(2, [Reason.LIKELY_TO_FAIL]), (0, [])])
def test_a_text_that_arrived_since_clears_the_number(practice: Practice, arrived: int, reasons: list[Reason]) -> None:
    patient_list = list_of(practice)
    row = make_recipient(patient_list, mobile=MOBILE)
    sent(practice)
    sent(practice, state=MessageState.DELIVERED, number_fault="", ago=timedelta(days=arrived))
    screen(patient_list)
    assert held_back(row) == reasons


def test_how_long_a_failure_counts_is_a_setting(practice: Practice, settings: Settings) -> None:
    patient_list = list_of(practice)
    row = make_recipient(patient_list, mobile=MOBILE)
    sent(practice, ago=timedelta(days=10))
    settings.LIKELY_TO_FAIL_DAYS = 5
    screen(patient_list)
    assert held_back(row) == []


@pytest.mark.django_db(transaction=True)
def test_two_who_screen_one_list_at_once(practice: Practice) -> None:
    patient_list = list_of(practice, rows=30)
    for row in patient_list.recipients.all()[:10]:
        opt_out(practice, mobile=row.mobile)
    barrier = Barrier(4)

    def run() -> int:
        barrier.wait(PATIENCE)
        return screen(patient_list)

    assert sorted(at_once(run, times=4)) == [0, 0, 0, 10]
    assert queries.verdict_counts(patient_list) == queries.VerdictCounts(can=20, cannot=10, pending=0)
    assert set(map(tuple, patient_list.recipients.cannot().values_list("reasons", flat=True))) == {(Reason.OPTED_OUT,)}
