"""Turns: a large batch does not keep another practice's few texts waiting, and hints do not pile up."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from integrations import tasks
from integrations.messaging.port import Accepted, DeliveryStatus
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox import fair_queue
from integrations.outbox.messages import claiming, sending
from integrations.outbox.messages.settling import settle
from integrations.sandbox.server import SandboxServer
from practices.models import Practice
from tests.connected import connect
from tests.factories import make_campaign, make_practice
from tests.integrations.outbox.conftest import Case


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> deque[str]:
    """The practices whose sending waits for a worker, in the order in which the broker would give them out."""
    waiting: deque[str] = deque()

    def hint(task: str, practice_id: object) -> None:
        if task == "outbox.send_messages":
            waiting.append(str(practice_id))

    monkeypatch.setattr(fair_queue, "hint", hint)
    monkeypatch.setattr(transaction, "on_commit", lambda call: call())
    return waiting


@pytest.fixture
def other(case: Case, sandbox: SandboxServer) -> Case:
    """Another practice, with a batch of its own."""
    practice = make_practice()
    connect(practice, sandbox)
    return Case(sandbox, practice, make_campaign(practice, started=True))


def due(practice: Practice) -> int:
    return Message.objects.filter(practice=practice, state=MessageState.DUE).count()


def test_a_large_batch_does_not_keep_another_practice_waiting(
    case: Case, other: Case, queue: deque[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """5,000 texts of one are hinted at for every chunk of them, before and after another's 20."""
    monkeypatch.setattr(sending, "TURN", 100)
    case.messages(5000)
    other.messages(20)
    for practice in [*[case.practice] * 10, other.practice, *[case.practice] * 10]:
        fair_queue.ask("outbox.send_messages", practice.id)
    taken = []
    while due(other.practice):
        taken.append(queue.popleft())
        tasks.send_messages(taken[-1])
    assert taken == [str(case.practice.id), str(other.practice.id)]
    assert due(case.practice) > 5000 - 100 - sending.MOST
    assert list(queue) == [str(case.practice.id), str(other.practice.id)]


def test_a_turn_is_of_a_bounded_size(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TURN", 60)
    case.messages(300)
    assert 60 <= sending.send_due(case.practice.id) < 60 + sending.MOST  # below 60 it may take one claim more


def test_a_hint_is_given_again_once_its_task_has_begun(case: Case, queue: deque[str]) -> None:
    for _ in range(3):
        fair_queue.ask("outbox.send_messages", case.practice.id)
    assert len(queue) == 1
    fair_queue.begun("outbox.send_messages", case.practice.id)
    fair_queue.ask("outbox.send_messages", case.practice.id)
    assert len(queue) == 2


def test_as_the_provider_asks_texts_rest(case: Case) -> None:
    case.messages(30)
    case.sandbox.fault("twilio.create", "status", status=429, headers={"Retry-After": "60"})
    sending.send_due(case.practice.id)
    calls = len(case.texts())
    case.messages(5)
    assert sending.send_due(case.practice.id) == 0
    assert len(case.texts()) == calls


def test_a_provider_that_is_down_is_let_be(case: Case) -> None:
    case.messages(300)
    case.sandbox.fault("twilio.create", "status", status=503, times=None)
    assert sending.send_due(case.practice.id) < 100
    assert sending.send_due(case.practice.id) == 0
    assert due(case.practice) > 200


def statements(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        work()
    return len(captured)


def test_the_statements_of_a_claim_do_not_grow_with_it(case: Case) -> None:
    """Two to claim, a query of each gate and departure, and the two ends of the transaction."""
    case.messages(60)
    counts = {limit: statements(partial(claiming.take, case.practice, limit)) for limit in (1, 5, 50)}
    assert len(set(counts.values())) == 1
    assert counts[50] <= 7


def test_the_statements_of_settling_do_not_grow_with_it(case: Case) -> None:
    """One, here in the savepoint that the test's own transaction makes of it."""
    case.messages(51)
    for size in (1, 50):
        rows = claiming.take(case.practice, size).rows
        outcomes = [Accepted(row.id, f"SM{row.id.hex}", DeliveryStatus.ACCEPTED) for row in rows]
        assert statements(partial(settle, rows, outcomes)) == 3
