"""A record gateway that is away, and single entries in trouble: neither holds up anybody else, nothing is dropped."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.clinical.errors import CodeNotAccepted
from integrations.clinical.port import CheckedPatient, CodeToFile, FiledCode
from integrations.connections import clinical_for
from integrations.models.outbox import CodedEntry, GatewayOutage
from integrations.models.states import CodeState
from integrations.outbox import retries
from integrations.outbox.codes import calls as code_calls
from integrations.outbox.codes import filing, outages
from integrations.outbox.codes.calls import Turn
from integrations.outbox.codes.filing import file_due
from practices.models import Practice
from tests.connected import connect
from tests.factories import make_campaign, make_practice
from tests.integrations.outbox.conftest import Case


@pytest.fixture
def other(case: Case) -> Case:
    """Another practice on the same stand-ins."""
    practice = make_practice()
    connect(practice, case.sandbox)
    return Case(case.sandbox, practice, make_campaign(practice, started=True))


def down(case: Case) -> None:
    """The gateway of this practice fails until further notice."""
    case.sandbox.fault("gateway.*", "status", status=503, times=None, match={"ods": case.practice.ods_code})


def states(case: Case) -> list[str]:
    rows = CodedEntry.objects.filter(practice=case.practice).order_by("created_at")
    return list(rows.values_list("state", flat=True))


def make_due(case: Case) -> None:
    """The time of every entry, and of the gateway's next try, has come."""
    CodedEntry.objects.filter(practice=case.practice, state=CodeState.DUE).update(due_at=timezone.now())
    GatewayOutage.objects.filter(practice=case.practice).update(retry_at=timezone.now())


def calls(case: Case) -> int:
    journal = case.sandbox.control(f"books?part=journal&ods={case.practice.ods_code}")["journal"]
    return sum(entry["target"] == "gateway.patient" for entry in journal)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 200, "body": "<html>"},
        {"kind": "timeout_before"},
        {"kind": "refuse", "status": 404, "code": "PATIENT_NOT_FOUND"},
    ],
)
def test_one_entry_in_trouble_stops_no_other(case: Case, fault: dict[str, Any]) -> None:
    codes = [case.code() for _ in range(6)]
    broken = codes[2].nhs_number
    case.sandbox.fault("gateway.patient", times=None, match={"nhs_number": broken}, **fault)
    assert file_due(case.practice.id) == 6
    filed = CodedEntry.objects.filter(practice=case.practice, state=CodeState.FILED)
    assert set(filed.values_list("nhs_number", flat=True)) == {row.nhs_number for row in codes} - {broken}
    assert not GatewayOutage.objects.exists()


def test_an_entry_id_that_cannot_be_stored_keeps_no_other_from_being_settled(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        case.code()
    plain = code_calls.Turn._file

    def strange(turn: Turn, row: CodedEntry) -> code_calls.Result:
        plain(turn, row)
        return code_calls.Result(CodeState.FILED, entry_id="a\0b\ud800" + "c" * 100)

    monkeypatch.setattr(Turn, "_file", strange)
    file_due(case.practice.id)
    assert states(case) == [CodeState.FILED] * 3
    assert set(CodedEntry.objects.values_list("entry_id", flat=True)) == {"ab" + "c" * 78}


def test_a_gateway_that_is_away_costs_a_few_calls_and_then_waits(case: Case) -> None:
    for _ in range(12):
        case.code()
    down(case)
    assert file_due(case.practice.id) == 0
    few = calls(case)
    # Reads are tried three times; the other entries of the claim were not begun.
    assert 0 < few <= 3 * 2 * code_calls.AT_ONCE
    assert states(case) == [CodeState.DUE] * 12
    assert CodedEntry.objects.filter(practice=case.practice, attempts=0).count() >= 12 - 2 * code_calls.AT_ONCE
    assert file_due(case.practice.id) == 0
    assert calls(case) == few


def test_a_gateway_that_is_away_holds_up_no_other_practice(case: Case, other: Case) -> None:
    case.code()
    other.code()
    down(case)
    file_due(case.practice.id)
    assert file_due(other.practice.id) == 1
    assert (states(case), states(other)) == ([CodeState.DUE], [CodeState.FILED])


def test_when_it_is_back_everything_is_filed_once(case: Case) -> None:
    for _ in range(5):
        case.code()
    down(case)
    file_due(case.practice.id)
    case.sandbox.control("faults", method="DELETE")
    make_due(case)
    while file_due(case.practice.id):
        pass
    assert states(case) == [CodeState.FILED] * 5
    assert len(case.codes()) == 5
    assert not GatewayOutage.objects.exists()


def test_it_is_tried_less_and_less_often(case: Case) -> None:
    waits = []
    for lasted in (timedelta(), timedelta(minutes=4), timedelta(hours=1), timedelta(days=2)):
        began = timezone.now()
        GatewayOutage.objects.update_or_create(
            practice=case.practice, defaults={"since": began - lasted, "retry_at": began}
        )
        outages.note(case.practice.id)
        waits.append(GatewayOutage.objects.get().retry_at - began)
    assert waits == sorted(waits)
    assert outages.SHORTEST <= waits[0] < timedelta(minutes=1)
    assert outages.LONGEST <= waits[-1] < 2 * outages.LONGEST


def test_after_three_days_staff_are_asked_and_nothing_is_dropped(case: Case) -> None:
    three_days = timezone.now() - timedelta(days=3, minutes=1)
    for _ in range(30):
        case.code(happened_at=three_days, due_at=timezone.now() - timedelta(hours=1))
    fresh = case.code()
    GatewayOutage.objects.create(practice=case.practice, since=three_days, retry_at=timezone.now())
    down(case)
    file_due(case.practice.id)
    assert states(case) == [CodeState.CHECK] * 30 + [CodeState.DUE]
    assert fresh.state == CodeState.DUE
    assert set(CodedEntry.objects.filter(state=CodeState.CHECK).values_list("reason", flat=True)) == {outages.UNREACHED}


def test_one_entry_alone_is_tried_for_more_than_three_days(case: Case) -> None:
    """Also an entry whose trouble is its own (faults#codes-not-filed)."""
    assert timedelta(days=3) < timedelta(seconds=0.8 * sum(retries.CODE_SCHEDULE)) < timedelta(days=5)
    code = case.code()
    case.sandbox.fault("gateway.codes", "status", status=500, times=None)
    for tries in range(1, len(retries.CODE_SCHEDULE) + 1):
        make_due(case)
        file_due(case.practice.id)
        code.refresh_from_db()
        assert (code.state, code.attempts) == (CodeState.DUE, tries)
    make_due(case)
    file_due(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.CHECK
    assert code.due_at is None


def test_a_wait_that_the_gateway_asks_for_is_kept_to_but_not_for_ever(case: Case) -> None:
    asked = {"1200": timedelta(minutes=20), "86400": timedelta(hours=12)}
    for seconds, least in asked.items():
        code = case.code()
        case.sandbox.fault(
            "gateway.patient",
            "status",
            status=429,
            headers={"Retry-After": seconds},
            match={"nhs_number": code.nhs_number},
        )
        began = timezone.now()
        make_due(case)
        CodedEntry.objects.exclude(id=code.id).update(due_at=None)
        file_due(case.practice.id)
        code.refresh_from_db()
        assert code.due_at is not None
        assert least * 0.8 <= code.due_at - began <= least * 1.3


def test_a_practice_that_is_not_connected_waits(case: Case) -> None:
    code = case.code()
    case.practice.clinical_connection.delete()
    assert file_due(case.practice.id) == 0
    code.refresh_from_db()
    assert code.state == CodeState.DUE
    assert file_due(case.practice.id) == 0


def test_workers_hold_no_more_than_two_claims_of_a_practice(case: Case, other: Case) -> None:
    for _ in range(3):
        case.code()
    other.code()
    held = [filing.claim(case.practice.id, limit=1) for _ in range(3)]
    assert [len(rows) for rows in held] == [1, 1, 0]
    assert len(filing.claim(other.practice.id)) == 1
    # What a killed worker held is free again when the sweeper has found it.
    CodedEntry.objects.filter(id=held[0][0].id).update(state=CodeState.DUE, due_at=timezone.now())
    assert len(filing.claim(case.practice.id)) == 2


def test_an_entry_that_kills_every_worker_ends_with_a_person(case: Case) -> None:
    worn, fine = case.code(attempts=len(retries.CODE_SCHEDULE) + 1), case.code()
    assert file_due(case.practice.id) == 2
    worn.refresh_from_db()
    fine.refresh_from_db()
    assert (worn.state, fine.state) == (CodeState.CHECK, CodeState.FILED)


class Slow:
    """A clinical system that is asked when the turn's time is over."""

    asked = 0

    def file_code(self, patient: CheckedPatient, code: CodeToFile) -> FiledCode:
        self.asked += 1
        raise CodeNotAccepted


def test_what_there_is_no_time_for_is_put_back_untouched(case: Case) -> None:
    code = case.code()
    rows = filing.claim(case.practice.id)
    system = Slow()
    filing.settle(rows, Turn(system, {}, seconds=-1).run(rows))  # type: ignore[arg-type] # no other call is made
    code.refresh_from_db()
    assert (system.asked, code.state, code.attempts) == (0, CodeState.DUE, 0)
    assert file_due(case.practice.id) == 1


def test_a_connection_that_cannot_be_made_keeps_no_claim_open(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    code = case.code()

    def fails(practice: Practice, actor: object) -> None:
        raise ValueError("a key that does not fit")

    monkeypatch.setattr(filing, "clinical_for", fails)
    file_due(case.practice.id)
    code.refresh_from_db()
    assert (code.state, code.attempts) == (CodeState.DUE, 1)
    monkeypatch.setattr(filing, "clinical_for", clinical_for)
    make_due(case)
    assert file_due(case.practice.id) == 1
