"""No code is filed in a record that is not the one its patient was checked against."""

import json
import logging
from typing import Any

import pytest
from django.utils import timezone

from campaigns.follow_up.entries import Batches, Kind, counts_of, entries, keys
from campaigns.models import Invitation
from integrations.clinical.errors import RecordFault
from integrations.models.outbox import CodedEntry, Purpose
from integrations.models.states import CodeState
from integrations.outbox.codes import subjects
from integrations.outbox.codes.filing import file_due
from integrations.record_faults import HAPPENED
from patients.models import Recipient
from practices.models import AuditEvent
from tests.integrations.outbox.conftest import Case

OTHER = "1961-05-03"


def change_record(case: Case, code: CodedEntry, **changes: Any) -> None:
    wanted = {"ods": case.practice.ods_code, "nhs_number": code.nhs_number, **changes}
    assert case.sandbox.control("change-record", wanted)["changed"]


def filed(case: Case, code: CodedEntry) -> CodedEntry:
    CodedEntry.objects.filter(id=code.id).update(due_at=timezone.now())
    file_due(case.practice.id)
    return CodedEntry.objects.get(id=code.id)


@pytest.mark.hazard("H-08.2")
@pytest.mark.parametrize("purpose", [Purpose.INVITATION, Purpose.DECLINE])
@pytest.mark.parametrize(
    ("dob", "fault"), [(OTHER, RecordFault.BIRTH_DIFFERS), ("", RecordFault.NO_BIRTH), ("1958", RecordFault.NO_BIRTH)]
)
def test_another_date_of_birth_keeps_a_code_out(
    case: Case, caplog: pytest.LogCaptureFixture, dob: str, fault: RecordFault, purpose: Purpose
) -> None:
    caplog.set_level(logging.INFO)
    code = case.code(purpose=purpose)
    change_record(case, code, dob=dob)

    code = filed(case, code)

    assert code.state == CodeState.NOT_FILED
    assert code.reason == f"{HAPPENED[fault]} Find out whose record it is, then file it by hand."
    assert case.codes() == []
    (entry,) = entries(list(keys(Batches.of(case.campaign), Kind.RECORD)))
    assert entry.invitation.id == code.subject_id
    assert entry.happened.startswith(HAPPENED[fault])
    assert AuditEvent.objects.get(action="invitation.record_fault").data["fault"] == fault.value
    for private in (code.nhs_number, OTHER, "1958"):
        assert private not in caplog.text + code.reason + entry.happened


@pytest.mark.parametrize("gone", ["deceased", "inactive", "sensitive"])
def test_a_record_that_is_not_shown_is_for_staff_in_the_list_of_codes(case: Case, gone: str) -> None:
    code = case.code()
    change_record(case, code, **{gone: True})
    code = filed(case, code)
    assert (code.state, code.reason) == (
        CodeState.NOT_FILED,
        "The clinical system did not find this patient. File it by hand.",
    )
    assert Kind.RECORD not in counts_of(case.campaign)


def test_two_records_with_one_number(case: Case) -> None:
    code = case.code()
    person = {"given": "Joe", "family": "Bloggs", "dob": "1958-03-09"}
    twin = {"ods": case.practice.ods_code, "nhs_number": code.nhs_number, **person}
    case.sandbox.control("seed", {"patients": [twin]})
    code = filed(case, code)
    assert code.state == CodeState.NOT_FILED
    assert HAPPENED[RecordFault.SEVERAL] in code.reason
    assert case.codes() == []


def _merged(case: Case) -> None:
    """The gateway answers with the record that the one asked for was merged into."""
    shown = {"deceased": False, "active": True, "sensitive": False}
    body = {"nhs_number": "9990000018", "local_id": "1", "dob": "1958-03-09", **shown}
    case.sandbox.fault("gateway.patient", "status", status=200, body=json.dumps(body), times=None)


def test_a_record_under_another_number(case: Case) -> None:
    code = case.code()
    _merged(case)
    code = filed(case, code)
    assert code.state == CodeState.NOT_FILED
    assert HAPPENED[RecordFault.OTHER_NUMBER] in code.reason
    assert counts_of(case.campaign)[Kind.RECORD] == 1


def test_what_was_taken_is_looked_for_whatever_stands_in_the_record_now(case: Case) -> None:
    """Nobody may be told that a code is not in the record because the record has changed since."""
    code = case.code()
    case.sandbox.fault("gateway.codes", "late_code", seconds=3600)
    assert filed(case, code).state == CodeState.UNCONFIRMED
    change_record(case, code, dob=OTHER)
    assert filed(case, code).state == CodeState.UNCONFIRMED
    _merged(case)
    assert filed(case, code).state == CodeState.UNCONFIRMED
    case.sandbox.control("faults", method="DELETE")
    case.sandbox.control("clock", {"offset_seconds": 3601})
    assert filed(case, code).state == CodeState.FILED
    case.sandbox.control("clock", {"offset_seconds": 0})
    assert Kind.RECORD not in counts_of(case.campaign)


def test_a_patient_whose_date_of_birth_is_not_held_any_more(case: Case) -> None:
    """Whatever made the entry, or took the date away since: it is not filed without."""
    code = case.code()
    recipient = Recipient.objects.get(invitation__id=code.subject_id)
    Recipient.objects.filter(id=recipient.id).update(verdict="cannot", reasons=["deceased"], date_of_birth=None)
    code = filed(case, code)
    assert code.state == CodeState.NOT_FILED
    assert HAPPENED[RecordFault.NOT_CHECKED] in code.reason
    assert case.codes() == []


def test_one_patient_of_a_claim_in_doubt_keeps_nobody_elses_code_out(case: Case) -> None:
    codes = [case.code() for _ in range(3)]
    change_record(case, codes[1], dob=OTHER)
    file_due(case.practice.id)
    states = [CodedEntry.objects.get(id=code.id).state for code in codes]
    assert states == [CodeState.FILED, CodeState.NOT_FILED, CodeState.FILED]
    assert list(Invitation.objects.exclude(record_fault="").values_list("id", flat=True)) == [codes[1].subject_id]


def test_dates_are_asked_for_in_one_query(case: Case, django_assert_num_queries: Any) -> None:
    codes = [case.code() for _ in range(3)]
    with django_assert_num_queries(1):
        assert set(subjects.births(codes)) == {code.id for code in codes}


@pytest.mark.hazard("H-08.2", guard_off=True)
def test_with_the_look_off_another_persons_record_gets_the_code(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.clinical.gateway.check_birth", lambda patient, recorded: None)
    code = case.code()
    change_record(case, code, dob=OTHER)
    assert filed(case, code).state == CodeState.FILED
    assert len(case.codes()) == 1
