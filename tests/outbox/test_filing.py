"""Filing codes: once, read back, refused clearly, and never lost."""

from datetime import datetime

import pytest
from django.utils import timezone

from integrations.outbox import filing, retries
from integrations.outbox.filing import file_due
from integrations.outbox.models import CodedEntry
from integrations.outbox.states import CodeState
from tests.outbox.conftest import Case


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


def test_a_code_is_dated_by_the_day_in_london(case: Case) -> None:
    code = case.code(happened_at=datetime.fromisoformat("2026-07-01T23:30:00+00:00"))
    file_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.FILED
    assert case.codes()[0]["day"] == "2026-07-02"


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
    filing.settle([slow], [filing._TRY_AGAIN])
    other.refresh_from_db()
    assert other.state == CodeState.STARTED
