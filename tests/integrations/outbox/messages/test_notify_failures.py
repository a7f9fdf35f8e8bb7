"""What follows from what NHS Notify says of patients, and what may be set: by its words and its codes."""

from contextlib import nullcontext
from dataclasses import replace
from itertools import permutations
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns.follow_up import entries as follow_up
from campaigns.models import Invitation
from integrations.messaging.nhs_notify.errors import NOT_TO_BE_TEXTED
from integrations.models import NotifyConnection, Routing
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox.messages.sending import send_due
from tests.integrations.outbox.by_notify import states
from tests.integrations.outbox.conftest import Case
from tests.integrations.outbox.messages.test_notify_then_text import (
    app_first,
    hear,
    in_the_app,
    let_time_pass,
    news,
    texted,
)

__all__ = ["app_first"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("channel", ["", "nhsapp"])
@pytest.mark.parametrize("code", sorted(NOT_TO_BE_TEXTED))
def test_nobody_texts_the_phone_of_a_patient_who_has_died_or_is_not_ours(
    case: Case, app_first: NotifyConnection, code: str, channel: str
) -> None:
    [row] = in_the_app(case)
    hear(case, news(row, "failed", channel=channel, code=code), news(row, "failed", channel="", code="MFR_SUPE_0007"))
    let_time_pass(case)
    assert (states([row]), texted(case)) == ([MessageState.FAILED], [])


@pytest.mark.hazard("H-16.2")
def test_staff_are_told_of_a_death_and_no_reminder_follows(case: Case, app_first: NotifyConnection) -> None:
    """Whatever the message was for, and whether or not the link had been opened."""
    invited, reminder = in_the_app(case), case.message(any_hour=False, purpose=Purpose.REMINDER)
    Message.objects.filter(id=reminder.id).update(subject_id=invited[0].subject_id, step=1)
    hear(case, news(invited[0], read=True))
    Invitation.objects.update(opened_at=timezone.now())
    send_due(case.practice.id)
    reminder.refresh_from_db()
    hear(case, news(reminder, "failed", channel="", code="MFR_PDSV_0112"))
    again = case.message(any_hour=False, purpose=Purpose.REMINDER)
    Message.objects.filter(id=again.id).update(subject_id=invited[0].subject_id, step=2)
    NotifyConnection.objects.update(channel=Routing.TEXTS)
    let_time_pass(case)
    assert (states([reminder, again]), texted(case)) == ([MessageState.FAILED] * 2, [])
    [entry] = follow_up.entries(list(follow_up.keys(follow_up.Batches.of(case.campaign))))
    assert (entry.kind, entry.about) == (follow_up.Kind.NOT_DELIVERED, reminder.id)
    assert "before you are sure" in entry.to_do


def test_a_text_that_has_gone_stays_one_that_went(case: Case, app_first: NotifyConnection) -> None:
    """The record ended meanwhile. That somebody has died is told to staff all the same."""
    ended, died = in_the_app(case, 2)
    let_time_pass(case)
    hear(case, news(ended, "failed", code="MFR_PDSV_0110"), news(died, "failed", code="MFR_PDSV_0111"))
    assert states([ended, died]) == [MessageState.ACCEPTED, MessageState.FAILED]


def test_who_is_not_notified_by_the_app_is_texted_at_once_and_may_read_it_first(
    case: Case, app_first: NotifyConnection
) -> None:
    texted_row, read = in_the_app(case, 2)
    unnotified = [replace(news(row, "failed"), is_unread=True) for row in (texted_row, read)]
    hear(case, *unnotified, news(read, read=True))
    send_due(case.practice.id)
    assert states([texted_row, read]) == [MessageState.ACCEPTED, MessageState.DELIVERED]
    assert texted(case) == [texted_row.to]
    texted_row.refresh_from_db()
    assert texted_row.in_app_at is not None


def test_a_message_delivered_by_nothing_but_the_app_was_read(case: Case, app_first: NotifyConnection) -> None:
    """News of the message as a whole may not say by what channel: this plan has one."""
    [row] = in_the_app(case)
    hear(case, news(row, "sending", channel=""), news(row, channel=""))
    let_time_pass(case)
    assert (states([row]), texted(case)) == ([MessageState.DELIVERED], [])


@pytest.mark.parametrize("number", [1, 2, 4, 5])
def test_a_plan_without_a_text_is_refused_where_it_must_text(
    case: Case, app_first: NotifyConnection, number: int
) -> None:
    app_first.routing_plan = UUID(int=number)
    with pytest.raises(ValidationError) as refused:
        app_first.clean()
    assert list(refused.value.message_dict) == ["routing_plan"]


@pytest.mark.parametrize(("hours", "is_right"), [(0, False), (1, True), (24, True), (25, False), (72, False)])
def test_the_app_is_waited_for_a_day_at_most(
    case: Case, app_first: NotifyConnection, hours: int, is_right: bool
) -> None:
    app_first.text_after_hours = hours
    with nullcontext() if is_right else pytest.raises(ValidationError):
        app_first.full_clean(exclude=["base_url"])
    with nullcontext() if 1 <= hours <= 72 else pytest.raises(IntegrityError), transaction.atomic():
        NotifyConnection.objects.update(text_after_hours=hours)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_news_in_any_order_and_twice_before_the_text_leaves(
    case: Case, app_first: NotifyConnection, order: tuple[int, ...]
) -> None:
    """The plan gives up, and the patient reads it all the same: once that is known, no text follows."""
    [row] = in_the_app(case)
    failed = replace(news(row, "failed"), is_unread=True)
    events = [news(row, "sending"), failed, news(row, "failed", channel=""), news(row, read=True)]
    hear(case, *[events[place] for place in (*order, *order)])
    let_time_pass(case)
    assert (states([row]), texted(case)) == ([MessageState.DELIVERED], [])
