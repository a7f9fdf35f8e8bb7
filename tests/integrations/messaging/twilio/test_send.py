"""Sending texts by the Twilio adapter, against the sandbox's stand-in over real HTTP."""

import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from integrations.messaging.port import (
    Accepted,
    DeliveryStatus,
    FailureKind,
    MessageChannel,
    NotAccepted,
    TextAccount,
)
from integrations.messaging.registry import channel as channel_for
from integrations.messaging.twilio import client as twilio_client
from integrations.sandbox.server import SandboxServer
from tests.integrations.messaging.conftest import SID, TOKEN, a_text
from tests.waiting import HELD_UP, wait_until


def send_text(channel: MessageChannel, to: str = "+447700900001") -> NotAccepted:
    """Send one text that will not be accepted."""
    [outcome] = channel.send([a_text(to)])
    assert isinstance(outcome, NotAccepted)
    assert outcome.reason.endswith(".")
    return outcome


def texts_taken(sandbox: SandboxServer) -> int:
    return len(sandbox.control("books?part=texts")["texts"])


def test_every_text_is_taken_once_and_outcomes_keep_their_order(
    channel: MessageChannel, sandbox: SandboxServer, account: TextAccount
) -> None:
    texts = [a_text(f"+4477009{number:05}", f"Text {number}: ŵ £ € \n+ & =") for number in range(250)]
    outcomes = channel.send(texts)
    stored = {text["sid"]: text for text in sandbox.control("books?part=texts")["texts"]}
    assert len(stored) == 250
    for text, outcome in zip(texts, outcomes, strict=True):
        assert isinstance(outcome, Accepted)
        assert outcome.reference == text.reference
        assert outcome.status is DeliveryStatus.ACCEPTED
        record = stored[outcome.provider_id]
        assert (record["recipient"], record["body"], record["sender"]) == (text.to, text.body, account.sender)
        assert record["callback"] == account.callback_url


def test_nothing_to_send_is_no_trouble(channel: MessageChannel) -> None:
    assert channel.send([]) == []


def test_a_messaging_service_is_named_as_one(account: TextAccount, sandbox: SandboxServer) -> None:
    service = "MG" + "0a" * 16
    [outcome] = channel_for(replace(account, sender=service)).send([a_text()])
    assert isinstance(outcome, Accepted)
    [text] = sandbox.control("books?part=texts")["texts"]
    assert text["service"] == service


@pytest.mark.parametrize(
    ("to", "kind", "code"),
    [
        ("+15005550001", FailureKind.PERMANENT, "21211"),
        ("+15005550002", FailureKind.PERMANENT, "21612"),
        ("+15005550003", FailureKind.CONFIGURATION, "21408"),
        ("+15005550004", FailureKind.PERMANENT, "21610"),
        ("+15005550009", FailureKind.PERMANENT, "21614"),
        ("+441134960000", FailureKind.PERMANENT, "21635"),
        ("+353871234567", FailureKind.CONFIGURATION, "21408"),
    ],
)
def test_a_number_that_is_refused(channel: MessageChannel, to: str, kind: FailureKind, code: str) -> None:
    outcome = send_text(channel, to)
    assert (outcome.kind, outcome.code) == (kind, code)


def test_one_bad_number_spoils_no_other_text(channel: MessageChannel) -> None:
    outcomes = channel.send([a_text(), a_text("+15005550001"), a_text()])
    assert [type(outcome) for outcome in outcomes] == [Accepted, NotAccepted, Accepted]


@pytest.mark.parametrize(
    ("sid", "token"),
    [(SID, "wrong"), ("AC" + "f" * 32, TOKEN), ("", TOKEN), (SID, ""), (SID, "tökén")],
)
def test_a_wrong_account_is_a_matter_of_configuration(account: TextAccount, sid: str, token: str) -> None:
    channel = channel_for(replace(account, account_id=sid, secret=token))
    assert send_text(channel).kind is FailureKind.CONFIGURATION


def test_an_address_that_is_none_is_a_matter_of_configuration(account: TextAccount) -> None:
    assert send_text(channel_for(replace(account, base_url="http://"))).kind is FailureKind.CONFIGURATION


def test_nobody_there_means_not_sent(account: TextAccount) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        channel = channel_for(replace(account, base_url=f"http://127.0.0.1:{taken.getsockname()[1]}"))
        assert send_text(channel).kind is FailureKind.RETRY


@pytest.fixture
def full_house() -> Iterator[str]:
    """The address of a server that has no room for one more connection."""
    with socket.socket() as server, socket.socket() as first, socket.socket() as second:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for guest in (first, second):
            guest.setblocking(False)
            guest.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_no_connection_in_time_means_not_sent(
    account: TextAccount, full_house: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_client, "CONNECT_SECONDS", 0.2)
    assert send_text(channel_for(replace(account, base_url=full_house))).kind is FailureKind.RETRY


def test_no_answer_in_time_means_unknown(
    channel: MessageChannel, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_client, "ANSWER_SECONDS", 1)
    sandbox.fault("twilio.create", "latency", seconds=HELD_UP)
    assert send_text(channel).kind is FailureKind.UNKNOWN
    sandbox.control("faults", method="DELETE")
    wait_until(lambda: texts_taken(sandbox) == 1)


@pytest.mark.parametrize(
    ("fault", "details", "taken"),
    [
        ("timeout_before", {}, 0),
        ("timeout_after", {}, 1),
        ("status", {"status": 502, "body": "<html>Bad gateway</html>"}, 0),
        ("status_after", {"status": 500}, 1),
        ("status", {"status": 200, "body": "<html>Please log in</html>"}, 0),
        ("status", {"status": 201, "body": "[]", "content_type": "application/json"}, 0),
        ("status", {"status": 201, "body": "", "content_type": "application/json"}, 0),
        ("status", {"status": 302, "body": "", "headers": {"Location": "/elsewhere"}}, 0),
        ("status", {"status": 400, "body": "<html>Not by this way</html>"}, 0),
        ("no_sid", {}, 1),
    ],
)
def test_no_usable_answer_means_unknown_and_a_look_up_tells(
    channel: MessageChannel, sandbox: SandboxServer, fault: str, details: dict[str, object], taken: int
) -> None:
    since = datetime.now(UTC)
    sandbox.fault("twilio.create", fault, **details)
    assert send_text(channel, "+447700900001").kind is FailureKind.UNKNOWN
    assert len(channel.look_up("+447700900001", since)) == texts_taken(sandbox) == taken


def test_nothing_personal_is_logged_or_said(
    channel: MessageChannel, sandbox: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.fault("twilio.create", "status", status=400, code="21211", match={"To": "+447700900002"})
    sandbox.fault("twilio.create", "timeout_after", match={"To": "+447700900003"})
    outcomes = channel.send([a_text(f"+44770090000{number}", "secret words") for number in (1, 2, 3)])
    channel.look_up("+447700900001", datetime.now(UTC))
    output = " ".join([repr(outcomes), *(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)])
    for secret in ("7700900", "secret words", TOKEN):
        assert secret not in output
