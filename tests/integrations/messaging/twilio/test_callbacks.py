"""The stand-in's delivery receipts, as the product gets and reads them."""

import pytest

from integrations.messaging.port import Accepted, DeliveryStatus, MessageChannel, TextAccount
from integrations.messaging.registry import channel as channel_for
from integrations.messaging.twilio import receipts as twilio_receipts
from integrations.sandbox.server import SandboxServer
from tests.integrations.messaging.conftest import SID, TOKEN, a_text
from tests.integrations.messaging.receiver import Receiver
from tests.waiting import wait_until


def send(channel: MessageChannel, to: str = "+447700900001") -> str:
    """Send one text and return the provider's id for it."""
    [outcome] = channel.send([a_text(to)])
    assert isinstance(outcome, Accepted)
    return outcome.provider_id


def statuses(receiver: Receiver, sid: str, count: int) -> list[str]:
    """The statuses of a text once so many have come."""
    wait_until(lambda: len(receiver.statuses(sid)) >= count)
    return receiver.statuses(sid)


def test_each_step_is_called_back_signed(channel: MessageChannel, receiver: Receiver) -> None:
    sid = send(channel)
    assert statuses(receiver, sid, 3) == ["queued", "sent", "delivered"]
    for delivery in receiver.deliveries:
        assert delivery.is_signed_with(TOKEN)
        assert not delivery.is_signed_with("another token")
    read = [
        twilio_receipts.parse({name: values[-1] for name, values in d.parameters.items()}) for d in receiver.deliveries
    ]
    assert [r and r.status for r in read] == [DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED]
    assert {r and r.provider_id for r in read} == {sid}


def test_two_hundred_texts_are_all_called_back(channel: MessageChannel, receiver: Receiver) -> None:
    channel.send([a_text(f"+4477009001{number % 100:02}") for number in range(200)])
    wait_until(lambda: receiver.statuses().count("delivered") == 200)
    assert receiver.statuses().count("queued") == receiver.statuses().count("sent") == 200


def test_a_failure_brings_its_code(channel: MessageChannel, receiver: Receiver, sandbox: SandboxServer) -> None:
    sandbox.fault("twilio.delivery", "failed", code="30006", match={"To": "+447700900009"})
    assert statuses(receiver, send(channel, "+447700900009"), 3) == ["queued", "sent", "failed"]
    assert receiver.deliveries[-1]["ErrorCode"] == "30006"
    assert receiver.deliveries[-1].is_signed_with(TOKEN)


@pytest.mark.parametrize(
    ("kind", "status", "details", "wanted"),
    [
        ("missing", "sent", {}, ["queued", "delivered"]),
        ("duplicate", "sent", {}, ["queued", "sent", "sent", "delivered"]),
        ("duplicate", "delivered", {"code": "5"}, ["queued", "sent", *["delivered"] * 5]),
        ("reorder", "sent", {}, ["queued", "delivered", "sent"]),
        ("reorder", "delivered", {}, ["queued", "sent", "delivered"]),
        ("delay", "queued", {"seconds": 0.2}, ["sent", "delivered", "queued"]),
        ("unknown_status", "sent", {"code": "teleported"}, ["queued", "teleported", "delivered"]),
    ],
)
def test_receipts_go_astray_as_asked(
    channel: MessageChannel,
    receiver: Receiver,
    sandbox: SandboxServer,
    kind: str,
    status: str,
    details: dict[str, object],
    wanted: list[str],
) -> None:
    sandbox.fault("twilio.callback", kind, match={"MessageStatus": status}, **details)
    assert statuses(receiver, send(channel), len(wanted)) == wanted
    assert all(delivery.is_signed_with(TOKEN) for delivery in receiver.deliveries)


def test_a_wrong_signature(channel: MessageChannel, receiver: Receiver, sandbox: SandboxServer) -> None:
    sandbox.fault("twilio.callback", "wrong_signature", match={"MessageStatus": "sent"})
    statuses(receiver, send(channel), 3)
    assert [delivery.is_signed_with(TOKEN) for delivery in receiver.deliveries] == [True, False, True]


@pytest.mark.parametrize("algorithm", ["HMAC_SHA256", "HMAC_SHA1"])
def test_an_account_with_a_shared_key_signs_by_that_alone(
    channel: MessageChannel, receiver: Receiver, sandbox: SandboxServer, algorithm: str
) -> None:
    by_key = {"sid": SID, "token": TOKEN, "step_seconds": 0.01, "signing_key": "a made-up key", "signing": algorithm}
    sandbox.control("seed", {"accounts": [by_key]})
    sandbox.fault("twilio.callback", "wrong_signature", match={"MessageStatus": "sent"})
    statuses(receiver, send(channel), 3)
    assert [news.is_signed_with("", "a former key", "a made-up key") for news in receiver.deliveries] == [
        True, False, True,
    ]  # fmt: skip
    assert not any(news.is_signed_with(TOKEN) or news.is_signed_with("a made-up key") for news in receiver.deliveries)


def test_news_can_come_before_the_answer(channel: MessageChannel, receiver: Receiver, sandbox: SandboxServer) -> None:
    sandbox.fault("twilio.create", "callback_first")
    sid = send(channel)
    assert receiver.statuses(sid)[0] == "sent"


def test_no_news_stays_no_news(channel: MessageChannel, receiver: Receiver, sandbox: SandboxServer) -> None:
    sandbox.fault("twilio.delivery", "no_news", match={"To": "+447700900001"})
    silent, other = send(channel), send(channel, "+447700900002")
    statuses(receiver, other, 3)
    assert statuses(receiver, silent, 2) == ["queued", "sent"]
    assert channel.fetch(silent).status is DeliveryStatus.SENT


def test_an_error_of_the_receiver_is_tried_again(channel: MessageChannel, receiver: Receiver) -> None:
    receiver.answers.append(503)
    assert statuses(receiver, send(channel), 4) == ["queued", "queued", "sent", "delivered"]


def test_a_messaging_service_is_named_and_signed(account: TextAccount, receiver: Receiver) -> None:
    service = "MG" + "0a" * 16
    by_service = channel_for(
        TextAccount("twilio", account.account_id, TOKEN, service, account.callback_url, account.base_url)
    )
    sid = send(by_service)
    assert statuses(receiver, sid, 3) == ["queued", "sent", "delivered"]
    assert receiver.deliveries[0]["MessagingServiceSid"] == service
    assert receiver.deliveries[0].is_signed_with(TOKEN)
