"""What was to go yesterday does not go today; staff read why. While Selfbook runs, its time moves on."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from integrations.models.outbox import Message, Purpose, Stoppage
from integrations.models.states import CodeState, MessageState
from integrations.outbox import sweeping
from integrations.outbox.messages import claiming, holding, last_times, sending
from integrations.outbox.queueing import queue
from practices.holds import services as holds
from tests.booking.surgery import LONDON
from tests.integrations.outbox.conftest import Case


@pytest.fixture(autouse=True)
def sociable_hours(settings: Settings) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("purpose", "any_hour", "due", "last"),
    [
        (Purpose.INVITATION, False, at(24, 10), at(25, 0)),
        (Purpose.INVITATION, False, at(24, 21), at(26, 0)),
        (Purpose.REMINDER, False, at(24, 3), at(25, 0)),
        (Purpose.INVITATION, True, at(24, 23), at(25, 23)),
        (Purpose.APPOINTMENT, False, at(24, 10), at(27, 10)),
        (Purpose.CONFIRMATION, True, at(24, 10), at(27, 10)),
    ],
)
def test_each_message_has_a_last_time(purpose: Purpose, any_hour: bool, due: datetime, last: datetime) -> None:
    assert last_times.last_time(purpose, due, any_hour=any_hour) == last


def queued(case: Case, **fields: object) -> Message:
    message = case.message(any_hour=False, **fields)
    code = case.code(message)
    Message.objects.filter(id=message.id).update(useless_after=None)
    message.codes.all()
    assert code.state == CodeState.WAITING
    last_times.give([message])
    Message.objects.filter(id=message.id).update(useless_after=message.useless_after)
    return message


def test_what_is_queued_has_one(case: Case) -> None:
    invitation = case.invitation()
    message = Message(
        id=uuid4(), practice=case.practice, campaign_id=case.campaign.id, subject_id=invitation.id, body="Hello",
        purpose=Purpose.INVITATION, to=invitation.recipient.mobile,
    )  # fmt: skip
    queue(case.practice, [message])
    assert Message.objects.get(id=message.id).useless_after is not None


@pytest.mark.hazard("H-21.3")
def test_yesterday_s_text_does_not_go_and_staff_read_why(case: Case) -> None:
    with time_machine.travel(at(24, 10), tick=False):
        message = queued(case)
    with time_machine.travel(at(25, 10), tick=False):
        assert sending.send_due(case.practice.id) == 0, "the claim itself leaves it alone"
        sweeping.sweep()
    message.refresh_from_db()
    assert (message.state, message.error_code) == (MessageState.FAILED, last_times.TOO_LATE)
    assert "Contact the patient in another way" in message.reason
    assert message.codes.get().state == CodeState.WITHDRAWN
    assert case.texts() == []


def test_a_text_that_waits_for_the_morning_goes_then(case: Case) -> None:
    with time_machine.travel(at(24, 19), tick=False):
        message = queued(case)
    with time_machine.travel(at(24, 21), tick=False):
        sending.send_due(case.practice.id)
    with time_machine.travel(at(25, 9), tick=False):
        sweeping.sweep()
        assert sending.send_due(case.practice.id) == 1
    message.refresh_from_db()
    assert message.state == MessageState.ACCEPTED


def test_on_hold_its_time_does_not_move_on_nor_is_it_settled(case: Case) -> None:
    with time_machine.travel(at(24, 19), tick=False):
        message = queued(case)
        holds.hold(case.practice, by=None)
    for moment in (at(24, 21), at(25, 9)):
        with time_machine.travel(moment, tick=False):
            sending.send_due(case.practice.id)
            sweeping.sweep()
    message.refresh_from_db()
    assert (message.state, message.useless_after) == (MessageState.DUE, at(25, 0))
    with time_machine.travel(at(25, 9), tick=False):
        holds.release(case.practice, by=None)
        sweeping.sweep()
    message.refresh_from_db()
    assert message.state == MessageState.FAILED


def test_an_account_that_does_not_work_gives_it_another_day(case: Case) -> None:
    with time_machine.travel(at(24, 10), tick=False):
        message = queued(case)
        Stoppage.objects.create(practice=case.practice, reason="x", retry_at=timezone.now() + timedelta(days=9))
    with time_machine.travel(at(24, 23) + timedelta(minutes=55), tick=False):
        sweeping.sweep()
    message.refresh_from_db()
    assert message.useless_after == at(26, 0)


def test_a_batch_that_is_resumed_is_of_use_on_that_day(case: Case) -> None:
    with time_machine.travel(at(24, 10), tick=False):
        message = queued(case)
        holding.pause(case.campaign.id)
    with time_machine.travel(at(26, 10), tick=False):
        sweeping.sweep()
        holding.resume(case.practice, case.campaign.id)
        assert len(claiming.take(case.practice).rows) == 1
    message.refresh_from_db()
    assert message.useless_after == at(27, 0)
