"""An account that does not work: few calls, one message, no text failed, and all of them go when it is mended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.messaging.port import FailureKind, NotAccepted
from integrations.models.outbox import Message, Stoppage
from integrations.models.states import MessageState
from integrations.outbox import retries, sweeping
from integrations.outbox.messages import sending, stoppages
from practices.alerts import services as alerts
from practices.models import Alert, AlertKind, AuditEvent
from tests.integrations.outbox.conftest import Case

FORBIDDEN_COUNTRY = "+15005550003"
"""The number for which the provider's stand-in says that the account may not text its country (21408)."""


def break_account(case: Case) -> str:
    account = case.practice.channel_connection
    right, account.auth_token = account.auth_token, "wrong"
    account.save()
    return str(right)


def mend_account(case: Case, token: str) -> None:
    account = case.practice.channel_connection
    account.auth_token = token
    account.save()


def let_time_pass(case: Case) -> None:
    Stoppage.objects.filter(practice=case.practice).update(retry_at=timezone.now())


def drain(case: Case) -> int:
    handled = 0
    while some := sending.send_due(case.practice.id):
        handled += some
    return handled


def test_a_wrong_token_costs_few_calls_and_makes_one_message(case: Case) -> None:
    case.messages(200)
    token = break_account(case)
    assert drain(case) <= sending.FIRST
    (stoppage,) = stoppages.current(case.practice)
    assert "account details" in stoppage.reason
    rows = Message.objects.filter(practice=case.practice)
    assert set(rows.values_list("state", "attempts")) == {(MessageState.DUE, 0)}
    assert AuditEvent.objects.filter(practice=case.practice, action="texts.stopped").count() == 1
    mend_account(case, token)
    assert not stoppages.current(case.practice)
    assert drain(case) == 200
    assert set(rows.values_list("state", flat=True)) == {MessageState.ACCEPTED}
    bodies = [text["body"] for text in case.texts()]
    assert len(bodies) == len(set(bodies)) == 200


def test_it_is_tried_again_with_a_few_texts_that_have_not_been_tried(case: Case) -> None:
    case.messages(100)
    token = break_account(case)
    drain(case)
    tried = set(Message.objects.exclude(error_code="").values_list("id", flat=True))
    let_time_pass(case)
    assert drain(case) == stoppages.PROBE
    assert len(set(Message.objects.exclude(error_code="").values_list("id", flat=True)) - tried) == stoppages.PROBE
    assert drain(case) == 0
    # Mended on the provider's side: nobody tells us.
    account = type(case.practice.channel_connection).objects.filter(practice=case.practice)
    row = account.get()
    row.auth_token = token
    account.bulk_update([row], ["auth_token"])
    let_time_pass(case)
    assert drain(case) == 100
    assert not stoppages.current(case.practice)
    assert len(case.texts()) == 100
    assert AuditEvent.objects.filter(practice=case.practice, action="texts.resumed").count() == 1


def test_no_text_ever_fails_because_of_the_account(case: Case) -> None:
    message = case.message()
    break_account(case)
    for _ in range(retries.MOST_TRIES + 2):
        drain(case)
        let_time_pass(case)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.DUE, 0)


def test_a_practice_without_an_account_waits_like_any_other(case: Case) -> None:
    case.messages(50)
    case.practice.channel_connection.delete()
    assert drain(case) <= sending.FIRST
    (stoppage,) = stoppages.current(case.practice)
    assert stoppage.code == "not_connected"


def test_a_country_that_is_not_allowed_stops_no_other_text(case: Case) -> None:
    abroad, message = case.message(to=FORBIDDEN_COUNTRY), case.message()
    drain(case)
    abroad.refresh_from_db()
    message.refresh_from_db()
    assert message.state == MessageState.ACCEPTED
    assert (abroad.state, abroad.error_code) == (MessageState.DUE, "21408")
    assert not stoppages.current(case.practice)


def test_a_country_that_is_not_allowed_alone_is_no_stoppage_and_has_an_end(case: Case) -> None:
    abroad = case.message(to=FORBIDDEN_COUNTRY)
    drain(case)
    assert not stoppages.current(case.practice)
    Message.objects.filter(id=abroad.id).update(attempts=retries.MOST_TRIES - 1, due_at=timezone.now())
    drain(case)
    abroad.refresh_from_db()
    assert abroad.state == MessageState.FAILED
    assert "this country" in abroad.reason


def test_one_acceptance_among_them_means_that_the_account_works(case: Case) -> None:
    case.messages(6)
    case.sandbox.fault("twilio.create", "refuse", status=401, code="20003", times=3)
    drain(case)
    assert not stoppages.current(case.practice)
    states = list(Message.objects.values_list("state", flat=True))
    assert states.count(MessageState.ACCEPTED) == 3
    waiting = Message.objects.filter(state=MessageState.DUE)
    assert all(row.due_at and row.due_at > timezone.now() + timedelta(minutes=1) for row in waiting)


def test_nobody_hints_at_a_practice_whose_account_does_not_work(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    hints: list[object] = []
    monkeypatch.setattr("integrations.outbox.fair_queue.ask", lambda task, practice_id: hints.append(practice_id))
    message = case.message()
    stoppages.begin(case.practice, NotAccepted(message.id, FailureKind.CONFIGURATION, "20003", "It does not work."))
    sweeping.sweep()
    assert case.practice.id not in hints
    let_time_pass(case)
    sweeping.sweep()
    assert case.practice.id in hints


def test_only_one_worker_tries_again(case: Case) -> None:
    stoppages.begin(case.practice, NotAccepted(case.message().id, FailureKind.CONFIGURATION, "", "It does not work."))
    assert not stoppages.may_probe(case.practice.id)
    let_time_pass(case)
    assert stoppages.may_probe(case.practice.id)
    assert not stoppages.may_probe(case.practice.id)


@pytest.mark.hazard("H-14.11")
def test_managers_are_told_once_until_it_is_mended(case: Case) -> None:
    error = NotAccepted(case.message().id, FailureKind.CONFIGURATION, "20003", "It does not work.")
    for _ in range(2):
        stoppages.begin(case.practice, error)
    assert list(Alert.objects.values_list("kind", "over_at")) == [(AlertKind.TEXTS_STOPPED, None)]
    stoppages.end(case.practice)
    assert not alerts.is_open(case.practice.id, AlertKind.TEXTS_STOPPED)
    stoppages.begin(case.practice, error)
    assert Alert.objects.count() == 2
