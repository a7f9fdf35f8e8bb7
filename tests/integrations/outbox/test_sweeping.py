"""The sweepers: what a crash or a lost answer left behind is settled by asking, and sent again only when it must be."""

from datetime import timedelta

import pgtrigger
import pytest
from django.db.models import F
from django.utils import timezone

from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import CodeState, MessageState
from integrations.outbox import retries
from integrations.outbox.messages.claiming import take
from integrations.outbox.messages.sending import send_due
from integrations.outbox.sweeping import ask_provider, sweep
from tests.integrations.outbox.conftest import Case


def age(message: Message, by: timedelta) -> None:
    """Let time pass for a message."""
    for name in ("due_at", "started_at", "sent_at"):
        Message.objects.filter(id=message.id, **{f"{name}__isnull": False}).update(**{name: F(name) - by})
    message.refresh_from_db()


def test_a_text_that_went_without_an_answer_is_found_and_not_sent_again(case: Case) -> None:
    message = case.message()
    case.sandbox.fault("twilio.create", "timeout_after")
    send_due(case.practice.id)
    age(message, timedelta(seconds=10))
    ask_provider(case.practice.id)
    message.refresh_from_db()
    assert message.state in (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED)
    assert message.provider_id == case.texts()[0]["sid"]
    assert len(case.texts()) == 1


def test_a_text_that_never_arrived_is_sent_again_once_that_is_sure(case: Case) -> None:
    message = case.message()
    case.sandbox.fault("twilio.create", "timeout_before")
    send_due(case.practice.id)
    age(message, timedelta(seconds=10))
    ask_provider(case.practice.id)
    message.refresh_from_db()
    assert message.state == MessageState.UNKNOWN, "too soon to be sure"
    age(message, retries.SURE_AFTER)
    ask_provider(case.practice.id)
    send_due(case.practice.id)
    message.refresh_from_db()
    assert message.state == MessageState.ACCEPTED
    assert len(case.texts()) == 1


def test_a_worker_that_died_after_the_call_leaves_one_text(case: Case) -> None:
    message = case.message()
    case.sandbox.fault("twilio.create", "timeout_after")
    send_due(case.practice.id)
    # As it stands in the database when the worker dies between the call and the save.
    with pgtrigger.ignore():
        Message.objects.filter(id=message.id).update(state=MessageState.STARTED, due_at=timezone.now())
    sweep()
    age(message, timedelta(seconds=10))
    assert message.state == MessageState.UNKNOWN
    ask_provider(case.practice.id)
    message.refresh_from_db()
    assert message.provider_id
    assert len(case.texts()) == 1


def test_a_worker_that_died_before_the_call_loses_nothing(case: Case) -> None:
    message = case.message()
    take(case.practice)
    age(message, retries.LOST_AFTER + timedelta(minutes=1))
    sweep()
    ask_provider(case.practice.id)
    send_due(case.practice.id)
    message.refresh_from_db()
    assert message.state == MessageState.ACCEPTED
    assert len(case.texts()) == 1


def test_what_cannot_be_found_out_in_a_day_is_for_a_person(case: Case) -> None:
    message = case.message()
    case.sandbox.fault("twilio.create", "timeout_after")
    case.sandbox.fault("twilio.list", "status", status=503, times=None)
    send_due(case.practice.id)
    age(message, retries.SETTLE_WITHIN + timedelta(minutes=1))
    ask_provider(case.practice.id)
    message.refresh_from_db()
    assert message.state == MessageState.CHECK
    assert message.reason


def test_a_provider_that_never_answers_ends_in_failure_and_not_in_a_circle(case: Case) -> None:
    message = case.message(attempts=retries.UNKNOWN_TRIES - 1)
    case.sandbox.fault("twilio.create", "timeout_before")
    send_due(case.practice.id)
    age(message, retries.SURE_AFTER)
    ask_provider(case.practice.id)
    message.refresh_from_db()
    assert message.state == MessageState.FAILED


def test_a_message_without_receipts_is_asked_about(case: Case) -> None:
    case.sandbox.fault("twilio.callback", "missing", times=None)
    message = case.message()
    send_due(case.practice.id)
    age(message, timedelta(minutes=6))
    ask_provider(case.practice.id)
    message.refresh_from_db()
    assert message.state in (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED)
    assert message.state == MessageState.DELIVERED or (message.due_at and message.due_at > timezone.now())


def test_no_news_in_three_days_says_so(case: Case) -> None:
    message = case.message(state=MessageState.SENT, provider_id="SM-gone", sent_at=timezone.now())
    age(message, retries.NO_NEWS_AFTER + timedelta(hours=1))
    ask_provider(case.practice.id)
    message.refresh_from_db()
    assert message.state == MessageState.SENT, "the provider could not say"
    age(message, timedelta(days=1))
    ask_provider(case.practice.id)
    message.refresh_from_db()
    assert message.state == MessageState.NO_NEWS


@pytest.mark.parametrize("times", [1, 3])
def test_sweeping_again_changes_nothing(case: Case, times: int) -> None:
    message = case.message()
    send_due(case.practice.id)
    message.refresh_from_db()
    before = message.state, message.due_at
    for _ in range(times):
        sweep()
        ask_provider(case.practice.id)
    message.refresh_from_db()
    assert (message.state, message.due_at) == before


def test_a_code_whose_worker_died_goes_again(case: Case) -> None:
    code = case.code(state=CodeState.STARTED, due_at=timezone.now() - timedelta(minutes=1))
    sweep()
    code = CodedEntry.objects.get(id=code.id)
    assert code.state == CodeState.DUE


def test_a_text_that_the_provider_trimmed_is_found_and_not_sent_again(case: Case) -> None:
    message = case.message(body="Dear Joe, book here: {link}")
    case.sandbox.fault("twilio.create", "timeout_after")
    send_due(case.practice.id)
    # As if ours had been longer than what the provider kept.
    Message.objects.filter(id=message.id).update(body="Dear  Joe, book here:  {link} ")
    age(message, timedelta(minutes=1))
    ask_provider(case.practice.id)
    send_due(case.practice.id)
    assert len(case.texts()) == 1


def test_a_link_whose_key_is_missing_holds_up_no_other_question(case: Case) -> None:
    keyless = case.message(state=MessageState.UNKNOWN, started_at=timezone.now(), link_key=7)
    message = case.message()
    case.sandbox.fault("twilio.create", "timeout_after")
    send_due(case.practice.id)
    age(message, timedelta(seconds=10))
    ask_provider(case.practice.id)
    message.refresh_from_db()
    assert message.provider_id
    age(keyless, retries.SETTLE_WITHIN + timedelta(minutes=1))
    ask_provider(case.practice.id)
    keyless.refresh_from_db()
    assert keyless.state == MessageState.CHECK


def test_another_message_s_record_stops_nobody_else_s(case: Case) -> None:
    """Two texts in the same words to one phone, of which the provider has one."""
    body = "Sorry, we could not book your appointment."
    first = case.message(body=body, to="+447700900123")
    send_due(case.practice.id)
    twin = case.message(body=body, to="+447700900123", state=MessageState.UNKNOWN, started_at=timezone.now())
    other = case.message(state=MessageState.UNKNOWN, started_at=timezone.now())
    for message in (twin, other):
        age(message, timedelta(seconds=45))
    for _ in range(2):
        ask_provider(case.practice.id)
        send_due(case.practice.id)
        for message in (twin, other):
            age(message, timedelta(minutes=5))
    for message in (first, twin, other):
        message.refresh_from_db()
        assert message.provider_id
    assert len(case.texts()) == 3


def test_a_code_whose_text_nobody_knows_about_waits_no_longer(case: Case) -> None:
    message = case.message(state=MessageState.UNKNOWN, started_at=timezone.now() - timedelta(days=2), attempts=1)
    code = case.code(message, state=CodeState.WAITING, happened_at=None, due_at=None)
    case.sandbox.fault("twilio.list", "status", status=503, times=None)
    ask_provider(case.practice.id)
    code.refresh_from_db()
    assert code.state == CodeState.WITHDRAWN
    assert code.reason
