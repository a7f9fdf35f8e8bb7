"""Sending: each due message once, each kind of answer to its state."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integrations.links import link_for
from integrations.messaging.port import FailureKind, NotAccepted
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox.messages.claiming import take
from integrations.outbox.messages.sending import send_due
from integrations.outbox.messages.settling import settle
from tests.integrations.outbox.conftest import Case


def test_a_due_message_goes_once_with_the_personal_link(case: Case) -> None:
    message = case.message()
    assert send_due(case.practice.id) == 1
    assert send_due(case.practice.id) == 0
    message.refresh_from_db()
    assert message.state == MessageState.ACCEPTED
    assert message.sent_at is not None
    [text] = case.texts()
    assert text["sid"] == message.provider_id
    assert text["recipient"] == message.to
    assert link_for(message.subject_id) in text["body"]
    assert "{link}" not in text["body"]


def test_the_link_is_not_stored(case: Case) -> None:
    message = case.message()
    send_due(case.practice.id)
    message.refresh_from_db()
    token = link_for(message.subject_id).rsplit("/", 1)[1]
    assert all(token not in str(value) for value in Message.objects.filter(id=message.id).values()[0].values())


def test_a_message_that_is_not_due_waits(case: Case) -> None:
    case.message(due_at=timezone.now() + timedelta(minutes=1))
    assert send_due(case.practice.id) == 0


def test_another_practice_s_messages_are_left_alone(case: Case) -> None:
    other = case.message()
    Message.objects.filter(id=other.id).update(practice=type(case).invitation(case).practice)
    assert take(case.practice, limit=5).rows == [other]


def test_a_dead_number_settles_its_row_and_no_other(case: Case) -> None:
    bad, good = case.message(to="+15005550001"), case.message()
    send_due(case.practice.id)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert bad.state == MessageState.FAILED
    assert bad.error_code == "21211"
    assert bad.reason
    assert good.state == MessageState.ACCEPTED


def test_a_busy_provider_is_tried_again_later(case: Case) -> None:
    message = case.message()
    case.sandbox.fault("twilio.create", "status", status=429, headers={"Retry-After": "7"})
    send_due(case.practice.id)
    message.refresh_from_db()
    assert message.state == MessageState.DUE
    assert message.due_at is not None
    assert message.due_at > timezone.now() + timedelta(seconds=5)
    assert case.texts() == []


@pytest.mark.parametrize("kind", ["timeout_after", "timeout_before"])
def test_no_answer_is_unknown_and_never_sent_again_blindly(case: Case, kind: str) -> None:
    message = case.message()
    case.sandbox.fault("twilio.create", kind)
    send_due(case.practice.id)
    message.refresh_from_db()
    assert message.state == MessageState.UNKNOWN
    assert send_due(case.practice.id) == 0


def test_a_practice_without_an_account_keeps_its_messages_waiting_and_says_why(case: Case) -> None:
    message = case.message()
    case.practice.channel_connection.delete()
    send_due(case.practice.id)
    message.refresh_from_db()
    assert message.state == MessageState.DUE
    assert message.reason == "No text message account is connected."


def test_wrong_credentials_keep_messages_waiting_and_say_why(case: Case) -> None:
    message = case.message()
    account = case.practice.channel_connection
    account.auth_token = "wrong"
    account.save()
    send_due(case.practice.id)
    message.refresh_from_db()
    assert message.state == MessageState.DUE
    assert message.reason
    assert send_due(case.practice.id) == 0


def test_a_row_that_was_settled_meanwhile_keeps_its_state(case: Case) -> None:
    message = case.message()
    [claimed] = take(case.practice).rows
    for state in (MessageState.UNKNOWN, MessageState.CHECK):
        Message.objects.filter(id=message.id).update(state=state, due_at=None)
    settle([claimed], [])
    message.refresh_from_db()
    assert message.state == MessageState.CHECK


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_never_take_the_same_message(case: Case) -> None:
    messages = {case.message().id for _ in range(40)}

    def work(_: int) -> list[Message]:
        try:
            return take(case.practice, limit=10).rows
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        claimed = [row.id for rows in pool.map(work, range(6)) for row in rows]
    assert len(claimed) == len(set(claimed)) == 40
    assert set(claimed) == messages


def test_a_link_whose_key_is_missing_holds_up_no_other_text(case: Case) -> None:
    keyless, good = case.message(link_key=7), case.message()
    send_due(case.practice.id)
    keyless.refresh_from_db()
    good.refresh_from_db()
    assert good.state == MessageState.ACCEPTED
    assert keyless.state == MessageState.DUE
    assert keyless.reason


def test_a_slow_worker_s_word_does_not_free_a_text_that_another_is_sending(case: Case) -> None:
    case.message()
    [slow] = take(case.practice).rows
    Message.objects.filter(id=slow.id).update(state=MessageState.DUE, due_at=timezone.now())
    [other] = take(case.practice).rows
    settle([slow], [NotAccepted(slow.id, FailureKind.RETRY, "", "Not reached.")])
    other.refresh_from_db()
    assert other.state == MessageState.STARTED
