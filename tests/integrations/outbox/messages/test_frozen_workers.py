"""Workers that stood still while time went on: what they held is sent once, by whoever has it now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from integrations.messaging import line
from integrations.messaging.port import Accepted, DeliveryStatus
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox import retries, sweeping
from integrations.outbox.messages import claiming, sending
from integrations.outbox.messages.routes import Route
from integrations.outbox.messages.settling import settle
from tests.integrations.outbox.conftest import Case
from tests.integrations.outbox.test_sweeping import age


def pass_time(case: Case, by: timedelta) -> None:
    for message in Message.objects.filter(practice=case.practice):
        age(message, by)


def let_the_others_send(case: Case) -> None:
    """All that happens to a text whose worker is gone."""
    pass_time(case, retries.LOST_AFTER)
    sweeping.sweep()
    pass_time(case, retries.SURE_AFTER)
    sweeping.ask_provider(case.practice.id)
    assert sending.send_due(case.practice.id)


def test_a_worker_frozen_between_claim_and_post_posts_nothing(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    message, take = case.message(), claiming.take

    def freeze(practice: object, limit: int, route: Route) -> claiming.Claim:
        taken = take(case.practice, limit, route)
        monkeypatch.setattr(claiming, "take", take)
        frozen_at = [row.started_at for row in taken.rows]
        let_the_others_send(case)
        for row, at in zip(taken.rows, frozen_at, strict=True):
            assert at is not None
            row.started_at = at - retries.LOST_AFTER - retries.SURE_AFTER
        return taken

    monkeypatch.setattr(claiming, "take", freeze)
    sending.send_due(case.practice.id)
    message.refresh_from_db()
    assert len(case.texts()) == 1
    assert message.state == MessageState.ACCEPTED
    assert message.provider_id == case.texts()[0]["sid"]


def test_a_text_whose_time_is_up_goes_back_with_its_try(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has taken it meanwhile: it goes with the next claim."""
    message = case.message()
    late = [timezone.now() + retries.POST_WITHIN + timedelta(seconds=1)]

    class Clock:
        @staticmethod
        def now() -> datetime:
            return late.pop() if late else timezone.now()

    monkeypatch.setattr(line, "timezone", Clock)
    sending.send_due(case.practice.id)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.DUE, 0)
    assert case.texts() == []
    sending.send_due(case.practice.id)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.ACCEPTED, 1)
    assert len(case.texts()) == 1


def test_a_worker_that_was_given_up_and_did_send_is_believed_while_nobody_else_has(case: Case) -> None:
    """The look-up came before the provider's list showed the text; the worker knows better."""
    message = case.message()
    [held] = claiming.take(case.practice).rows
    Message.objects.filter(id=message.id).update(state=MessageState.DUE)
    settle([held], [Accepted(held.id, "SM-late", DeliveryStatus.ACCEPTED)])
    assert sending.send_due(case.practice.id) == 0
    message.refresh_from_db()
    assert (message.state, message.provider_id) == (MessageState.ACCEPTED, "SM-late")


def test_a_number_of_a_claim_that_comes_again_is_not_the_same_claim(case: Case) -> None:
    """A try that was given back makes the next claim the first again."""
    message = case.message()
    [slow] = claiming.take(case.practice).rows
    Message.objects.filter(id=message.id).update(state=MessageState.DUE, attempts=0, due_at=timezone.now())
    [other] = claiming.take(case.practice).rows
    assert slow.attempts == other.attempts
    settle([slow], [Accepted(slow.id, "SM-slow", DeliveryStatus.ACCEPTED)])
    message.refresh_from_db()
    assert message.state == MessageState.STARTED


def test_one_outcome_that_the_database_refuses_keeps_no_other_from_being_written(case: Case) -> None:
    case.messages(3)
    rows = claiming.take(case.practice).rows
    ids: Sequence[str] = ("SM-good", "SM\x00", "S" * 50)
    settle(rows, [Accepted(row.id, sid, DeliveryStatus.ACCEPTED) for row, sid in zip(rows, ids, strict=True)])
    states = dict(Message.objects.values_list("id", "state"))
    assert [states[row.id] for row in rows] == [MessageState.ACCEPTED, MessageState.STARTED, MessageState.STARTED]


def test_the_waits_fit_each_other() -> None:
    """A living worker is done with a text before the sweeper takes it, and no text is sent again while one may go."""
    from integrations.messaging.twilio.client import ANSWER_SECONDS, CONNECT_SECONDS

    call = timedelta(seconds=ANSWER_SECONDS + CONNECT_SECONDS)
    assert retries.POST_WITHIN + call < retries.LOST_AFTER < retries.SURE_AFTER
    assert retries.SURE_AFTER - retries.POST_WITHIN - call > timedelta(minutes=1)
