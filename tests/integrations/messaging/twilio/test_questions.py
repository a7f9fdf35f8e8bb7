"""Asking Twilio what it has: look-ups and single records, against the sandbox."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations.messaging.port import Accepted, DeliveryStatus, LookUpFailed, MessageChannel, NumberFault, TextAccount
from integrations.messaging.registry import channel as channel_for
from integrations.messaging.twilio import channel as twilio
from integrations.sandbox.server import SandboxServer
from tests.integrations.messaging.conftest import a_text
from tests.waiting import wait_until

TO = "+447700900001"


def test_a_look_up_finds_this_number_s_texts_of_this_time_the_newest_first(
    channel: MessageChannel, sandbox: SandboxServer
) -> None:
    sandbox.control("clock", {"offset_seconds": -3600})
    channel.send([a_text(TO, "an hour ago")])
    sandbox.control("clock", {"offset_seconds": 0})
    since = datetime.now(UTC)
    channel.send([a_text(TO, "first")])
    channel.send([a_text("+447700900002", "someone else's")])
    sandbox.control("clock", {"offset_seconds": 2})
    channel.send([a_text(TO, "second")])
    records = channel.look_up(TO, since)
    assert [record.body for record in records] == ["second", "first"]
    assert all(record.created.tzinfo is not None for record in records)
    assert channel.look_up(TO, since + timedelta(hours=1)) == []


def test_a_look_up_reads_every_page(channel: MessageChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio, "_PAGE", 3)
    since = datetime.now(UTC)
    outcomes = channel.send([a_text(TO, f"text {number}") for number in range(8)])
    sent = {outcome.provider_id for outcome in outcomes if isinstance(outcome, Accepted)}
    provider_ids = [record.provider_id for record in channel.look_up(TO, since)]
    assert len(provider_ids) == 8
    assert set(provider_ids) == sent


def test_a_text_that_has_not_gone_yet_is_found(
    channel: MessageChannel, account: TextAccount, sandbox: SandboxServer
) -> None:
    sandbox.control("seed", {"accounts": [{"sid": account.account_id, "token": account.secret, "step_seconds": 60}]})
    since = datetime.now(UTC)
    channel.send([a_text(TO)])
    [record] = channel.look_up(TO, since)
    assert record.status is DeliveryStatus.ACCEPTED


def test_a_record_follows_its_text(channel: MessageChannel, sandbox: SandboxServer) -> None:
    sandbox.fault("twilio.delivery", "undelivered", code="30005", match={"To": "+447700900002"})
    good, bad = channel.send([a_text(TO), a_text("+447700900002")])
    assert isinstance(good, Accepted)
    assert isinstance(bad, Accepted)
    wait_until(lambda: channel.fetch(good.provider_id).status is DeliveryStatus.DELIVERED)
    failed = wait_until(lambda: [r for r in [channel.fetch(bad.provider_id)] if r.status is DeliveryStatus.FAILED])
    assert (failed[0].code, failed[0].reason) == ("30005", "The mobile number is no longer in use.")
    assert failed[0].number is NumberFault.BAD


def test_a_stop_that_shows_only_in_the_record_is_known_for_one(channel: MessageChannel, sandbox: SandboxServer) -> None:
    sandbox.fault("twilio.delivery", "undelivered", code="21610")
    [sent] = channel.send([a_text(TO)])
    assert isinstance(sent, Accepted)
    wait_until(lambda: channel.fetch(sent.provider_id).status is DeliveryStatus.FAILED)
    assert channel.fetch(sent.provider_id).number is NumberFault.STOPPED


@pytest.mark.parametrize(
    ("fault", "details"),
    [
        ("timeout_before", {}),
        ("status", {"status": 500}),
        ("status", {"status": 429}),
        ("status", {"status": 200, "body": "<html>Please log in</html>"}),
        ("status", {"status": 200, "body": '{"messages": [{}]}', "content_type": "application/json"}),
    ],
)
def test_no_usable_answer_is_no_news_of_an_absence(
    channel: MessageChannel, sandbox: SandboxServer, fault: str, details: dict[str, object]
) -> None:
    # The package asks again by itself when a connection that reading is safe on breaks, so the fault stays.
    sandbox.fault("twilio.*", fault, times=None, **details)
    with pytest.raises(LookUpFailed) as failure:
        channel.look_up(TO, datetime.now(UTC))
    assert "7700900001" not in repr(failure.value)
    with pytest.raises(LookUpFailed):
        channel.fetch("SM" + "0" * 32)


def test_an_unknown_text_or_account_cannot_be_asked_about(channel: MessageChannel, account: TextAccount) -> None:
    with pytest.raises(LookUpFailed):
        channel.fetch("SM" + "0" * 32)
    for other in (replace(account, secret="wrong"), replace(account, secret="")):
        with pytest.raises(LookUpFailed):
            channel_for(other).look_up(TO, datetime.now(UTC))
