"""Sending by the NHS Notify adapter, against the sandbox's stand-in over real HTTP."""

import logging
import socket
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from integrations.messaging.nhs_notify import channel as nhs_notify
from integrations.messaging.nhs_notify import client as notify_client
from integrations.messaging.nhs_notify.channel import NotifyChannel
from integrations.messaging.port import (
    Accepted,
    DeliveryStatus,
    FailureKind,
    LookUpFailed,
    NotAccepted,
    NotifyAccount,
    OutgoingText,
)
from integrations.messaging.registry import channel as channel_for
from integrations.sandbox.server import SandboxServer
from tests.integrations.messaging.notify import ASHA, BEN, CARA, ODS, a_message, account, keys, seed
from tests.waiting import HELD_UP, wait_until


@pytest.fixture
def notify(running_sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> NotifyAccount:
    """The account of a seeded client, whose tokens nobody knows yet."""
    running_sandbox.control("reset", {})
    running_sandbox.control("seed", seed())
    monkeypatch.setattr(notify_client, "_TOKENS", notify_client._Tokens())
    monkeypatch.setattr(nhs_notify, "PAUSE_SECONDS", 0.001)
    return account(running_sandbox.url)


@pytest.fixture
def channel(notify: NotifyAccount) -> NotifyChannel:
    return NotifyChannel(notify)


def taken(sandbox: SandboxServer) -> list[str]:
    """The references of the messages that Notify has, as often as it has them."""
    return [notice["reference"] for notice in sandbox.control("books?part=notices")["notices"]]


def calls(sandbox: SandboxServer, target: str) -> list[int]:
    """The answers to the calls of one kind."""
    return [call["status"] for call in sandbox.control("books?part=journal")["journal"] if call["target"] == target]


def together(count: int) -> list[OutgoingText]:
    part = uuid4()
    return [a_message(ASHA, f"Text {number}: ŵ £ €", together=part) for number in range(count)]


def refusal(channel: NotifyChannel, text: OutgoingText | None = None) -> NotAccepted:
    [outcome] = channel.send([text or a_message()])
    assert isinstance(outcome, NotAccepted)
    assert outcome.reason.endswith(".")
    return outcome


def test_texts_that_go_together_take_one_call_and_one_log_in(
    channel: NotifyChannel, running_sandbox: SandboxServer
) -> None:
    texts = [*together(300), *together(2)]
    outcomes = channel.send(texts)
    assert [outcome.reference for outcome in outcomes] == [text.reference for text in texts]
    assert all(
        isinstance(result, Accepted) and result.provider_id and result.status == "accepted" for result in outcomes
    )
    assert sorted(taken(running_sandbox)) == sorted(str(text.reference) for text in texts)
    assert calls(running_sandbox, "notify.batch") == [201, 201]
    assert calls(running_sandbox, "notify.token") == [200]
    first = running_sandbox.control("books?part=notices")["notices"][0]
    assert (first["ods"], set(first["words"])) == (ODS, {"nhsapp_body", "sms_body"})


def test_a_text_by_itself_takes_a_call_of_its_own(channel: NotifyChannel, running_sandbox: SandboxServer) -> None:
    [outcome] = channel.send([a_message()])
    assert isinstance(outcome, Accepted)
    assert calls(running_sandbox, "notify.message") == [201]
    assert channel.fetch(outcome.provider_id).provider_id == outcome.provider_id


@pytest.mark.parametrize("is_batch", [True, False])
@pytest.mark.parametrize(
    ("fault", "details", "is_taken_first"),
    [
        ("timeout_before", {}, False),
        ("timeout_after", {}, True),
        ("status", {"status": 503}, False),
        ("status_after", {"status": 500}, True),
        ("status_after", {"status": 504}, True),
        ("status_after", {"status": 201, "body": "<html>Log in</html>"}, True),
    ],
)
def test_a_lost_answer_is_made_good_under_the_same_reference(
    channel: NotifyChannel,
    running_sandbox: SandboxServer,
    is_batch: bool,
    fault: str,
    details: dict[str, object],
    is_taken_first: bool,
) -> None:
    target = "notify.batch" if is_batch else "notify.message"
    running_sandbox.fault(target, fault, **details)
    texts = together(3) if is_batch else [a_message()]
    outcomes = channel.send(texts)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert sorted(taken(running_sandbox)) == sorted(str(text.reference) for text in texts)
    assert calls(running_sandbox, target)[-1] == (422 if is_taken_first else 201)


@pytest.mark.parametrize("is_batch", [True, False])
def test_what_stays_in_doubt_is_unknown_and_posted_again_it_goes_once(
    channel: NotifyChannel, running_sandbox: SandboxServer, is_batch: bool
) -> None:
    target = "notify.batch" if is_batch else "notify.message"
    running_sandbox.fault(target, "timeout_after")
    running_sandbox.fault(target, "status", status=503, times=nhs_notify.TRIES - 1)
    texts = together(3) if is_batch else [a_message()]
    assert {result.kind for result in channel.send(texts) if isinstance(result, NotAccepted)} == {FailureKind.UNKNOWN}
    assert all(isinstance(outcome, Accepted) for outcome in channel.send(texts))
    assert len(taken(running_sandbox)) == len(texts)


def test_a_refusal_after_a_lost_answer_is_no_refusal(channel: NotifyChannel, running_sandbox: SandboxServer) -> None:
    running_sandbox.fault("notify.message", "timeout_after")
    running_sandbox.fault("notify.message", "status", status=429, skip=1)
    text = a_message()
    assert refusal(channel, text).kind is FailureKind.UNKNOWN
    [outcome] = channel.send([text])
    assert isinstance(outcome, Accepted)
    assert len(taken(running_sandbox)) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind", "wait"),
    [
        (429, None, FailureKind.RATE_LIMITED, 5),
        (425, None, FailureKind.UNKNOWN, 300),
        (401, None, FailureKind.CONFIGURATION, None),
        (403, "CM_SERVICE_BAN", FailureKind.CONFIGURATION, None),
        (404, "CM_NO_SUCH_ROUTING_PLAN", FailureKind.CONFIGURATION, None),
        (400, "CM_ODS_CODE_REQUIRED", FailureKind.CONFIGURATION, None),
        (400, "CM_INVALID_NHS_NUMBER", FailureKind.PERMANENT, None),
        (500, "CM_MISSING_ROUTING_PLAN_TEMPLATE", FailureKind.CONFIGURATION, None),
        (413, None, FailureKind.CONFIGURATION, None),
    ],
)
def test_what_a_refusal_means(
    channel: NotifyChannel,
    running_sandbox: SandboxServer,
    status: int,
    code: str | None,
    kind: FailureKind,
    wait: float | None,
) -> None:
    running_sandbox.fault("notify.message", "status", status=status, code=code, times=2)
    outcome = refusal(channel)
    assert (outcome.kind, outcome.retry_after) == (kind, wait)
    assert taken(running_sandbox) == []


def test_one_bad_message_does_not_keep_a_batch_from_going(
    channel: NotifyChannel, running_sandbox: SandboxServer
) -> None:
    texts = together(3)
    texts[1] = replace(texts[1], nhs_number="9990000019")  # its check digit is wrong: it is not even posted
    kinds = [result.kind if isinstance(result, NotAccepted) else None for result in channel.send(texts)]
    assert kinds == [None, FailureKind.PERMANENT, None]
    body = (
        '{"errors": [{"code": "CM_INVALID_NHS_NUMBER",'
        ' "source": {"pointer": "/data/attributes/messages/0/recipient/nhsNumber"}}]}'
    )
    running_sandbox.fault("notify.batch", "status", status=400, body=body)
    others = together(2)
    assert [type(result) for result in channel.send(others)] == [NotAccepted, Accepted]
    assert taken(running_sandbox)[2:] == [str(others[1].reference)]


def test_nobody_there_means_not_sent(notify: NotifyAccount) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        elsewhere = replace(notify, base_url=f"http://127.0.0.1:{nobody.getsockname()[1]}/comms")
        assert refusal(NotifyChannel(elsewhere)).kind is FailureKind.RETRY


def test_no_answer_in_time_means_unknown(
    notify: NotifyAccount, running_sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nhs_notify, "TRIES", 1)
    running_sandbox.fault("notify.message", "latency", seconds=HELD_UP)
    monkeypatch.setattr(
        nhs_notify, "NotifyClient", lambda connection: notify_client.NotifyClient(connection, longest=0.3)
    )
    assert refusal(NotifyChannel(notify)).kind is FailureKind.UNKNOWN
    running_sandbox.control("faults", method="DELETE")
    wait_until(lambda: len(taken(running_sandbox)) == 1)


@pytest.mark.parametrize(
    "change",
    [
        {"private_key": "no key at all"},
        {"key_id": "another"},
        {"api_key": "another"},
        {"base_url": "http://"},
        {"routing_plan": "00000000-0000-0000-0000-000000000099"},
    ],
)
def test_an_account_that_is_wrong_is_a_matter_of_configuration(notify: NotifyAccount, change: dict[str, Any]) -> None:
    assert refusal(NotifyChannel(replace(notify, **change))).kind is FailureKind.CONFIGURATION


def test_a_token_that_was_taken_back_is_replaced_once(channel: NotifyChannel, running_sandbox: SandboxServer) -> None:
    channel.send([a_message()])
    running_sandbox.control("clock", {"offset_seconds": 3600})
    assert isinstance(channel.send([a_message()])[0], Accepted)
    assert calls(running_sandbox, "notify.message") == [201, 401, 201]
    assert calls(running_sandbox, "notify.token") == [200, 200]


def test_a_log_in_that_is_down_sends_nothing(channel: NotifyChannel, running_sandbox: SandboxServer) -> None:
    running_sandbox.fault("notify.token", "status", status=503, times=None)
    assert refusal(channel).kind is FailureKind.RETRY
    assert calls(running_sandbox, "notify.message") == []


def test_a_recalled_line_posts_no_more(channel: NotifyChannel, running_sandbox: SandboxServer) -> None:
    with channel.open() as line:
        line.recall()
        line.post([a_message()])
        [outcome] = line.outcomes(1, 10)
    assert isinstance(outcome, NotAccepted)
    assert outcome.kind is FailureKind.NOT_POSTED
    assert taken(running_sandbox) == []


def test_who_has_the_app(channel: NotifyChannel, running_sandbox: SandboxServer) -> None:
    assert dict(channel.app_users()) == {ASHA: True, BEN: False}
    running_sandbox.fault("notify.accounts", "status", status=503)
    with pytest.raises(LookUpFailed):
        list(channel.app_users())


def test_the_app_then_a_text_and_never_two(channel: NotifyChannel, running_sandbox: SandboxServer) -> None:
    """Who has no app, or is not notified by it, is texted at once; who does not read it, after the plan's time."""
    outcomes = channel.send([a_message(number) for number in (ASHA, BEN, CARA)])
    ids = [item.provider_id for item in outcomes if isinstance(item, Accepted)]

    def senders() -> list[str]:
        return sorted(text["sender"] for text in running_sandbox.control("books?part=texts")["texts"])

    wait_until(lambda: senders() == ["NHS App", "NHS App", "NHSNoReply", "NHSNoReply"])
    wait_until(lambda: [channel.fetch(item).status for item in ids] == ["sent", "delivered", "delivered"])
    running_sandbox.control("clock", {"offset_seconds": 4 * 3600 + 1})
    wait_until(lambda: senders() == ["NHS App", "NHS App", "NHSNoReply", "NHSNoReply", "NHSNoReply"])
    wait_until(lambda: channel.fetch(ids[0]).status is DeliveryStatus.DELIVERED)


def test_the_app_shows_what_was_written(channel: NotifyChannel, running_sandbox: SandboxServer) -> None:
    """As the stand-in renders it; what it would refuse for its pointed brackets is written in another way."""
    body = "Dear Ann <Annie>, *please* book:\n1. a_b\nhttps://sb.example/i/a_b"
    channel.send([a_message(ASHA, body)])
    wait_until(lambda: running_sandbox.control("books?part=texts")["texts"])
    [text] = running_sandbox.control("books?part=texts")["texts"]
    assert text["body"] == body.replace("<", "\u2039").replace(">", "\u203a")


def test_a_dead_patient_s_message_fails_with_words_for_staff(
    channel: NotifyChannel, running_sandbox: SandboxServer
) -> None:
    running_sandbox.fault("notify.delivery", "failed", code="MFR_PDSV_0112")
    [outcome] = channel.send([a_message()])
    assert isinstance(outcome, Accepted)
    wait_until(lambda: channel.fetch(outcome.provider_id).status is DeliveryStatus.FAILED)
    assert "has died" in channel.fetch(outcome.provider_id).reason


def test_the_registry_knows_it(notify: NotifyAccount) -> None:
    assert isinstance(channel_for(notify), NotifyChannel)


def test_nothing_secret_or_personal_is_logged_or_said(
    notify: NotifyAccount, running_sandbox: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    running_sandbox.fault("notify.message", "timeout_after", times=nhs_notify.TRIES)
    outcomes = NotifyChannel(notify).send([a_message(ASHA, "secret words")])
    output = " ".join(
        [repr(outcomes), repr(notify), *(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)]
    )
    for secret in (ASHA, "secret words", notify.api_key, keys()[0][40:80], "Bearer"):
        assert secret not in output
