"""Filing codes: once, read back, refused clearly, and never lost."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.models import Invitation
from integrations.connections import clinical_for
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState
from integrations.outbox import retries
from integrations.outbox.codes import filing, subjects
from integrations.outbox.codes.calls import TRY_AGAIN, Turn
from integrations.outbox.codes.filing import file_due
from integrations.outbox.messages.sending import send_due
from integrations.outbox.sweeping import ask_provider, sweep
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_recipient
from tests.integrations.outbox.conftest import Case
from tests.waiting import wait_until


def test_a_due_code_is_filed_once_and_read_back(case: Case) -> None:
    code = case.code()
    assert file_due(case.practice.id) == 1
    assert file_due(case.practice.id) == 0
    code.refresh_from_db()
    assert code.state == CodeState.FILED
    [filed] = case.codes()
    assert filed["snomed"] == code.concept_id
    assert filed["nhs_number"] == code.nhs_number


def test_a_code_waiting_for_its_text_is_not_filed(case: Case) -> None:
    case.code(case.message())
    assert file_due(case.practice.id) == 0


@pytest.mark.parametrize(
    ("happened", "day"),
    [
        ("2026-07-01T22:59:59+00:00", "2026-07-01"),
        ("2026-07-01T23:00:00+00:00", "2026-07-02"),
        ("2026-12-31T23:30:00+00:00", "2026-12-31"),
        ("2026-10-24T23:30:00+00:00", "2026-10-25"),
        ("2026-10-25T23:30:00+00:00", "2026-10-25"),
        ("2027-03-27T23:59:00+00:00", "2027-03-27"),
        ("2027-03-28T23:30:00+00:00", "2027-03-29"),
    ],
)
def test_a_code_is_dated_by_the_day_in_london(case: Case, happened: str, day: str) -> None:
    code = case.code(happened_at=datetime.fromisoformat(happened))
    file_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.FILED
    assert case.codes()[0]["day"] == day


def test_a_patient_in_two_batches_has_one_entry_for_each_text(case: Case) -> None:
    first = case.code()
    second = make_campaign(case.practice, started=True)
    assert second.patient_list is not None
    again = make_recipient(
        second.patient_list,
        nhs_number=first.nhs_number,
        mobile=Invitation.objects.get(id=first.subject_id).recipient.mobile,
    )
    make_coded_entry(make_invitation(second, again), actor=first.actor)
    while file_due(case.practice.id):
        pass
    assert [entry["nhs_number"] for entry in case.codes()] == [first.nhs_number] * 2
    assert len({entry["key"] for entry in case.codes()}) == 2
    assert not CodedEntry.objects.exclude(state=CodeState.FILED).exists()


def test_emis_without_its_own_code_is_refused_clearly(case: Case) -> None:
    code = case.code(local_scheme="", local_code="")
    file_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.NOT_FILED
    assert "File it by hand" in code.reason
    assert case.codes() == []


def test_a_code_that_emis_drops_without_a_word_is_for_staff(case: Case) -> None:
    code = case.code(local_scheme="READ2", local_code="ZZZZZ")
    file_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.NOT_FILED
    assert case.codes() == []


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after"])
def test_a_lost_answer_files_one_entry_in_the_end(case: Case, kind: str) -> None:
    code = case.code()
    case.sandbox.fault("gateway.codes", kind)
    file_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.DUE
    CodedEntry.objects.filter(id=code.id).update(due_at=timezone.now())
    file_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.FILED
    assert len(case.codes()) == 1


def test_a_system_that_is_down_for_long_ends_with_a_person(case: Case) -> None:
    code = case.code(attempts=len(retries.CODE_SCHEDULE))
    case.sandbox.fault("gateway.*", "status", status=503, times=None)
    file_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.CHECK
    assert code.reason


def test_a_patient_who_is_not_there_is_for_staff(case: Case) -> None:
    code = case.code(nhs_number="9999999018")
    file_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.NOT_FILED


def test_a_secret_that_cannot_be_sent_leaves_the_code_to_be_tried_again(case: Case) -> None:
    code = case.code()
    connection = case.practice.clinical_connection
    connection.gateway_token = "pass\u2013word"
    connection.save()
    file_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.DUE


def test_a_slow_worker_s_word_does_not_free_a_code_that_another_is_filing(case: Case) -> None:
    case.code()
    [slow] = filing.claim(case.practice.id)
    CodedEntry.objects.filter(id=slow.id).update(state=CodeState.DUE, due_at=timezone.now())
    [other] = filing.claim(case.practice.id)
    filing.settle([slow], [TRY_AGAIN])
    other.refresh_from_db()
    assert other.state == CodeState.STARTED


def test_a_code_is_dated_by_when_its_text_went_however_late_that_is_found_out(case: Case) -> None:
    message = case.message()
    code = case.code(message)
    case.sandbox.fault("twilio.create", "timeout_after")
    yesterday = timezone.now() - timedelta(days=1)
    case.sandbox.control("clock", {"offset_seconds": -86_400})
    try:
        send_due(case.practice.id)
    finally:
        case.sandbox.control("clock", {"offset_seconds": 0})
    Message.objects.filter(id=message.id).update(started_at=yesterday)

    def is_resolved() -> bool:
        Message.objects.filter(id=message.id).update(due_at=timezone.now())
        ask_provider(case.practice.id)
        return not CodedEntry.objects.filter(id=code.id, state=CodeState.WAITING).exists()

    wait_until(is_resolved)
    code.refresh_from_db()
    assert code.state == CodeState.DUE
    assert code.happened_at is not None
    assert abs(code.happened_at - yesterday) < timedelta(minutes=1)


@pytest.mark.hazard("H-06.1")
@pytest.mark.parametrize("died", ["before the call", "after the call"])
def test_a_decline_whose_worker_died_is_in_the_record_once_after_all(case: Case, died: str) -> None:
    """Whatever was done before, the second try looks into the record first (record-gateway#read-back)."""
    code = case.code(purpose=Purpose.DECLINE)
    rows = filing.claim(case.practice.id)
    if died == "after the call":
        system = clinical_for(case.practice, code.actor)
        Turn(system, subjects.births(rows), seconds=60).run(rows)
        system.close()
    assert file_due(case.practice.id) == 0, "it is still the first worker's"
    CodedEntry.objects.filter(id=code.id).update(due_at=timezone.now())
    sweep()
    assert file_due(case.practice.id) == 1
    code.refresh_from_db()
    [there] = case.codes()
    assert (code.state, code.entry_id) == (CodeState.FILED, there["entry_id"])
    assert (there["key"], there["nhs_number"]) == (str(code.id), code.nhs_number)
