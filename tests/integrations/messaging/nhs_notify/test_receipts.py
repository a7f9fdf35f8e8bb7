"""News from NHS Notify: who sent it, and what it says."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from integrations.messaging.nhs_notify import client as notify_client
from integrations.messaging.nhs_notify.channel import NotifyChannel
from integrations.messaging.nhs_notify.receipts import News, ReceiptCheck, parse, verify
from integrations.messaging.port import DeliveryStatus
from integrations.sandbox.server import SandboxServer
from tests.integrations.messaging.notify import (
    API_KEY,
    APPLICATION_ID,
    ASHA,
    CARA,
    NewsReceiver,
    a_message,
    account,
    seed,
)
from tests.waiting import wait_until

BODY = b'{"data":[]}'
SIGNATURE = "a7179f819cf79446cba76c0bb9205c3ed5c144facae78e6f876e5a6062dd995e"
REFERENCE = "0b0f7c1e-95f7-4a63-9e9f-0d2f7f8f3a11"


@pytest.fixture
def receiver() -> Iterator[NewsReceiver]:
    with NewsReceiver() as server:
        yield server


@pytest.fixture
def channel(running_sandbox: SandboxServer, receiver: NewsReceiver, monkeypatch: pytest.MonkeyPatch) -> NotifyChannel:
    running_sandbox.control("reset", {})
    running_sandbox.control("seed", seed(receiver.url))
    monkeypatch.setattr(notify_client, "_TOKENS", notify_client._Tokens())
    return NotifyChannel(account(running_sandbox.url))


def verdict(post: tuple[bytes, str, str], application_id: str = APPLICATION_ID) -> ReceiptCheck:
    body, key, signature = post
    return verify(body, key=key, signature=signature, application_id=application_id, api_key=API_KEY)


def test_a_signature_over_the_bytes_as_they_came() -> None:
    given = {"key": "key-1", "signature": SIGNATURE, "application_id": "app-1", "api_key": "key-1"}
    assert verify(BODY, **given) is ReceiptCheck.GENUINE
    assert verify(b'{"data": []}', **given) is ReceiptCheck.WRONG_SIGNATURE
    assert verify(BODY, **{**given, "signature": SIGNATURE.upper()}) is ReceiptCheck.WRONG_SIGNATURE
    assert verify(BODY, **{**given, "signature": "\ud800"}) is ReceiptCheck.WRONG_SIGNATURE
    assert verify(BODY, **{**given, "key": ""}) is ReceiptCheck.WRONG_KEY
    assert verify(BODY, **{**given, "key": "", "api_key": ""}) is ReceiptCheck.WRONG_KEY
    assert verify(BODY, **{**given, "application_id": ""}) is ReceiptCheck.WRONG_SIGNATURE


def test_news_of_a_message_from_first_to_last(
    channel: NotifyChannel, running_sandbox: SandboxServer, receiver: NewsReceiver
) -> None:
    text = a_message(CARA)
    channel.send([text])
    wait_until(lambda: "delivered" in receiver.statuses())
    assert {verdict(post) for post in receiver.posts} == {ReceiptCheck.GENUINE}
    assert {verdict(post, "app-2") for post in receiver.posts} == {ReceiptCheck.WRONG_SIGNATURE}
    news = [item for body, _, _ in receiver.posts for item in parse(body)]
    assert {item.reference for item in news} == {text.reference}
    assert len({item.key for item in news}) == len(news)
    assert [item.raw_status for item in news if not item.channel] == [
        "pending_enrichment", "enriched", "sending", "delivered",
    ]  # fmt: skip
    assert [(item.channel, item.status) for item in news if item.channel] == [
        ("nhsapp", DeliveryStatus.FAILED),
        ("sms", DeliveryStatus.DELIVERED),
    ]
    assert news[-1].reached_by == ("sms",)


def test_news_with_nothing_in_it_that_need_not_be_there(
    channel: NotifyChannel, running_sandbox: SandboxServer, receiver: NewsReceiver
) -> None:
    """Without key, supplier's status or channels nothing is lost, and what comes twice is the same."""
    running_sandbox.fault("notify.callback", "bare", times=None)
    channel.send([a_message(ASHA)])
    wait_until(lambda: any(event["type"] == "ChannelStatus" for event in receiver.events()))
    [notice] = running_sandbox.control("books?part=notices")["notices"]
    running_sandbox.control("app-read", {"id": notice["id"]})
    wait_until(lambda: "delivered" in receiver.statuses())
    news = [item for body, _, _ in receiver.posts for item in parse(body)]
    assert len(news) == len(receiver.events())
    assert len({item.key for item in news}) == len(news)
    assert [item.is_read for item in news if item.channel] == [False, True]
    assert [item.key for body, _, _ in receiver.posts for item in parse(body)] == [item.key for item in news]


def test_reading_in_the_app_is_news(
    channel: NotifyChannel, running_sandbox: SandboxServer, receiver: NewsReceiver
) -> None:
    channel.send([a_message(ASHA)])
    wait_until(lambda: any(event["type"] == "ChannelStatus" for event in receiver.events()))
    [notice] = running_sandbox.control("books?part=notices")["notices"]
    assert running_sandbox.control("app-read", {"id": notice["id"]}) == {"read": True}
    wait_until(lambda: any(one.is_read for body, _, _ in receiver.posts for one in parse(body)))
    assert running_sandbox.control("app-read", {"id": "2unknown"}) == {"read": False}


@pytest.mark.parametrize(
    ("kind", "wanted"), [("wrong_signature", ReceiptCheck.WRONG_SIGNATURE), ("wrong_key", ReceiptCheck.WRONG_KEY)]
)
def test_somebody_else_s_news(
    channel: NotifyChannel, running_sandbox: SandboxServer, receiver: NewsReceiver, kind: str, wanted: ReceiptCheck
) -> None:
    running_sandbox.fault("notify.callback", kind, match={"status": "enriched"})
    channel.send([a_message()])
    wait_until(lambda: "enriched" in receiver.statuses())
    assert [verdict(post) for post in receiver.posts if b'"enriched"' in post[0]] == [wanted]


def test_news_that_comes_twice_late_or_in_unknown_words(
    channel: NotifyChannel, running_sandbox: SandboxServer, receiver: NewsReceiver
) -> None:
    match = {"type": "MessageStatus"}
    running_sandbox.fault("notify.callback", "reorder", match={**match, "status": "pending_enrichment"})
    running_sandbox.fault("notify.callback", "duplicate", match={**match, "status": "enriched"})
    running_sandbox.fault("notify.callback", "unknown_status", match={**match, "status": "sending"})
    running_sandbox.fault("notify.callback", "missing", match={"type": "ChannelStatus"}, times=None)
    receiver.answers = [500]
    channel.send([a_message(CARA)])
    wait_until(lambda: "delivered" in receiver.statuses())
    statuses = ["enriched", "enriched", "enriched", "pending_enrichment", "bewildered", "delivered"]
    assert receiver.statuses() == statuses
    news = [item for body, _, _ in receiver.posts for item in parse(body)]
    assert len({item.key for item in news}) == 4
    assert [item.status for item in news if item.raw_status == "bewildered"] == [None]


def event(**changes: Any) -> dict[str, Any]:
    attributes = {
        "messageId": "2WL3qFTEFM0qMY8xjRbt1LIKCzM",
        "messageReference": REFERENCE,
        "messageStatus": "failed",
        "messageFailureReasonCode": "MFR_PDSV_0002",
        "timestamp": "2026-10-01T18:00:00.000Z",
        **changes,
    }
    return {"type": "MessageStatus", "attributes": attributes, "meta": {"idempotencyKey": "ab" * 32}}


APP_TABLE = [
    ("read", DeliveryStatus.DELIVERED),
    ("received", DeliveryStatus.SENT),
    ("delivered", DeliveryStatus.SENT),
    ("notified", DeliveryStatus.SENT),
    ("notification_attempted", DeliveryStatus.SENT),
    ("Notification attempted", DeliveryStatus.SENT),
    ("unnotified", DeliveryStatus.FAILED),
    ("rejected", DeliveryStatus.FAILED),
]


def of_app(status: str, **fields: Any) -> News:
    attributes = {"channel": "nhsapp", "channelStatus": status, "cascadeOrder": 1, **fields}
    whole = {**event(**attributes), "type": "ChannelStatus"}
    [news] = parse(json.dumps({"data": [whole]}).encode())
    return news


@pytest.mark.parametrize(("supplier", "status"), APP_TABLE)
@pytest.mark.parametrize("channel_status", ["sending", "delivered", "failed", "created"])
def test_the_supplier_s_status_says_how_far_it_is(channel_status: str, supplier: str, status: DeliveryStatus) -> None:
    news = of_app(channel_status, supplierStatus=supplier)
    has_failed = channel_status == "failed" and supplier != "read"
    assert news.status is (DeliveryStatus.FAILED if has_failed else status)
    assert news.is_read == (supplier == "read")
    assert news.reached_by == (("nhsapp",) if supplier == "read" else ())


@pytest.mark.parametrize("fields", [{}, {"supplierStatus": None}, {"supplierStatus": "bewildered"}])
def test_without_it_a_delivered_channel_has_been_read(fields: dict[str, Any]) -> None:
    assert of_app("delivered", **fields).is_read
    assert not of_app("sending", **fields).is_read
    assert of_app("failed", **fields).status is DeliveryStatus.FAILED


@pytest.mark.parametrize(
    ("channels", "is_read"),
    [
        ([{"type": "nhsapp", "channelStatus": "delivered"}], True),
        ([{"type": "nhsapp", "channelStatus": "failed"}, {"type": "sms", "channelStatus": "delivered"}], False),
        ([7, {}, {"type": "nhsapp", "channelStatus": "delivered"}], True),
        ([], False),
        (None, False),
    ],
)
def test_a_message_delivered_by_the_app_has_been_read(channels: Any, is_read: bool) -> None:
    [news] = parse(json.dumps({"data": [event(messageStatus="delivered", channels=channels)]}).encode())
    assert news.is_read == is_read


@pytest.mark.parametrize(
    ("fields", "is_unread"),
    [
        ({"supplierStatus": "unnotified"}, True),
        ({"supplierStatus": "notified"}, True),
        ({"channelStatusDescription": "Message not read in specified time frame"}, True),
        ({"supplierStatus": "rejected"}, False),
        ({}, False),
    ],
)
def test_whether_it_lies_unread_in_the_app(fields: dict[str, Any], is_unread: bool) -> None:
    assert of_app("failed", **fields).is_unread == is_unread


@pytest.mark.parametrize("meta", [None, {}, 7, {"idempotencyKey": None}, {"idempotencyKey": ""}])
def test_an_event_without_a_key_gets_one_of_its_own(meta: Any) -> None:
    first, same, other = event(), event(), event(timestamp="2026-10-01T18:00:01.000Z")
    keys = [parse(json.dumps({"data": [one | {"meta": meta}]}).encode())[0].key for one in (first, same, other)]
    assert keys[0] == keys[1] != keys[2]


def test_a_death_in_words_alone() -> None:
    changes = {"messageFailureReasonCode": None, "messageStatusDescription": "Failed reason: Patient is formally  dead"}
    [news] = parse(json.dumps({"data": [event(**changes)]}).encode())
    assert (news.code, "has died" in news.reason) == ("MFR_PDSV_0112", True)


def test_what_cannot_be_used_is_left_out_and_the_rest_kept() -> None:
    odd: list[Any] = [
        None, 7, {}, event(messageReference="not ours"), event(timestamp="soon"), event(timestamp="2026-10-01T18:00"),
        event(channels=7), event(messageId=None), event(messageId="") | {"meta": None},
    ]  # fmt: skip
    [news] = parse(json.dumps({"data": [*odd, event()]}).encode())
    assert (news.reference, news.status) == (UUID(REFERENCE), DeliveryStatus.FAILED)
    assert news.reason == "The NHS holds no contact details for this patient."
    for body in (b"", b"{", b"[]", b'{"data": 7}', b'"data"', b"\xff", b"[" * 100_000):
        assert parse(body) == []
