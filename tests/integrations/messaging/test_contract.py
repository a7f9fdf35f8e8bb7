"""What every provider must do, run against each of them. A new provider passes this suite first."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from django.utils import timezone

from integrations.messaging.nhs_notify import channel as nhs_notify
from integrations.messaging.nhs_notify import client as notify_client
from integrations.messaging.port import (
    Accepted,
    FailureKind,
    LookUpFailed,
    NotAccepted,
    NotGenuine,
    NumberFault,
    OutgoingText,
    TextAccount,
)
from integrations.messaging.registry import TEXT_PROVIDERS, provider_names
from integrations.messaging.replies import Wish, read
from integrations.sandbox.server import SandboxServer
from tests.integrations.messaging.carriers import (
    MOBILE,
    Carrier,
    HeronCarrier,
    NotifyCarrier,
    TextCarrier,
    TwilioCarrier,
)
from tests.integrations.messaging.second.provider import HERON
from tests.integrations.messaging.second.stand_in import HeronServer

TEXTS = ["twilio", "heron"]


@pytest.fixture(scope="session")
def heron() -> Iterator[HeronServer]:
    with HeronServer() as server:
        yield server


@pytest.fixture(autouse=True)
def second_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line in the registry; and nobody waits longer than a test should."""
    monkeypatch.setitem(TEXT_PROVIDERS, HERON.key, HERON)
    monkeypatch.setattr(notify_client, "_TOKENS", notify_client._Tokens())
    monkeypatch.setattr(nhs_notify, "PAUSE_SECONDS", 0.001)


def _made(name: str, sandbox: SandboxServer, heron: HeronServer) -> Carrier:
    kinds: dict[str, Callable[[], Carrier]] = {
        "twilio": lambda: TwilioCarrier(sandbox),
        "heron": lambda: HeronCarrier(heron),
        "notify": lambda: NotifyCarrier(sandbox),
    }
    return kinds[name]()


@pytest.fixture(params=[*TEXTS, "notify"])
def carrier(request: pytest.FixtureRequest, running_sandbox: SandboxServer, heron: HeronServer) -> Carrier:
    """Each provider in turn."""
    return _made(request.param, running_sandbox, heron)


@pytest.fixture(params=TEXTS)
def texts(request: pytest.FixtureRequest, running_sandbox: SandboxServer, heron: HeronServer) -> TextCarrier:
    """Each provider of texts in turn."""
    made = _made(request.param, running_sandbox, heron)
    assert isinstance(made, TextCarrier)
    return made


def refusal(carrier: Carrier, text: OutgoingText) -> NotAccepted:
    [outcome] = carrier.channel.send([text])
    assert isinstance(outcome, NotAccepted)
    assert outcome.reference == text.reference
    assert outcome.reason.endswith("."), "staff read it"
    return outcome


def test_no_provider_is_left_out() -> None:
    assert {key for key, _ in provider_names()} == {*TEXTS, "notify"}
    assert set(TEXT_PROVIDERS) == set(TEXTS)


def test_every_text_is_taken_once_and_outcomes_keep_their_order(carrier: Carrier) -> None:
    sent = [carrier.text(f"Text {number}") for number in range(30)]
    outcomes = carrier.channel.send(sent)
    assert [outcome.reference for outcome in outcomes] == [text.reference for text in sent]
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    assert len({one.provider_id for one in accepted}) == carrier.taken() == 30
    assert all(0 < len(one.provider_id) <= 40 for one in accepted), "it fits where it is kept"


def test_nothing_to_send_is_no_trouble(carrier: Carrier) -> None:
    assert carrier.channel.send([]) == []


def test_a_number_that_is_refused_spoils_no_other_text(carrier: Carrier) -> None:
    good, bad = carrier.text(), carrier.refused()
    outcomes = carrier.channel.send([bad, good])
    assert isinstance(outcomes[1], Accepted)
    refused = outcomes[0]
    assert isinstance(refused, NotAccepted)
    assert (refused.kind, refused.reason[-1]) == (FailureKind.PERMANENT, ".")
    assert carrier.taken() == 1


def test_a_refused_log_in_is_for_an_administrator(carrier: Carrier) -> None:
    [outcome] = carrier.not_let_in().send([carrier.text()])
    assert isinstance(outcome, NotAccepted)
    assert (outcome.kind, outcome.alone) == (FailureKind.CONFIGURATION, False)
    assert "administrator" in outcome.reason
    assert carrier.taken() == 0


def test_a_provider_that_is_busy_says_how_long_to_wait(carrier: Carrier) -> None:
    carrier.be_busy()
    outcome = refusal(carrier, carrier.text())
    assert (outcome.kind, outcome.retry_after, carrier.taken()) == (FailureKind.RATE_LIMITED, 7, 0)


@pytest.mark.parametrize("taken", [True, False])
def test_no_answer_is_unknown(carrier: Carrier, taken: bool) -> None:
    carrier.lose(taken=taken)
    assert refusal(carrier, carrier.text()).kind is FailureKind.UNKNOWN
    assert carrier.taken() == int(taken)


@pytest.mark.parametrize("taken", [True, False])
def test_what_is_in_doubt_is_looked_up_or_may_be_posted_again(carrier: Carrier, taken: bool) -> None:
    since, text = datetime.now(UTC) - timedelta(minutes=1), carrier.text("Please book: https://sb.example/i/mine")
    carrier.lose(taken=taken)
    refusal(carrier, text)
    channel = carrier.channel
    if isinstance(carrier, NotifyCarrier):  # NHS Notify takes a message of one reference once
        with pytest.raises(LookUpFailed):
            channel.look_up(text.to, since)
        assert all(isinstance(outcome, Accepted) for outcome in channel.send([text]))
        assert carrier.taken() == 1, "however often it was posted"
        return
    found = channel.look_up(text.to, since)
    assert ["sb.example/i/mine" in record.body for record in found] == [True] * int(taken)
    assert all(channel.fetch(record.provider_id).body == record.body for record in found)


def test_all_that_went_since_a_time_is_listed_oldest_first(carrier: Carrier) -> None:
    since, channel = datetime.now(UTC) - timedelta(minutes=1), carrier.channel
    if isinstance(carrier, NotifyCarrier):  # it has no list that can be read
        with pytest.raises(LookUpFailed):
            channel.history(since)
        return
    channel.send([carrier.text("one")])
    channel.send([carrier.text("two")])
    listed = channel.history(since)
    assert [(text.body, text.number, text.incoming) for text in listed] == [
        ("one", MOBILE, False),
        ("two", MOBILE, False),
    ]
    assert channel.history(datetime.now(UTC) + timedelta(hours=1)) == []


def test_who_is_not_let_in_cannot_ask(carrier: Carrier) -> None:
    with pytest.raises(LookUpFailed):
        carrier.not_let_in().look_up(MOBILE, datetime.now(UTC))
    with pytest.raises(LookUpFailed):
        carrier.not_let_in().fetch("1")


def test_what_is_called_back_or_too_late_is_not_posted(carrier: Carrier) -> None:
    late = replace(carrier.text(), not_after=timezone.now() - timedelta(seconds=1))
    assert refusal(carrier, late).kind is FailureKind.NOT_POSTED
    with carrier.channel.open() as line:
        line.recall()
        line.post([carrier.text() for _ in range(3)])
        outcomes = line.outcomes(3, 30)
    assert {one.kind for one in outcomes if isinstance(one, NotAccepted)} == {FailureKind.NOT_POSTED}
    assert carrier.taken() == 0


def test_a_turn_is_bounded(carrier: Carrier) -> None:
    """Nobody waits longer for outcomes than they say, and none is lost or told twice."""
    sent = [carrier.text(f"Text {number}") for number in range(40)]
    with carrier.channel.open() as line:
        line.post(sent)
        began, known = monotonic(), line.outcomes(1_000, 0.0)
        assert monotonic() - began < 5
        while len(known) < len(sent):
            known += line.outcomes(len(sent) - len(known), 30)
        assert line.outcomes(1, 0.0) == []
    assert sorted(one.reference for one in known) == sorted(text.reference for text in sent)


@pytest.mark.parametrize(("arrived", "status"), [(True, "delivered"), (False, "failed")])
def test_delivery_news_is_believed_when_it_is_signed(carrier: Carrier, arrived: bool, status: str) -> None:
    assert carrier.read(carrier.news("id-1", arrived=arrived)) == [("id-1", status)]


def test_news_that_is_not_theirs_is_not_believed(carrier: Carrier) -> None:
    news = carrier.news("id-1", arrived=True)
    forged = carrier.news("id-1", arrived=True, secret="another secret")
    changed = replace(news, body=news.body + b" ", form={**news.form, "More": ["1"]})
    for post in (forged, changed, replace(news, headers={})):
        with pytest.raises(NotGenuine):
            carrier.read(post)


def test_news_is_for_one_address(texts: TextCarrier) -> None:
    with pytest.raises(NotGenuine):
        texts.read(replace(texts.news("id-1", arrived=True), url="https://selfbook.example.nhs.uk/receipts/another/"))


@pytest.mark.parametrize(
    ("body", "wish"), [("STOP", Wish.STOP), ("start", Wish.START), ("Please stop texting", "stop")]
)
def test_stop_and_start_are_understood(texts: TextCarrier, body: str, wish: str) -> None:
    text = texts.incoming(texts.reply(body))
    assert text is not None
    assert (text.sender, text.body) == (MOBILE, body)
    reply = read(text.body, text.acted, text.acts_on)
    assert reply.wish == wish
    assert (reply.stop_word is not None) == (wish == Wish.STOP)
    provider = TEXT_PROVIDERS[texts.account.provider]
    assert "You will get no more" in provider.answer("You will get no more texts.").body


def test_a_text_that_is_not_theirs_is_not_believed(texts: TextCarrier) -> None:
    with pytest.raises(NotGenuine):
        texts.incoming(texts.reply("STOP", secret="another secret"))


def test_an_account_can_be_tried_without_a_text(texts: TextCarrier) -> None:
    provider = TEXT_PROVIDERS[texts.account.provider]
    assert provider.try_account(texts.account, 5).code == "ok"
    assert provider.try_account(replace(texts.account, secret="another secret"), 5).code == "refused"
    assert provider.try_account(replace(texts.account, base_url="http://127.0.0.1:9"), 5).code == "down"
    assert texts.taken() == 0


def test_senders_that_phones_do_not_show_are_refused(texts: TextCarrier) -> None:
    provider = TEXT_PROVIDERS[texts.account.provider]
    assert provider.sender_faults("GPSurgery") == provider.sender_faults("+447700900999") == []
    assert provider.sender_faults("The whole surgery")


def test_nothing_personal_is_logged_or_said(carrier: Carrier, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bad, sent = carrier.refused(), [carrier.text("secret words") for _ in range(2)]
    carrier.lose(taken=True)
    outcomes = carrier.channel.send([*sent, bad])
    for question in (lambda: carrier.channel.look_up(MOBILE, datetime.now(UTC)), lambda: carrier.channel.fetch("1")):
        try:
            question()
        except LookUpFailed as failure:
            outcomes.append(NotAccepted(bad.reference, FailureKind.UNKNOWN, "", repr(failure)))
    said = " ".join([repr(outcomes), *(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)])
    account = carrier.account
    ours = [account.secret] if isinstance(account, TextAccount) else [account.api_key, account.private_key]
    for secret in ("7700900", "secret words", bad.nhs_number or bad.to, *ours):
        assert secret not in said
    assert not [secret for secret in ours if secret in repr(account)]


def test_a_stop_that_the_network_tells_is_known(heron: HeronServer) -> None:
    carrier = HeronCarrier(heron)
    stopped = OutgoingText(carrier.text().reference, "+447700900997", "Please book")
    assert refusal(carrier, stopped).number is NumberFault.STOPPED
