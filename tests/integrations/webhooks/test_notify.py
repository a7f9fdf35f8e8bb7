"""News from NHS Notify: believed only when signed, kept once, and never harmful."""

import itertools
import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from integrations.messaging.channels import Channel
from integrations.messaging.port import Accepted, DeliveryStatus
from integrations.models import NotifyConnection
from integrations.models.outbox import DeliveryReceipt, Message
from integrations.models.states import MessageState
from integrations.outbox.messages import settling
from integrations.sandbox.notify.callbacks import signature
from tests.factories import make_campaign, make_invitation, make_message, make_practice

pytestmark = pytest.mark.django_db

NOTIFY_ID = "2WL3qFTEFM0qMY8xjRbt1LIKCzM"


@pytest.fixture
def connection(db: None) -> NotifyConnection:
    return NotifyConnection.objects.create(
        practice=make_practice(), api_key="key-1", key_id="k", private_key="made-up", application_id="app-1"
    )


def make_notice(connection: NotifyConnection, **fields: Any) -> Message:
    invitation = make_invitation(make_campaign(connection.practice, started=True))
    values = {"state": MessageState.ACCEPTED, "way": Channel.NOTIFY, "together": uuid4()}
    return make_message(invitation, **values | fields)


def event(message: Message, status: str = "delivered", channel: str = "", **more: Any) -> dict[str, Any]:
    status_fields = {"channelStatus": status, "channel": channel} if channel else {"messageStatus": status}
    attributes = {
        "messageId": NOTIFY_ID,
        "messageReference": str(message.id),
        "timestamp": "2026-10-01T18:00:00.000Z",
        **status_fields,
        **more,
    }
    kind = "ChannelStatus" if channel else "MessageStatus"
    return {"type": kind, "attributes": attributes, "meta": {"idempotencyKey": uuid4().hex}}


def deliver(connection: NotifyConnection, *events: Any, **headers: str) -> int:
    body = json.dumps({"data": events}).encode()
    given = {"x-api-key": "key-1", "x-hmac-sha256-signature": signature(body, "app-1.key-1")} | headers
    address = reverse("webhooks:notify", args=[connection.id])
    client = Client(enforce_csrf_checks=True)
    answer = client.post(address, body, content_type="application/vnd.api+json", headers=given)
    return answer.status_code


def state(message: Message) -> str:
    message.refresh_from_db()
    return message.state


def test_news_that_is_not_notify_s_is_not_believed(connection: NotifyConnection) -> None:
    message = make_notice(connection)
    assert deliver(connection, event(message), **{"x-api-key": "other"}) == 401
    assert deliver(connection, event(message), **{"x-api-key": ""}) == 401
    assert deliver(connection, event(message), **{"x-hmac-sha256-signature": "ab" * 32}) == 403
    assert state(message) == MessageState.ACCEPTED
    assert not DeliveryReceipt.objects.exists()
    assert Client().post(reverse("webhooks:notify", args=[uuid4()])).status_code == 404


def test_where_a_message_came(connection: NotifyConnection) -> None:
    message = make_notice(connection)
    channels = [{"type": "nhsapp", "channelStatus": "failed"}, {"type": "sms", "channelStatus": "delivered"}]
    assert deliver(connection, event(message, "failed", "nhsapp"), event(message, channels=channels)) == 202
    assert state(message) == MessageState.DELIVERED
    assert (message.provider_id, message.reached_by) == (NOTIFY_ID, "sms")


@pytest.mark.parametrize("order", list(itertools.permutations(["enriched", "sending", "delivered"])))
def test_any_order_and_any_number_of_times(connection: NotifyConnection, order: tuple[str, ...]) -> None:
    message = make_notice(connection)
    for status in (*order, *order):
        assert deliver(connection, event(message, status)) == 202
    assert state(message) == MessageState.DELIVERED
    assert DeliveryReceipt.objects.count() == 3


def test_one_channel_s_failure_is_no_end(connection: NotifyConnection) -> None:
    message = make_notice(connection)
    deliver(connection, event(message, "failed", "nhsapp"))
    assert state(message) == MessageState.ACCEPTED
    deliver(connection, event(message, "failed", messageFailureReasonCode="MFR_PDSV_0112"))
    assert state(message) == MessageState.FAILED
    assert "has died" in message.reason


@pytest.mark.parametrize("before", [MessageState.STARTED, MessageState.UNKNOWN])
def test_news_before_our_own_word_and_after_a_lost_one(connection: NotifyConnection, before: str) -> None:
    message = make_notice(connection, state=before)
    claimed = Message.objects.get(id=message.id)
    assert deliver(connection, event(message, "sending")) == 202
    settling.settle([claimed], [Accepted(message.id, "", DeliveryStatus.ACCEPTED)])
    assert state(message) == MessageState.SENT
    assert message.provider_id == NOTIFY_ID


def test_an_id_from_news_outlives_an_answer_without_one(connection: NotifyConnection) -> None:
    message = make_notice(connection, state=MessageState.STARTED)
    claimed = Message.objects.get(id=message.id)
    deliver(connection, event(message, "sending", "nhsapp"))
    settling.settle([claimed], [Accepted(message.id, "", DeliveryStatus.ACCEPTED)])
    assert state(message) == MessageState.ACCEPTED
    assert message.provider_id == NOTIFY_ID


def test_words_never_seen_are_kept(connection: NotifyConnection) -> None:
    message = make_notice(connection)
    assert deliver(connection, event(message, "bewildered")) == 202
    assert state(message) == MessageState.ACCEPTED
    assert DeliveryReceipt.objects.get().raw_status == "bewildered"


def test_messages_of_others_are_left_alone(connection: NotifyConnection) -> None:
    text = make_notice(connection, way=Channel.TEXT, together=None)
    other = NotifyConnection.objects.create(
        practice=make_practice(), api_key="key-2", key_id="k", private_key="made-up", application_id="app-2"
    )
    theirs = make_notice(other)
    assert deliver(connection, event(text), event(theirs), {"type": "other"}) == 202
    assert (state(text), state(theirs)) == (MessageState.ACCEPTED, MessageState.ACCEPTED)


@pytest.mark.parametrize("odd", ["\0", "\ud800"])
def test_news_with_characters_that_cannot_be_kept_is_kept_all_the_same(connection: NotifyConnection, odd: str) -> None:
    message = make_notice(connection)
    odd_news = event(message, "failed", messageStatusDescription=f"No{odd}t delivered", messageFailureReasonCode=odd)
    assert deliver(connection, odd_news | {"meta": {"idempotencyKey": odd}}) == 202
    assert state(message) == MessageState.FAILED


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_a_moment_beyond_the_calendar_is_no_news(connection: NotifyConnection, moment: str) -> None:
    message = make_notice(connection)
    assert deliver(connection, event(message, timestamp=moment)) == 202
    assert state(message) == MessageState.ACCEPTED
