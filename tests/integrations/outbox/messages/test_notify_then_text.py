"""The NHS App first, and a text of ours behind it: one message in the app, one text at most, whatever is lost."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from booking.appointments import services
from campaigns.models import Invitation, InvitationState
from campaigns.results.delivery_routes import Delivery, reached
from campaigns.sending.hooks import ANSWERED
from integrations.connections import channel_for, notify_account_of
from integrations.messaging.channels import Channel
from integrations.messaging.nhs_notify import channel as nhs_notify
from integrations.messaging.nhs_notify.batches import message
from integrations.messaging.nhs_notify.receipts import News
from integrations.messaging.nhs_notify.status import status_of
from integrations.messaging.port import OutgoingText
from integrations.messaging.registry import NHS_NOTIFY
from integrations.models import ChannelConnection, NotifyConnection, Routing
from integrations.models.outbox import CodedEntry, Message, Purpose, Stoppage
from integrations.models.states import CodeState, MessageState
from integrations.outbox import sweeping
from integrations.outbox.messages import (
    claiming,
    holding,
    in_app,
    notify_receipts,
    routes,
    settling,
    stoppages,
    writing,
)
from integrations.outbox.messages import hooks as message_hooks
from integrations.outbox.messages.sending import as_texts, send_due
from patients.models import OptOutSource, Recipient
from patients.opt_outs import services as opt_outs
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
    """The practice sends into the NHS App, with its own texts behind it, at any hour."""
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 0, 24
    monkeypatch.setattr(nhs_notify, "PAUSE_SECONDS", 0.001)
    return connect_notify(case, Routing.APP_THEN_OURS)


def texted(case: Case) -> list[str]:
    """The phones that were texted, as often as they were."""
    return sorted(text["recipient"] for text in case.texts())


def phones(rows: Sequence[Message]) -> list[str]:
    return sorted(row.to for row in rows)


def in_the_app(case: Case, count: int = 1, **fields: Any) -> list[Message]:
    rows = [case.message(any_hour=False, **fields) for _ in range(count)]
    send_due(case.practice.id)
    for row in rows:
        row.refresh_from_db()
    return rows


def let_time_pass(case: Case) -> None:
    """Nobody has read it in time: the sweeper finds it, and a worker sends what is due."""
    late = Message.objects.filter(practice=case.practice, state=MessageState.IN_APP)
    late.update(due_at=timezone.now() - timedelta(seconds=1))
    sweeping.sweep()
    send_due(case.practice.id)


def news(
    row: Message, status: str = "delivered", *, channel: str = "nhsapp", code: str = "", read: bool = False
) -> News:
    return News(
        key=uuid4().hex,
        reference=row.id,
        provider_id=f"N{uuid4().hex}",
        channel=channel,
        raw_status=status,
        status=status_of(status),
        at=timezone.now(),
        is_read=read,
        code=code,
        reason="It could not be delivered." if status == "failed" else "",
    )


def hear(case: Case, *events: News) -> None:
    for event in events:
        notify_receipts.keep(case.practice, event)


def test_into_the_app_first_and_as_a_text_when_nobody_reads_it(case: Case, app_first: NotifyConnection) -> None:
    rows = in_the_app(case, 3)
    assert (taken(case), texted(case)) == (ids(rows), [])
    assert set(states(rows)) == {MessageState.IN_APP}
    since, until = rows[0].in_app_at, rows[0].due_at
    assert since
    assert until == since + timedelta(hours=24)
    let_time_pass(case)
    assert texted(case) == phones(rows)
    let_time_pass(case)
    assert (taken(case), texted(case)) == (ids(rows), phones(rows))
    stored = Message.objects.get(id=rows[0].id)
    assert (stored.state, stored.way, stored.together) == (MessageState.ACCEPTED, Channel.TEXT, None)


def test_no_words_for_a_text_go_to_notify(case: Case, app_first: NotifyConnection) -> None:
    """Whatever the routing plan does, it has nothing to text."""
    NotifyConnection.objects.update(app_plan=uuid4())
    text = OutgoingText(uuid4(), "", "Book", nhs_number="9990000018")
    assert message(notify_account_of(case.practice, Channel.APP), text)["personalisation"] == {"nhsapp_body": "Book"}


@pytest.mark.parametrize("number", range(2, 8))
def test_a_plan_that_texts_too_is_refused(case: Case, app_first: NotifyConnection, number: int) -> None:
    app_first.app_plan = UUID(int=number)
    with pytest.raises(ValidationError) as refused:
        app_first.clean()
    assert list(refused.value.message_dict) == ["app_plan"]


def test_who_has_read_it_is_not_texted(case: Case, app_first: NotifyConnection) -> None:
    read, unread = in_the_app(case, 2)
    code = case.code(read, state=CodeState.WAITING, due_at=None)
    hear(case, news(read), news(unread), news(read, read=True), news(read, read=True), news(read, "failed"))
    assert states([read, unread]) == [MessageState.DELIVERED, MessageState.IN_APP]
    let_time_pass(case)
    assert texted(case) == phones([unread])
    read.refresh_from_db()
    assert (read.where, read.sent_at) == (" in the NHS App", read.in_app_at)
    assert CodedEntry.objects.get(id=code.id).state == CodeState.DUE


@pytest.mark.parametrize("channel", ["", "nhsapp"])
def test_who_has_no_app_is_texted_at_once(case: Case, app_first: NotifyConnection, channel: str) -> None:
    rows = in_the_app(case, 2)
    hear(case, news(rows[0], "failed", channel=channel, code="MFR_SUPE_0007"))
    send_due(case.practice.id)
    assert texted(case) == phones(rows[:1])


def test_whom_notify_does_not_know_is_texted_at_once(case: Case, app_first: NotifyConnection) -> None:
    row = case.message(any_hour=False)
    Recipient.objects.filter(id=Invitation.objects.get(id=row.subject_id).recipient_id).update(nhs_number="9990000019")
    send_due(case.practice.id)
    send_due(case.practice.id)
    assert (taken(case), texted(case)) == ([], [row.to])


def test_read_after_its_time_and_before_the_text(case: Case, app_first: NotifyConnection) -> None:
    [row] = in_the_app(case)
    Message.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    sweeping.sweep()
    hear(case, news(row, read=True))
    send_due(case.practice.id)
    assert (states([row]), texted(case)) == ([MessageState.DELIVERED], [])


def test_news_of_the_app_once_the_text_has_gone(case: Case, app_first: NotifyConnection) -> None:
    [row] = in_the_app(case)
    let_time_pass(case)
    before = Message.objects.filter(id=row.id).values().get()
    hear(case, news(row, "failed", channel=""), news(row), news(row, read=True))
    assert Message.objects.filter(id=row.id).values().get() == before
    let_time_pass(case)
    assert texted(case) == [row.to]


@pytest.mark.parametrize("trouble", [lose_answer, never_reach])
@pytest.mark.parametrize("chosen", [Routing.APP_THEN_OURS, Routing.APP_THEN_THEIRS, Routing.TEXTS])
def test_what_is_in_doubt_goes_into_the_app_once_and_is_texted_once(
    case: Case, app_first: NotifyConnection, trouble: Callable[[Case], None], chosen: Routing
) -> None:
    rows = invitations(case)
    trouble(case)
    send_due(case.practice.id)
    assert set(states(rows)) == {MessageState.UNKNOWN}
    # The practice may choose another way meanwhile.
    NotifyConnection.objects.update(channel=chosen)
    send_due(case.practice.id)
    ask_now(case)
    assert (taken(case), set(states(rows))) == (ids(rows), {MessageState.IN_APP})
    let_time_pass(case)
    let_time_pass(case)
    assert (taken(case), texted(case)) == (ids(rows), phones(rows))


def test_a_doubt_that_nobody_can_end_ends_in_one_text(case: Case, app_first: NotifyConnection) -> None:
    rows = invitations(case)
    never_reach(case)
    send_due(case.practice.id)
    Message.objects.filter(practice=case.practice).update(started_at=timezone.now() - timedelta(days=1, minutes=1))
    ask_now(case)
    send_due(case.practice.id)
    assert (taken(case), texted(case)) == ([], phones(rows))


@pytest.mark.parametrize("is_posted", [True, False])
def test_a_worker_that_died_with_the_call(case: Case, app_first: NotifyConnection, is_posted: bool) -> None:
    rows = invitations(case)
    claimed = claiming.take(case.practice, route=routes.BY_APP).rows
    texts, _ = as_texts(claimed, message_hooks.nhs_numbers(case.practice, claimed))
    line = channel_for(case.practice, Channel.APP)
    outcomes = line.send(texts) if is_posted else []
    Message.objects.filter(id__in=[row.id for row in rows]).update(due_at=timezone.now())
    sweeping.sweep()
    sweeping.ask_provider(case.practice.id)
    let_time_pass(case)
    # It comes back after all, with what it was told before.
    settling.settle(claimed, outcomes)
    let_time_pass(case)
    assert (taken(case), texted(case)) == (ids(rows), phones(rows))


def test_an_answer_that_comes_after_the_news_puts_nothing_back(case: Case, app_first: NotifyConnection) -> None:
    """Notify may say that it failed, or was read, before its answer has been written."""
    failed, read = invitations(case, 2)
    claimed = claiming.take(case.practice, route=routes.BY_APP).rows
    texts, _ = as_texts(claimed, message_hooks.nhs_numbers(case.practice, claimed))
    outcomes = channel_for(case.practice, Channel.APP).send(texts)
    hear(case, news(failed, "failed", channel=""), news(read, read=True))
    settling.settle(claimed, outcomes)
    assert states([failed, read]) == [MessageState.DUE, MessageState.DELIVERED]
    let_time_pass(case)
    assert texted(case) == [failed.to]


def test_without_its_guard_an_answer_would_put_it_back(
    case: Case, app_first: NotifyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard off: the database's own rule is what is left."""
    [row] = invitations(case, 1)
    claimed = claiming.take(case.practice, route=routes.BY_APP).rows
    texts, _ = as_texts(claimed, message_hooks.nhs_numbers(case.practice, claimed))
    outcomes = channel_for(case.practice, Channel.APP).send(texts)
    hear(case, news(row, "failed", channel=""))
    guard = "AND (one.app_over IS NULL OR said.app_over IS NOT NULL)"
    assert guard in writing._SAVE
    monkeypatch.setattr(writing, "_SAVE", writing._SAVE.replace(guard, ""))
    settling.settle(claimed, outcomes)
    assert states([row]) == [MessageState.IN_APP]


def test_the_database_puts_nothing_into_the_app_that_is_a_text_by_now(case: Case, app_first: NotifyConnection) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(id=case.message().id).update(
            state=MessageState.IN_APP, in_app_at=timezone.now(), app_over=timezone.now()
        )


def test_who_has_booked_by_the_link_has_read_it(case: Case, app_first: NotifyConnection) -> None:
    [row] = in_the_app(case)
    services.note_opened(invitation_id=row.subject_id)
    let_time_pass(case)
    assert (states([row]), texted(case)) == ([MessageState.DELIVERED], [])


@pytest.mark.parametrize("change", [{"state": InvitationState.DECLINED}, {"elsewhere_at": timezone.now()}])
def test_who_needs_no_text_any_more_gets_none(case: Case, app_first: NotifyConnection, change: dict[str, Any]) -> None:
    [row] = in_the_app(case)
    code = case.code(row, state=CodeState.WAITING, due_at=None)
    Invitation.objects.filter(id=row.subject_id).update(**change)
    let_time_pass(case)
    row.refresh_from_db()
    assert (row.state, row.reason, row.sent_at) == (MessageState.NO_NEWS, ANSWERED, row.in_app_at)
    assert texted(case) == []
    assert CodedEntry.objects.get(id=code.id).state == CodeState.DUE


def test_an_opt_out_while_it_is_in_the_app(case: Case, app_first: NotifyConnection) -> None:
    [row] = in_the_app(case)
    opt_outs.add(practice=case.practice, by=None, source=OptOutSource.PATIENT, mobile=row.to)
    let_time_pass(case)
    row.refresh_from_db()
    assert (row.state, row.reason) == (MessageState.NO_NEWS, opt_outs.STOPPED)
    assert texted(case) == []


def test_a_pause_holds_the_text_and_a_cancellation_ends_it(case: Case, app_first: NotifyConnection) -> None:
    paused, cancelled = in_the_app(case), in_the_app(case)
    Message.objects.filter(id=cancelled[0].id).update(campaign_id=uuid4())
    cancelled[0].refresh_from_db()
    holding.pause(case.campaign.id)
    assert holding.withdraw(cancelled[0].campaign_id) == 0
    let_time_pass(case)
    assert texted(case) == []
    assert states(cancelled) == [MessageState.NO_NEWS]
    holding.resume(case.practice, case.campaign.id)
    send_due(case.practice.id)
    assert texted(case) == phones(paused)


def test_a_cancellation_of_what_waits_for_the_morning(case: Case, app_first: NotifyConnection) -> None:
    [row] = in_the_app(case)
    in_app.give_up(timezone.now() + timedelta(days=2))
    holding.withdraw(case.campaign.id)
    send_due(case.practice.id)
    assert (states([row]), texted(case)) == ([MessageState.NO_NEWS], [])


def test_the_text_waits_for_the_morning(case: Case, app_first: NotifyConnection, settings: Settings) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20
    with time_machine.travel(datetime(2027, 1, 12, 19, 30, tzinfo=UTC), tick=False):
        [row] = in_the_app(case)
    assert row.state == MessageState.IN_APP
    NotifyConnection.objects.update(text_after_hours=2)
    with time_machine.travel(datetime(2027, 1, 13, 21, 30, tzinfo=UTC), tick=False):
        let_time_pass(case)
        assert Message.objects.get(id=row.id).due_at == datetime(2027, 1, 14, 8, tzinfo=UTC)
    assert texted(case) == []


def test_the_reminder_of_an_appointment_does_not_wait_for_long(case: Case, app_first: NotifyConnection) -> None:
    row = Message(purpose=Purpose.APPOINTMENT)
    now = timezone.now()
    in_app.put_in(row, now, timedelta(hours=24))
    assert row.due_at == now + in_app.SOON
    in_app.put_in(row, now, timedelta(hours=1))
    assert row.due_at == now + timedelta(hours=1)


def test_a_batch_at_any_hour_goes_into_the_app_too(case: Case, app_first: NotifyConnection) -> None:
    row = case.message(any_hour=True)
    send_due(case.practice.id)
    assert (taken(case), texted(case)) == ([str(row.id)], [])


def test_staff_who_send_it_again_have_it_texted_at_once(case: Case, app_first: NotifyConnection) -> None:
    [row] = in_the_app(case)
    assert in_app.text_at_once(case.practice, row.subject_id)
    assert not in_app.text_at_once(case.practice, row.subject_id)
    send_due(case.practice.id)
    let_time_pass(case)
    assert texted(case) == [row.to]


@pytest.mark.parametrize(
    "purpose", [Purpose.CONFIRMATION, Purpose.CANCELLATION, Purpose.RESENT, Purpose.MORE_TIMES, Purpose.NEW_LINK]
)
def test_replies_and_what_staff_send_again_are_texts(case: Case, app_first: NotifyConnection, purpose: str) -> None:
    row = case.message(purpose=purpose)
    send_due(case.practice.id)
    assert (taken(case), texted(case)) == ([], [row.to])


def test_replies_go_while_notify_does_not_work(case: Case, app_first: NotifyConnection) -> None:
    rows, reply = invitations(case), case.message(purpose=Purpose.CONFIRMATION)
    case.sandbox.fault("notify.batch", "status", status=403)
    send_due(case.practice.id)
    assert set(states(rows)) == {MessageState.DUE}
    assert texted(case) == [reply.to]
    assert Stoppage.objects.get(practice=case.practice).service == NHS_NOTIFY
    again = case.message(purpose=Purpose.CONFIRMATION)
    send_due(case.practice.id)
    assert texted(case) == phones([reply, again])
    app_first.save()
    send_due(case.practice.id)
    assert (taken(case), stoppages.current(case.practice)) == (ids(rows), [])


def test_messages_go_into_the_app_while_twilio_does_not_work(case: Case, app_first: NotifyConnection) -> None:
    case.sandbox.fault("twilio.create", "refuse", status=401, code="20003", times=3)
    case.message(purpose=Purpose.CONFIRMATION)
    rows = invitations(case)
    send_due(case.practice.id)
    assert taken(case) == ids(rows)
    assert set(sweeping._with_texts_to_send(timezone.now())) >= {case.practice.id}


def test_staff_see_where_each_invitation_is(case: Case, app_first: NotifyConnection) -> None:
    """From sending to the batch's page, on the real wire: nobody is counted twice, and only our texts cost."""
    read, unread, without, left = in_the_app(case, 4)
    ChannelConnection.objects.update(fragment_price=3)
    assert reached(case.campaign).deliveries == {Delivery.IN_APP: 4}
    assert reached(case.campaign).spent == ""
    hear(case, news(read, read=True), news(without, "failed", code="MFR_SUPE_0007"))
    send_due(case.practice.id)
    services.note_opened(invitation_id=read.subject_id)
    Invitation.objects.filter(id=left.subject_id).update(state=InvitationState.DECLINED)
    let_time_pass(case)
    result = reached(case.campaign)
    assert texted(case) == phones([unread, without])
    assert result.deliveries == {Delivery.READ: 1, Delivery.IN_APP: 1, Delivery.OURS: 2}
    assert result.spent == "Your texts so far: 2 fragments, £0.06."
    assert result.by_notify
