"""What patients text back: believed only when signed, done once, and answered at most once."""

from datetime import timedelta

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from integrations.connections import incoming_url
from integrations.messaging.replies import Reply, Wish, read
from integrations.models import ChannelConnection, IncomingText
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox.messages import hooks as message_hooks
from integrations.outbox.messages import sending
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.twilio.signing import signature
from integrations.webhooks import incoming
from patients.models import OptOut, OptOutSource
from patients.opt_outs import services as opt_outs
from practices.models import AuditEvent
from tests.connected import connect
from tests.factories import make_campaign, make_invitation, make_message, make_practice, make_staff
from tests.integrations.webhooks.test_twilio import make_connection

pytestmark = pytest.mark.django_db

PHONE = "+447700900001"


@pytest.fixture
def channel(db: None) -> ChannelConnection:
    return make_connection(make_practice(name="Quay Street Surgery", phone="01632 960123"))


def form(body: str, sid: str = "SM1", sender: str = PHONE, **more: str) -> dict[str, str]:
    return {"MessageSid": sid, "From": sender, "To": "+447700900000", "Body": body, **more}


def deliver(channel: ChannelConnection, fields: dict[str, str], *, token: str = "") -> tuple[int, str]:
    """Post a text as Twilio would; the status, and what it is told to text back."""
    signed = signature(incoming_url(channel), fields, token or channel.auth_token)
    address = reverse("webhooks:incoming", args=["twilio", channel.id])
    answer = Client(enforce_csrf_checks=True).post(address, fields, headers={"X-Twilio-Signature": signed})
    return answer.status_code, answer.content.decode()


def is_stopped(channel: ChannelConnection) -> bool:
    return opt_outs.live_of(channel.practice).filter(mobile=PHONE).exists()


def reached(channel: ChannelConnection) -> Message:
    """A text that came to the phone."""
    invitation = make_invitation(make_campaign(channel.practice, started=True))
    return make_message(invitation, to=PHONE, state=MessageState.DELIVERED, settled_at=timezone.now())


@pytest.mark.parametrize("body", ["STOP", "stop please", "Stop texting me!"])
def test_stop_stops(channel: ChannelConnection, body: str) -> None:
    assert deliver(channel, form(body))[0] == 200
    assert is_stopped(channel)
    assert AuditEvent.objects.filter(action="opt_out.added", practice=channel.practice).count() == 1
    assert not opt_outs.live_of(make_practice()).exists()


def test_the_providers_own_words_are_answered_by_the_provider(channel: ChannelConnection) -> None:
    assert "<Message>" not in deliver(channel, form("STOP"))[1]
    assert "<Message>" not in deliver(channel, form("Arrêt", "SM2", OptOutType="STOP"))[1]
    assert "Quay Street Surgery" in deliver(channel, form("stop please", "SM3"))[1]


@pytest.mark.parametrize("body", ["HELP", "Info", " help\n", "YES", "Unstop", "start"])
@pytest.mark.parametrize("acted", [False, True], ids=["as it comes", "advanced opt-out"])
def test_the_providers_words_of_help_and_start_are_its_own_to_answer(
    channel: ChannelConnection, monkeypatch: pytest.MonkeyPatch, body: str, acted: bool
) -> None:
    reached(channel)
    notified: list[Wish] = []

    def notify_staff(practice: object, mobile: str, wish: Wish) -> bool:
        notified.append(wish)
        return True

    monkeypatch.setattr(message_hooks, "tell_of_reply", notify_staff)
    more = {"OptOutType": "HELP" if body.strip().upper() in ("HELP", "INFO") else "START"} if acted else {}
    status, answer = deliver(channel, form(body, **more))
    assert (status, "<Message>" in answer, notified, is_stopped(channel)) == (200, False, [], False)
    assert IncomingText.objects.get().answered is False, "what else they text today is still answered"


def test_help_beside_other_words_is_ours_to_answer(channel: ChannelConnection) -> None:
    reached(channel)
    assert "01632 960123" in deliver(channel, form("help please"))[1]


@pytest.mark.parametrize("source", [OptOutSource.CHANNEL, OptOutSource.PATIENT])
def test_start_takes_back_what_the_phone_asked_for(channel: ChannelConnection, source: OptOutSource) -> None:
    opt_outs.add(practice=channel.practice, by=None, source=source, mobile=PHONE)
    deliver(channel, form("Start"))
    assert not is_stopped(channel)


def test_start_leaves_what_staff_noted(channel: ChannelConnection) -> None:
    by = make_staff(channel.practice)
    opt_outs.add(practice=channel.practice, by=by, source=OptOutSource.STAFF, mobile=PHONE)
    deliver(channel, form("Start"))
    assert is_stopped(channel)


def test_the_order_in_which_they_come_counts_and_a_repeat_does_not(channel: ChannelConnection) -> None:
    deliver(channel, form("START", "SM1"))
    deliver(channel, form("STOP", "SM2"))
    deliver(channel, form("START", "SM1"))
    assert is_stopped(channel)
    assert OptOut.objects.count() == 1


def test_an_unsigned_text_does_nothing(channel: ChannelConnection) -> None:
    other = make_connection()
    assert deliver(channel, form("STOP"), token="another token")[0] == 403
    fields = form("STOP")
    signed_for_another = signature(incoming_url(other), fields, channel.auth_token)
    address = reverse("webhooks:incoming", args=["twilio", channel.id])
    assert Client().post(address, fields, headers={"X-Twilio-Signature": signed_for_another}).status_code == 403
    assert not IncomingText.objects.exists()
    assert not OptOut.objects.exists()


def test_a_receipts_signature_is_none_for_a_text(channel: ChannelConnection) -> None:
    fields = form("STOP", MessageStatus="delivered")
    deliver(channel, fields)
    assert IncomingText.objects.count() == 1


@pytest.mark.parametrize("sender", ["", "60777", "Amazon", "+15005550006", "+441632960123"])
def test_what_is_no_mobile_of_ours_is_left_alone(channel: ChannelConnection, sender: str) -> None:
    assert deliver(channel, form("STOP", sender=sender)) == deliver(channel, form("hello", "SM2", sender=sender))
    assert not OptOut.objects.exists()


def test_nothing_that_it_says_is_kept(channel: ChannelConnection) -> None:
    reached(channel)
    deliver(channel, form("My chest hurts"))
    assert "chest" not in str(list(IncomingText.objects.values()))


def test_anything_else_is_answered_once_a_day_with_whom_to_phone(channel: ChannelConnection) -> None:
    reached(channel)
    answer = deliver(channel, form("Can I come at 5?"))[1]
    assert "Nobody reads texts" in answer
    assert "01632 960123" in answer
    assert "<Message>" not in deliver(channel, form("Hello?", "SM2"))[1]
    IncomingText.objects.update(received_at=timezone.now() - incoming.APART)
    assert "<Message>" in deliver(channel, form("Hello?", "SM3"))[1]
    assert not OptOut.objects.exists()


def test_strangers_are_not_answered(channel: ChannelConnection) -> None:
    assert "<Message>" not in deliver(channel, form("Win a prize"))[1]


def test_numbers_are_forgotten_and_repeats_still_known(channel: ChannelConnection) -> None:
    deliver(channel, form("STOP"))
    IncomingText.objects.update(received_at=timezone.now() - incoming.RETENTION - timedelta(seconds=1))
    incoming.forget()
    assert IncomingText.objects.get().mobile == ""
    opt_outs.end_stops(channel.practice, [PHONE])
    deliver(channel, form("STOP"))
    assert not is_stopped(channel)


def test_a_stop_that_comes_before_a_text_leaves_stops_it(channel: ChannelConnection) -> None:
    waiting = make_message(make_invitation(make_campaign(channel.practice, started=True)), to=PHONE)
    deliver(channel, form("stop please"))
    sending.send_due(channel.practice_id)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code) == (MessageState.FAILED, "opted_out")


@pytest.mark.django_db(transaction=True)
def test_a_phone_of_the_stand_in_replies_and_is_answered(live_server: LiveServer, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = live_server.url
    practice = make_practice()
    with SandboxServer() as sandbox:
        connect(practice, sandbox)
        channel = ChannelConnection.objects.get(practice=practice)
        sandbox.control("seed", {"incoming": {channel.account_sid: incoming_url(channel)}})
        sandbox.fault("twilio.incoming", "duplicate", times=1)
        message = make_message(make_invitation(make_campaign(practice, started=True)), to=PHONE)
        sending.send_due(practice.id)
        httpx.post(f"{sandbox.url}/phone/{PHONE}/", data={"reply": "please stop"}, trust_env=False)
        assert opt_outs.live_of(practice).filter(mobile=PHONE).exists()
        texts = httpx.get(f"{sandbox.url}/phone/{PHONE}.json", trust_env=False).json()
        assert [text["body"][:28] for text in texts] == ["You will get no more texts l", message.body[:28]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("advanced", [True, False], ids=["advanced opt-out", "as it comes"])
def test_the_stand_in_takes_cancel_for_stop_and_says_so(
    live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch, advanced: bool
) -> None:
    settings.PUBLIC_BASE_URL = live_server.url
    practice, opt_out_types = make_practice(), []

    def read_and_keep(body: str, opt_out_type: str, acts_on: frozenset[str]) -> Reply:
        opt_out_types.append(opt_out_type)
        return read(body, opt_out_type, acts_on)

    monkeypatch.setattr(incoming, "read", read_and_keep)
    with SandboxServer() as sandbox:
        connect(practice, sandbox)
        channel = ChannelConnection.objects.get(practice=practice)
        sandbox.control("seed", {"incoming": {channel.account_sid: incoming_url(channel)}})
        if advanced:
            sandbox.fault("twilio.incoming", "opt_out_type", times=3)
        make_message(make_invitation(make_campaign(practice, started=True)), to=PHONE)
        sending.send_due(practice.id)
        phone = f"{sandbox.url}/phone/{PHONE}/"
        answers = [
            httpx.post(phone, data={"reply": word}, trust_env=False) for word in ("HELP", "Cancel", "I can't come")
        ]
        assert OptOut.objects.get().word == "cancel"
        assert "replied STOP" in httpx.get(phone, trust_env=False).text
        texts = httpx.get(f"{sandbox.url}/phone/{PHONE}.json", trust_env=False).json()
    assert len(answers) == 3
    assert opt_out_types == (["HELP", "STOP", ""] if advanced else ["", "", ""])
    assert len(texts) == 3, "our text, and the stand-in's own answers to its words: nothing reaches a blocked phone"
