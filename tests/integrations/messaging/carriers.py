"""What the contract suite needs of each provider and its stand-in: the same questions, in each one's own words."""

import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.http import QueryDict
from django.http.request import HttpHeaders

from integrations.messaging.nhs_notify import channel as nhs_notify
from integrations.messaging.nhs_notify.receipts import ReceiptCheck, parse, verify
from integrations.messaging.port import (
    IncomingMessage,
    MessageChannel,
    NotGenuine,
    NotifyAccount,
    OutgoingText,
    Post,
    TextAccount,
)
from integrations.messaging.registry import channel, text_provider
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.twilio.signing import signature as twilio_signature
from tests.integrations.messaging import notify
from tests.integrations.messaging.second import stand_in
from tests.integrations.messaging.second.provider import signature as heron_signature

RECEIPTS, INCOMING = "https://selfbook.example.nhs.uk/receipts/", "https://selfbook.example.nhs.uk/incoming/"
MOBILE = "+447700900001"


def a_post(url: str, body: bytes, **headers: str) -> Post:
    """A post as our address hands it on."""
    form = QueryDict(body) if b"{" not in body else QueryDict()
    named = HttpHeaders({f"HTTP_{name.upper()}": value for name, value in headers.items()})
    return Post(url, named, body, {name: form.getlist(name) for name in form})


class Carrier(ABC):
    """A provider with its stand-in, and one account with it."""

    account: TextAccount | NotifyAccount

    @property
    def channel(self) -> MessageChannel:
        return channel(self.account)

    def text(self, body: str = "Please book: https://sb.example/i/abc") -> OutgoingText:
        """One that the provider takes."""
        return OutgoingText(uuid4(), MOBILE, body)

    @abstractmethod
    def refused(self) -> OutgoingText:
        """One to a number that the provider does not take."""

    @abstractmethod
    def not_let_in(self) -> MessageChannel:
        """By the account with a wrong log-in."""

    @abstractmethod
    def be_busy(self) -> None:
        """The next text is told to come back in seven seconds."""

    @abstractmethod
    def lose(self, *, taken: bool) -> None:
        """Of the next text no answer comes, whether or not it was taken."""

    @abstractmethod
    def taken(self) -> int:
        """How many texts the provider has."""

    @abstractmethod
    def news(self, provider_id: str, *, arrived: bool, secret: str = "") -> Post:
        """Delivery news of a text, signed with the account's secret or with another."""

    @abstractmethod
    def read(self, post: Post) -> list[tuple[str, str]]:
        """Whose news a post is, and what it says in our words. Raises NotGenuine."""


class TextCarrier(Carrier):
    """A provider of texts."""

    account: TextAccount

    def not_let_in(self) -> MessageChannel:
        return channel(replace(self.account, secret="another secret"))

    def read(self, post: Post) -> list[tuple[str, str]]:
        receipts = text_provider(self.account.provider).receipts(post, self.account)
        return [(receipt.provider_id, str(receipt.status)) for receipt in receipts]

    @abstractmethod
    def reply(self, body: str, *, secret: str = "") -> Post:
        """A text from a patient, signed in the same way."""

    def incoming(self, post: Post) -> IncomingMessage | None:
        return text_provider(self.account.provider).incoming(post, self.account)


class TwilioCarrier(TextCarrier):
    def __init__(self, sandbox: SandboxServer) -> None:
        self._sandbox = sandbox
        sandbox.control("reset", {})
        self.account = TextAccount(
            "twilio", "AC" + uuid4().hex, uuid4().hex, "+447700900999", "", f"{sandbox.url}/twilio"
        )
        account = {"sid": self.account.account_id, "token": self.account.secret, "step_seconds": 60}
        sandbox.control("seed", {"accounts": [account]})

    def refused(self) -> OutgoingText:
        self._sandbox.fault("twilio.create", "status", status=400, code="21211", match={"To": "+447700900998"})
        return OutgoingText(uuid4(), "+447700900998", "Please book")

    def be_busy(self) -> None:
        self._sandbox.fault("twilio.create", "status", status=429, code="20429", headers={"Retry-After": "7"})

    def lose(self, *, taken: bool) -> None:
        self._sandbox.fault("twilio.create", "timeout_after" if taken else "timeout_before")

    def taken(self) -> int:
        return len(self._sandbox.control("books?part=texts")["texts"])

    def news(self, provider_id: str, *, arrived: bool, secret: str = "") -> Post:
        status = {"MessageStatus": "delivered"} if arrived else {"MessageStatus": "failed", "ErrorCode": "30005"}
        return self._post(RECEIPTS, {"MessageSid": provider_id, **status}, secret)

    def reply(self, body: str, *, secret: str = "") -> Post:
        return self._post(INCOMING, {"MessageSid": "SM1", "From": MOBILE, "Body": body}, secret)

    def _post(self, url: str, form: dict[str, str], secret: str) -> Post:
        signed = twilio_signature(url, form, secret or self.account.secret)
        return a_post(url, urlencode(form).encode(), x_twilio_signature=signed)


class HeronCarrier(TextCarrier):
    def __init__(self, server: stand_in.HeronServer) -> None:
        self._server = server
        server.texts.clear()
        server.faults.clear()
        self.account = TextAccount("heron", stand_in.ACCOUNT, stand_in.SECRET, "GPSurgery", "", server.url)

    def refused(self) -> OutgoingText:
        return OutgoingText(uuid4(), stand_in.BAD_NUMBER, "Please book")

    def be_busy(self) -> None:
        self._server.faults.append("busy")

    def lose(self, *, taken: bool) -> None:
        self._server.faults.append("lost_after" if taken else "lost_before")

    def taken(self) -> int:
        return len(self._server.texts)

    def news(self, provider_id: str, *, arrived: bool, secret: str = "") -> Post:
        said = {"status": "arrived"} if arrived else {"status": "lost", "error": "bad_number"}
        return self._post(RECEIPTS, {"id": provider_id, **said}, secret)

    def reply(self, body: str, *, secret: str = "") -> Post:
        return self._post(INCOMING, {"id": "heron-in-1", "from": MOBILE, "text": body}, secret)

    def _post(self, url: str, said: dict[str, str], secret: str) -> Post:
        body = json.dumps(said).encode()
        return a_post(url, body, x_heron_signature=heron_signature(secret or self.account.secret, url, body))


class NotifyCarrier(Carrier):
    def __init__(self, sandbox: SandboxServer) -> None:
        self._sandbox = sandbox
        sandbox.control("reset", {})
        sandbox.control("seed", notify.seed())
        self.account: NotifyAccount = notify.account(sandbox.url)

    def text(self, body: str = "Please book: https://sb.example/i/abc") -> OutgoingText:
        return OutgoingText(uuid4(), "", body, nhs_number=notify.ASHA)

    def refused(self) -> OutgoingText:
        return OutgoingText(uuid4(), "", "Please book", nhs_number="9990000019")

    def not_let_in(self) -> MessageChannel:
        return channel(replace(self.account, api_key="another key"))

    def be_busy(self) -> None:
        self._sandbox.fault("notify.message", "status", status=429, headers={"Retry-After": "7"})

    def lose(self, *, taken: bool) -> None:
        self._sandbox.fault("notify.message", "timeout_after" if taken else "timeout_before")
        self._sandbox.fault("notify.message", "status", status=503, times=nhs_notify.TRIES - 1)

    def taken(self) -> int:
        return len(self._sandbox.control("books?part=notices")["notices"])

    def news(self, provider_id: str, *, arrived: bool, secret: str = "") -> Post:
        said: dict[str, Any] = {
            "messageId": provider_id,
            "messageReference": str(uuid4()),
            "messageStatus": "delivered" if arrived else "failed",
            "timestamp": "2026-01-05T10:00:00Z",
            "channels": [],
        }
        event = {"type": "MessageStatus", "attributes": said, "meta": {"idempotencyKey": uuid4().hex}}
        body, key = json.dumps({"data": [event]}).encode(), secret or notify.API_KEY
        signed = hmac.new(f"{notify.APPLICATION_ID}.{key}".encode(), body, hashlib.sha256).hexdigest()
        return a_post(RECEIPTS, body, x_api_key=key, x_hmac_sha256_signature=signed)

    def read(self, post: Post) -> list[tuple[str, str]]:
        verdict = verify(
            post.body,
            key=post.headers.get("x-api-key", ""),
            signature=post.headers.get("x-hmac-sha256-signature", ""),
            application_id=notify.APPLICATION_ID,
            api_key=notify.API_KEY,
        )
        if verdict is not ReceiptCheck.GENUINE:
            raise NotGenuine(verdict.value)
        return [(event.provider_id, str(event.status)) for event in parse(post.body)]
