"""Delivery receipts: believed only when signed, kept once, and never harmful."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from integrations.connections import receipts_url
from integrations.messaging.port import Accepted, DeliveryStatus
from integrations.models import ChannelConnection
from integrations.models.outbox import CodedEntry, DeliveryReceipt, Message
from integrations.models.states import CodeState, MessageState
from integrations.outbox import sweeping
from integrations.outbox.messages import sending, settling
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.texts import Account
from integrations.sandbox.twilio import signing
from integrations.sandbox.twilio.signing import signature
from practices.models import Practice
from tests.connected import connect
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_message, make_practice
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

SID = "SM" + "1" * 32
AUTH = "made-up-auth-token"


def make_connection(practice: Practice | None = None) -> ChannelConnection:
    return ChannelConnection.objects.create(
        practice=practice or make_practice(),
        account_sid="AC" + uuid4().hex,
        auth_token=AUTH,
        sender="+447700900000",
    )


def make_text(connection: ChannelConnection, **fields: Any) -> Message:
    """A text that Twilio has taken, with the code that waits for it."""
    invitation = make_invitation(make_campaign(connection.practice, started=True))
    values = {"state": MessageState.ACCEPTED, "provider_id": SID}
    message = make_message(invitation, **values | fields)
    make_coded_entry(invitation, message)
    return message


@pytest.fixture
def channel(db: None) -> ChannelConnection:
    return make_connection()


def form(status: str = "delivered", sid: str = SID, **more: str) -> dict[str, str]:
    return {"MessageSid": sid, "MessageStatus": status, "To": "+447700900001", "From": "+447700900000", **more}


def deliver(
    channel: ChannelConnection, fields: dict[str, str], signed: str | None = None, to: ChannelConnection | None = None
) -> int:
    """Post a receipt as Twilio would, signed unless another signature is given; returns the status."""
    to = to or channel
    signed = signature(receipts_url(to), fields, channel.auth_token) if signed is None else signed
    headers = {"X-Twilio-Signature": signed} if signed else {}
    # Twilio has neither our cookies nor our tokens.
    client = Client(enforce_csrf_checks=True)
    return client.post(reverse("webhooks:receipts", args=["twilio", to.id]), fields, headers=headers).status_code


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


def test_a_signed_receipt_is_kept_and_moves_its_message(channel: ChannelConnection) -> None:
    message = make_text(channel)
    assert deliver(channel, form("sent")) == 204
    assert state_of(message) == MessageState.SENT
    assert CodedEntry.objects.get().state == CodeState.DUE
    assert deliver(channel, form("delivered")) == 204
    assert state_of(message) == MessageState.DELIVERED
    assert DeliveryReceipt.objects.filter(applied_at__isnull=False).count() == 2


def test_a_failure_has_its_reason_and_its_code_is_withdrawn(channel: ChannelConnection) -> None:
    message = make_text(channel)
    assert deliver(channel, form("undelivered", ErrorCode="30005")) == 204
    assert state_of(message) == MessageState.FAILED
    assert (message.error_code, message.reason) == ("30005", "The mobile number is no longer in use.")
    assert CodedEntry.objects.get().state == CodeState.WITHDRAWN


def test_without_a_right_signature_nothing_is_believed(channel: ChannelConnection) -> None:
    message = make_text(channel)
    right = signature(receipts_url(channel), form(), AUTH)
    for signed in ("", "nonsense", right[:-2] + "x=", right.lower(), signature(receipts_url(channel), form(), "other")):
        assert deliver(channel, form(), signed=signed) == 403
    assert not DeliveryReceipt.objects.exists()
    assert state_of(message) == MessageState.ACCEPTED


@pytest.mark.parametrize(
    "altered",
    [form("failed"), form(sid="SM" + "2" * 32), form(ErrorCode="30005"), {"MessageSid": SID}, {}],
    ids=["status", "message", "one more", "some fewer", "none"],
)
def test_an_altered_receipt_is_refused(channel: ChannelConnection, altered: dict[str, str]) -> None:
    right = signature(receipts_url(channel), form(), AUTH)
    assert deliver(channel, altered, signed=right) == 403
    assert not DeliveryReceipt.objects.exists()


SETTINGS = "X-Twilio-Webhooks-Signature-Settings"


def post(channel: ChannelConnection, headers: dict[str, str]) -> int:
    return Client().post(reverse("webhooks:receipts", args=["twilio", channel.id]), form(), headers=headers).status_code


def test_news_signed_by_a_shared_key_is_believed_once_the_key_is_stored(
    channel: ChannelConnection, caplog: pytest.LogCaptureFixture
) -> None:
    message = make_text(channel)
    account = Account(channel.account_sid, AUTH, signing_key="a made-up key")
    signed = signing.headers(receipts_url(channel), form(), account)
    assert post(channel, signed) == 403
    assert [record.__dict__["verdict"] for record in caplog.records if record.msg == "post refused"] == ["no_key"]
    channel.signing_keys = "a former key\na made-up key"
    channel.save()
    assert post(channel, {**signed, SETTINGS: "key=1,algorithm=HMAC_MD5"}) == 403
    assert post(channel, {**signed, SETTINGS: ""}) == 403
    assert state_of(message) == MessageState.ACCEPTED
    assert post(channel, signed) == 204
    assert state_of(message) == MessageState.DELIVERED
    assert "a made-up key" not in caplog.text
    assert deliver(channel, form()) == 204, "what no rule matches, Twilio signs by the token as ever"


def test_a_receipt_for_another_address_is_refused(channel: ChannelConnection) -> None:
    other = make_connection()
    assert deliver(channel, form(), signed=signature(receipts_url(channel), form(), AUTH), to=other) == 403


def test_the_signed_address_is_the_public_one(channel: ChannelConnection, settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://book.example.nhs.uk"
    signed = signature(f"https://book.example.nhs.uk/webhooks/twilio/{channel.id}/", form(), AUTH)
    assert deliver(channel, form(), signed=signed) == 204
    own = signature(f"http://testserver/webhooks/twilio/{channel.id}/", form(), AUTH)
    assert deliver(channel, form(), signed=own) == 403


@pytest.mark.parametrize("identity", ["5f0c1d2e-0000-4000-8000-000000000001", "1", "nonsense"])
def test_an_unknown_connection_is_not_there(identity: str) -> None:
    assert Client().post(f"/webhooks/twilio/{identity}/", form()).status_code == 404


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_receipts_are_posted(channel: ChannelConnection, method: str) -> None:
    assert getattr(Client(), method)(reverse("webhooks:receipts", args=["twilio", channel.id])).status_code == 405


def test_a_repeat_is_harmless(channel: ChannelConnection) -> None:
    message = make_text(channel)
    for _ in range(3):
        assert deliver(channel, form()) == 204
    assert DeliveryReceipt.objects.count() == 1
    assert state_of(message) == MessageState.DELIVERED


def test_news_out_of_order_never_goes_back(channel: ChannelConnection) -> None:
    message = make_text(channel)
    for status in ("delivered", "sent", "queued", "undelivered"):
        assert deliver(channel, form(status)) == 204
    assert state_of(message) == MessageState.DELIVERED
    assert message.reason == ""


def test_a_status_never_seen_is_kept_as_it_came(channel: ChannelConnection) -> None:
    message = make_text(channel)
    assert deliver(channel, form("teleported")) == 204
    receipt = DeliveryReceipt.objects.get()
    assert (receipt.raw_status, receipt.status) == ("teleported", "")
    assert state_of(message) == MessageState.ACCEPTED


def test_parameters_never_seen_do_not_matter(channel: ChannelConnection) -> None:
    message = make_text(channel)
    assert deliver(channel, form(RawDlrDoneDate="2610101200", Tomorrow="yes", Empty="")) == 204
    assert state_of(message) == MessageState.DELIVERED


def test_a_signed_form_that_is_no_receipt_is_kept_by_nobody(channel: ChannelConnection) -> None:
    assert deliver(channel, {"Body": "STOP", "From": "+447700900001"}) == 204
    assert not DeliveryReceipt.objects.exists()


def test_another_practices_message_is_not_moved(channel: ChannelConnection) -> None:
    theirs = make_text(make_connection())
    assert deliver(channel, form()) == 204
    assert state_of(theirs) == MessageState.ACCEPTED


def test_news_before_our_own_saving_is_applied_afterwards(channel: ChannelConnection) -> None:
    """Twilio may call back before its answer to our own call is stored."""
    message = make_text(channel, state=MessageState.STARTED, provider_id=None)
    assert deliver(channel, form()) == 204
    assert state_of(message) == MessageState.STARTED
    settling.settle([message], [Accepted(message.id, SID, DeliveryStatus.ACCEPTED)])
    assert state_of(message) == MessageState.DELIVERED
    assert CodedEntry.objects.get().state == CodeState.DUE
    assert DeliveryReceipt.objects.get().applied_at is not None


def test_the_sweeper_applies_what_came_early_too(channel: ChannelConnection) -> None:
    message = make_text(channel, provider_id=None)
    deliver(channel, form())
    Message.objects.filter(id=message.id).update(provider_id=SID)
    with transaction.atomic():
        sweeping.sweep()
    assert state_of(message) == MessageState.DELIVERED


def test_a_receipt_needs_no_login_and_gives_nothing_away(channel: ChannelConnection) -> None:
    response = Client().post(reverse("webhooks:receipts", args=["twilio", channel.id]), form())
    assert (response.status_code, response.content) == (403, b"")


@pytest.mark.django_db(transaction=True)
def test_the_stand_ins_receipts_arrive_by_themselves(live_server: Any, settings: Settings) -> None:
    """Send to the sandbox, and let it call back over HTTP as Twilio does."""
    settings.PUBLIC_BASE_URL = live_server.url
    practice = make_practice()
    with SandboxServer() as sandbox:
        connect(practice, sandbox)
        message = make_message(make_invitation(make_campaign(practice, started=True)))
        assert sending.send_due(practice.id) == 1
        wait_until(lambda: state_of(message) == MessageState.DELIVERED)
    statuses = set(DeliveryReceipt.objects.filter(practice=practice).values_list("status", flat=True))
    assert {"sent", "delivered"} <= statuses


def test_a_receipt_with_a_character_that_cannot_be_kept_is_kept_all_the_same(channel: ChannelConnection) -> None:
    message = make_text(channel)
    assert deliver(channel, form("undelivered", ErrorCode="3000\0")) == 204
    assert state_of(message) == MessageState.FAILED
    assert deliver(channel, form("del\0ivered", sid="\0" * 50)) == 204
