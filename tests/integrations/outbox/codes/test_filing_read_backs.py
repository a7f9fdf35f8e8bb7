"""Entries that the clinical system took and did not show: looked for again, never filed again, and settled."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from integrations.models.outbox import CodedEntry
from integrations.models.states import CodeState
from integrations.outbox.codes import filing
from integrations.outbox.codes.filing import READ_BACK_UNTIL, READ_BACKS, file_due
from integrations.outbox.sweeping import sweep
from tests.integrations.outbox.conftest import Case


def taken(case: Case, *, stored: bool = True) -> CodedEntry:
    """An entry that was answered with 202 and could not be read back at once."""
    code = case.code()
    case.sandbox.fault("gateway.codes", "late_code")
    if stored:
        case.sandbox.fault("gateway.read_codes", "status", skip=1, status=200, body="")
    else:
        case.sandbox.fault("gateway.codes", "drop_code")
    assert file_due(case.practice.id) == 1
    code.refresh_from_db()
    assert code.state == CodeState.UNCONFIRMED
    assert code.due_at is not None
    assert code.settled_at is not None
    assert timedelta() < code.due_at - code.settled_at <= READ_BACKS[0]
    return code


def later(case: Case, code: CodedEntry, after: timedelta) -> CodedEntry:
    """The entry after a read-back that comes so long after it was taken."""
    moment = timezone.now()
    CodedEntry.objects.filter(id=code.id).update(settled_at=moment - after, due_at=moment)
    assert file_due(case.practice.id) == 1
    code.refresh_from_db()
    return code


def posts(case: Case) -> int:
    journal = case.sandbox.control(f"books?part=journal&ods={case.practice.ods_code}")["journal"]
    return sum(entry["target"] == "gateway.codes" for entry in journal)


def test_an_entry_that_shows_later_is_in_the_record(case: Case) -> None:
    code = later(case, taken(case), READ_BACKS[0])
    assert code.state == CodeState.FILED
    assert code.due_at is None
    [there] = case.codes()
    assert there["entry_id"] == code.entry_id


def test_it_is_looked_for_again_and_again_and_then_given_to_staff(case: Case) -> None:
    code = taken(case, stored=False)
    sent = posts(case)
    for before, after in pairwise(READ_BACKS):
        code = later(case, code, before)
        assert code.state == CodeState.UNCONFIRMED
        assert code.settled_at is not None
        assert code.due_at == code.settled_at + after
    code = later(case, code, READ_BACKS[-1])
    assert code.state == CodeState.NOT_FILED
    assert "File it by hand" in code.reason
    # The gateway has forgotten the key by then: sending it once more could have filed it twice.
    assert posts(case) == sent
    assert file_due(case.practice.id) == 0


def test_a_record_that_cannot_be_read_is_no_record_without_the_entry(case: Case) -> None:
    code = taken(case)
    case.sandbox.fault("gateway.read_codes", "status", status=200, body="", times=None)
    code = later(case, code, READ_BACKS[-1])
    assert code.state == CodeState.UNCONFIRMED
    assert code.due_at is not None
    code = later(case, code, READ_BACK_UNTIL)
    assert code.state == CodeState.CHECK
    assert code.reason


def test_a_patient_who_has_left_since_is_for_staff(case: Case) -> None:
    code = taken(case)
    case.sandbox.fault("gateway.patient", "refuse", status=404, code="PATIENT_NOT_FOUND")
    assert later(case, code, READ_BACKS[0]).state == CodeState.NOT_FILED


def test_it_is_nobody_elses_while_it_is_read_back_and_comes_again_after_a_crash(case: Case) -> None:
    code = taken(case)
    CodedEntry.objects.filter(id=code.id).update(due_at=timezone.now())
    [mine] = filing.claim(case.practice.id)
    assert filing.claim(case.practice.id) == []
    mine.refresh_from_db()
    assert mine.state == CodeState.UNCONFIRMED
    assert later(case, mine, READ_BACKS[0]).state == CodeState.FILED


@pytest.mark.parametrize("state", [CodeState.DUE, CodeState.UNCONFIRMED])
def test_the_sweeper_sees_to_it(case: Case, state: CodeState, monkeypatch: pytest.MonkeyPatch) -> None:
    case.code(state=state, happened_at=datetime.fromisoformat("2026-07-01T12:00:00+00:00"))
    hints: list[tuple[object, ...]] = []
    monkeypatch.setattr("integrations.outbox.fair_queue.ask", lambda *hinted: hints.append(hinted))
    sweep()
    assert ("outbox.file_codes", case.practice.id) in hints
