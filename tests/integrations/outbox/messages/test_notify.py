"""Sending by NHS Notify: one message for one invitation, whatever is lost on the way."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from campaigns.messages.costs import priced
from integrations.connections import channel_for
from integrations.messaging.channels import Channel
from integrations.messaging.nhs_notify import channel as nhs_notify
from integrations.messaging.port import Outcome, OutgoingText
from integrations.models import ChannelConnection, NotifyConnection, Routing
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox import sweeping
from integrations.outbox.messages import claiming, resending, routes
from integrations.outbox.messages import hooks as message_hooks
from integrations.outbox.messages.sending import as_texts, send_due
from patients.models import OptOutSource
from patients.opt_outs import services as opt_outs
from tests.integrations.messaging.notify import KEY_ID
from tests.integrations.outbox.by_notify import (
    ask_now,
    connect_notify,
    ids,
    invitations,
    lose_answer,
    never_reach,
    states,
    taken,
)
from tests.integrations.outbox.conftest import Case

pytestmark = pytest.mark.django_db


@pytest.fixture
def app_first(case: Case, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> NotifyConnection:
    """The practice sends by NHS Notify, at any hour."""
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 0, 24
    monkeypatch.setattr(nhs_notify, "PAUSE_SECONDS", 0.001)
    return connect_notify(case, Routing.APP_THEN_THEIRS)


def test_invitations_go_by_notify_and_replies_by_text(case: Case, app_first: NotifyConnection) -> None:
    rows, reply = invitations(case), case.message(purpose=Purpose.CONFIRMATION)
    assert send_due(case.practice.id) == 4
    assert taken(case) == ids(rows)
    assert [text["recipient"] for text in case.texts()] == [reply.to]
    stored = Message.objects.filter(id__in=[row.id for row in rows])
    assert {(row.state, row.way) for row in stored} == {(MessageState.ACCEPTED, Channel.NOTIFY)}
    assert len({row.together for row in stored}) == 1
    assert all(row.provider_id for row in stored)


def test_switched_off_all_goes_by_text(case: Case, app_first: NotifyConnection) -> None:
    NotifyConnection.objects.update(channel=Routing.TEXTS)
    invitations(case)
    send_due(case.practice.id)
    assert (len(case.texts()), taken(case)) == (3, [])


@pytest.mark.parametrize("trouble", [lose_answer, never_reach])
def test_what_is_in_doubt_goes_once(case: Case, app_first: NotifyConnection, trouble: Any) -> None:
    rows = invitations(case)
    trouble(case)
    send_due(case.practice.id)
    assert set(states(rows)) == {MessageState.UNKNOWN}
    # Back to texts meanwhile: what Notify may have is still Notify's.
    NotifyConnection.objects.update(channel=Routing.TEXTS)
    send_due(case.practice.id)
    ask_now(case)
    assert taken(case) == ids(rows)
    assert set(states(rows)) == {MessageState.ACCEPTED}
    assert case.texts() == []


def test_without_its_call_s_own_reference_it_would_go_twice(
    case: Case, app_first: NotifyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard off: the harm that it prevents."""
    rows = invitations(case, 1)
    lose_answer(case)
    send_due(case.practice.id)
    post = nhs_notify.NotifyChannel.send

    def anew(channel: nhs_notify.NotifyChannel, texts: list[OutgoingText]) -> list[Outcome]:
        return post(channel, [OutgoingText(t.reference, t.to, t.body, None, t.nhs_number, uuid4()) for t in texts])

    monkeypatch.setattr(nhs_notify.NotifyChannel, "send", anew)
    ask_now(case)
    assert taken(case) == ids(rows) * 2


def test_a_call_goes_again_whole_however_few_are_claimed(
    case: Case, app_first: NotifyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were it posted in pieces, the first piece would be all that Notify ever takes of it."""
    monkeypatch.setattr(sweeping, "CLAIM", 1)
    rows = invitations(case)
    never_reach(case)
    send_due(case.practice.id)
    for _ in rows:
        ask_now(case)
    assert taken(case) == ids(rows)


@pytest.mark.parametrize("is_posted", [True, False])
def test_a_worker_that_died_with_the_call(case: Case, app_first: NotifyConnection, is_posted: bool) -> None:
    rows = invitations(case)
    claimed = claiming.take(case.practice, route=routes.BY_NOTIFY).rows
    if is_posted:
        texts, _ = as_texts(claimed, message_hooks.nhs_numbers(case.practice, claimed))
        channel_for(case.practice, Channel.NOTIFY).send(texts)
    Message.objects.filter(id__in=[row.id for row in rows]).update(due_at=timezone.now())
    sweeping.sweep()
    sweeping.ask_provider(case.practice.id)
    assert taken(case) == ids(rows)
    assert set(states(rows)) == {MessageState.ACCEPTED}


@pytest.mark.parametrize(("trouble", "end"), [(never_reach, MessageState.FAILED), (lose_answer, MessageState.ACCEPTED)])
def test_an_opt_out_while_in_doubt(case: Case, app_first: NotifyConnection, trouble: Any, end: str) -> None:
    rows = invitations(case)
    trouble(case)
    send_due(case.practice.id)
    opt_outs.add(practice=case.practice, by=None, source=OptOutSource.PATIENT, mobile=rows[0].to)
    stopped = [row for row in rows if row.to == rows[0].to]
    others = [row for row in rows if row.to != rows[0].to]
    ask_now(case)
    send_due(case.practice.id)
    assert set(states(stopped)) == {end}
    assert set(states(others)) == {MessageState.ACCEPTED}
    assert taken(case) == (ids(others) if end == MessageState.FAILED else ids(rows))


def test_a_paused_batch_waits_with_its_doubts(case: Case, app_first: NotifyConnection) -> None:
    rows = invitations(case)
    never_reach(case)
    send_due(case.practice.id)
    Message.objects.filter(id=rows[0].id).update(held=True)
    ask_now(case)
    assert taken(case) == []
    Message.objects.filter(id=rows[0].id).update(held=False)
    ask_now(case)
    assert taken(case) == ids(rows)


def test_after_a_day_a_person_is_asked(case: Case, app_first: NotifyConnection) -> None:
    rows = invitations(case)
    never_reach(case)
    send_due(case.practice.id)
    Message.objects.filter(practice=case.practice).update(started_at=timezone.now() - timedelta(days=1, minutes=1))
    ask_now(case)
    assert set(states(rows)) == {MessageState.CHECK}
    assert Message.objects.get(id=rows[0].id).reason == resending.GIVEN_UP


@pytest.mark.parametrize(("status", "state"), [(429, MessageState.DUE), (403, MessageState.DUE)])
def test_what_was_surely_not_taken_goes_later(case: Case, app_first: NotifyConnection, status: int, state: str) -> None:
    rows = invitations(case)
    case.sandbox.fault("notify.batch", "status", status=status)
    send_due(case.practice.id)
    assert set(states(rows)) == {state}
    assert (taken(case), case.texts()) == ([], [])


def test_nothing_is_handed_over_at_night(case: Case, app_first: NotifyConnection, settings: Settings) -> None:
    """NHS Notify's own text leaves in its own hours, however late in the day it gets the message."""
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20
    rows = invitations(case)
    with time_machine.travel(datetime(2027, 1, 12, 20, 30, tzinfo=UTC), tick=False):
        assert claiming.take(case.practice, route=routes.BY_NOTIFY).size == 0
        assert claiming.put_off(case.practice.id, routes.BY_NOTIFY) == 3
        assert Message.objects.get(id=rows[0].id).due_at == datetime(2027, 1, 13, 8, tzinfo=UTC)
    with time_machine.travel(datetime(2027, 1, 13, 19, 59, tzinfo=UTC), tick=False):
        assert claiming.put_off(case.practice.id, routes.BY_NOTIFY) == 0
        assert claiming.take(case.practice, route=routes.BY_NOTIFY).size == 3


def test_one_practice_s_bad_keys_stop_its_texts_only(case: Case, app_first: NotifyConnection) -> None:
    rows = invitations(case, 1)
    NotifyConnection.objects.update(key_id="another")
    app_first.refresh_from_db()
    # The token of the right key may still be good; another key's is asked for.
    send_due(case.practice.id)
    assert set(states(rows)) == {MessageState.DUE}
    app_first.key_id = KEY_ID
    app_first.save()
    send_due(case.practice.id)
    assert set(states(rows)) == {MessageState.ACCEPTED}


def test_no_price_is_told_that_is_not_the_practice_s(case: Case, app_first: NotifyConnection) -> None:
    ChannelConnection.objects.update(fragment_price=3)
    assert priced(case.practice.id, 100).pounds is None
    NotifyConnection.objects.update(channel=Routing.TEXTS)
    assert priced(case.practice.id, 100).pounds == 3
