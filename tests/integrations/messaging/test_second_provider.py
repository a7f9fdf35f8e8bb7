"""A whole batch by a provider that the product has never heard of: sent, delivered, stopped, mended and looked up."""

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from campaigns.sending import issuing
from integrations.connections import incoming_url, receipts_url
from integrations.messaging.channels import Channel
from integrations.messaging.port import FailureKind, NotAccepted
from integrations.messaging.registry import TEXT_PROVIDERS
from integrations.models import ChannelConnection
from integrations.models.outbox import CodedEntry, Message, Stoppage
from integrations.models.states import CodeState, MessageState
from integrations.outbox import sweeping
from integrations.outbox.messages import routes, sending, stoppages
from patients.opt_outs import services as opt_outs
from tests.factories import make_campaign, make_practice
from tests.integrations.messaging.second.provider import HERON, signature
from tests.integrations.messaging.second.stand_in import ACCOUNT, BAD_NUMBER, SECRET, HeronServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def second_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TEXT_PROVIDERS, HERON.key, HERON)


@pytest.fixture
def heron() -> Iterator[HeronServer]:
    with HeronServer() as server:
        yield server


@pytest.fixture
def batch(heron: HeronServer) -> Campaign:
    """Three patients, whose texts are due."""
    practice = make_practice()
    account = {"account_sid": ACCOUNT, "auth_token": SECRET, "sender": "GPSurgery", "base_url": heron.url}
    connection = ChannelConnection(practice=practice, provider=HERON.key, **account)
    connection.full_clean()
    connection.save()
    campaign = make_campaign(practice, rows=3, started=True, state=CampaignState.STARTING)
    issuing.issue(campaign.id)
    Message.objects.update(any_hour=True, due_at=timezone.now())
    return campaign


def post(live_server: LiveServer, address: str, url: str, said: dict[str, str], secret: str = SECRET) -> httpx.Response:
    """Post as Heron does, over HTTP: it was given the public address, and signs that."""
    body = json.dumps(said).encode()
    headers = {"X-Heron-Signature": signature(secret, url, body), "Content-Type": "application/json"}
    return httpx.post(live_server.url + address, content=body, headers=headers, trust_env=False)


def test_a_batch_is_sent_and_its_news_comes_in(batch: Campaign, heron: HeronServer, live_server: LiveServer) -> None:
    assert sending.send_due(batch.practice_id) == 3
    messages = {message.provider_id: message for message in Message.objects.of_batch(batch.id)}
    assert {(row.state, row.way, row.provider) for row in messages.values()} == {
        (MessageState.ACCEPTED, Channel.TEXT, HERON.key)
    }
    assert {text["id"] for text in heron.texts} == set(messages)
    assert all("/i/" in text["text"] and "{link}" not in text["text"] for text in heron.texts)

    connection = ChannelConnection.objects.get()
    address = reverse("webhooks:receipts", args=[HERON.key, connection.id])
    assert {text["news"] for text in heron.texts} == {receipts_url(connection)}
    first, second, _ = messages
    for provider_id, said in ((first, {"status": "arrived"}), (second, {"status": "lost", "error": "bad_number"})):
        answer = post(live_server, address, receipts_url(connection), {"id": str(provider_id), **said})
        assert answer.status_code == 204
    assert [Message.objects.get(provider_id=one).state for one in (first, second)] == ["delivered", "failed"]
    codes = CodedEntry.objects.filter(after_message__in=[messages[first], messages[second]])
    assert set(codes.values_list("state", flat=True)) == {CodeState.DUE, CodeState.WITHDRAWN}

    forged = {"id": str(first), "status": "lost"}
    assert post(live_server, address, receipts_url(connection), forged, "another secret").status_code == 403
    elsewhere = reverse("webhooks:receipts", args=["twilio", connection.id])
    assert post(live_server, elsewhere, receipts_url(connection), forged).status_code == 404


def test_stop_and_start(batch: Campaign, live_server: LiveServer) -> None:
    connection, mobile = ChannelConnection.objects.get(), Message.objects.order_by("id")[0].to
    address = reverse("webhooks:incoming", args=[HERON.key, connection.id])
    said = {"id": "in-1", "from": mobile, "text": "Stop"}
    answer = post(live_server, address, incoming_url(connection), said)
    assert "You will get no more texts" in answer.json()["reply"], "it answers nothing by itself"
    assert opt_outs.live_of(batch.practice).filter(mobile=mobile).exists()
    assert sending.send_due(batch.practice_id) == 3
    assert Message.objects.get(to=mobile).error_code == "opted_out"
    again = post(live_server, address, incoming_url(connection), said | {"id": "in-2", "text": "START"})
    assert "again" in again.json()["reply"]
    assert not opt_outs.live_of(batch.practice).filter(mobile=mobile).exists()


def test_an_account_that_is_wrong_stops_its_texts_until_it_is_mended(batch: Campaign, heron: HeronServer) -> None:
    connection = ChannelConnection.objects.get()
    connection.auth_token = "wrong"
    connection.save()
    sending.send_due(batch.practice_id)
    assert Stoppage.objects.get(practice=batch.practice).service == HERON.key
    assert (sending.send_due(batch.practice_id), heron.texts) == (0, [])
    connection.auth_token = SECRET
    connection.save()
    assert not Stoppage.objects.exists()
    assert (sending.send_due(batch.practice_id), len(heron.texts)) == (3, 3)


def test_a_text_without_an_answer_is_looked_up_by_its_link(batch: Campaign, heron: HeronServer) -> None:
    heron.faults.append("lost_after")
    sending.send_due(batch.practice_id)
    Message.objects.filter(state=MessageState.UNKNOWN).update(due_at=timezone.now())
    assert sweeping.ask_provider(batch.practice_id) == 1
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.ACCEPTED}
    assert len(heron.texts) == 3


def test_a_number_that_does_not_work_is_told_by_its_reason(batch: Campaign) -> None:
    message = Message.objects.order_by("id")[0]
    Message.objects.filter(id=message.id).update(to=BAD_NUMBER)
    sending.send_due(batch.practice_id)
    message.refresh_from_db()
    assert (message.state, message.number_fault) == (MessageState.FAILED, "bad")
    assert message.reason == "The mobile number is not a working number."


def test_what_the_former_provider_may_have_is_not_asked_of_the_next(batch: Campaign, heron: HeronServer) -> None:
    """It would say that it has no such text, and the patient would be sent a second one."""
    long_ago = timezone.now() - timedelta(hours=2)
    in_doubt = {"state": MessageState.UNKNOWN, "started_at": long_ago, "attempts": 1, "provider": "twilio"}
    for state in (MessageState.STARTED, MessageState.UNKNOWN):
        Message.objects.update(**in_doubt | {"state": state})
    Message.objects.update(due_at=timezone.now())
    sweeping.ask_provider(batch.practice_id)
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.UNKNOWN}
    Message.objects.update(provider=HERON.key, due_at=timezone.now())
    sweeping.ask_provider(batch.practice_id)
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.DUE}
    assert heron.texts == []


def test_texts_claimed_for_a_former_provider_wait_for_the_next(batch: Campaign, heron: HeronServer) -> None:
    """An administrator has changed the account after a worker had looked at it."""
    ChannelConnection.objects.update(provider="twilio")
    former = routes.of(batch.practice_id)
    ChannelConnection.objects.update(provider=HERON.key)
    assert [sending._send(batch.practice, route) for route in former] == [3]
    assert (heron.texts, set(Message.objects.values_list("state", "attempts"))) == ([], {(MessageState.DUE, 0)})
    fault = NotAccepted(batch.id, FailureKind.CONFIGURATION, "20003", "It does not work.")
    stoppages.begin(batch.practice, fault, "twilio")
    assert not stoppages.current(batch.practice)
    assert (sending.send_due(batch.practice_id), len(heron.texts)) == (3, 3)
