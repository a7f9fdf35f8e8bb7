"""Made-up "Heron": a provider of texts with a JSON wire of its own. This module, and a line in the registry, is all.

It acts on no word by itself: STOP and START are ours to understand. It signs what it posts with the account's secret,
over the address and the bytes.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Coroutine, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx

from integrations.messaging import reasons
from integrations.messaging.line import PostingLine, send_all
from integrations.messaging.port import (
    Accepted,
    Answer,
    DeliveryStatus,
    FailureKind,
    IncomingMessage,
    Line,
    ListedText,
    LookUpFailed,
    Meaning,
    MessageChannel,
    NotAccepted,
    NotGenuine,
    NumberFault,
    Outcome,
    OutgoingText,
    Post,
    ProviderRecord,
    Receipt,
    TextAccount,
    Trial,
)
from integrations.messaging.sender import sender_faults

Found = TypeVar("Found")

AT_ONCE = 20
ANSWER_SECONDS = 2.0
_STATUSES = {
    "queued": DeliveryStatus.ACCEPTED,
    "sent": DeliveryStatus.SENT,
    "arrived": DeliveryStatus.DELIVERED,
    "lost": DeliveryStatus.FAILED,
}
_MEANINGS = {
    "bad_number": Meaning(FailureKind.PERMANENT, "The mobile number is not a working number.", NumberFault.BAD),
    "opted_out": Meaning(FailureKind.PERMANENT, reasons.STOPPED, NumberFault.STOPPED),
    "no_such_key": Meaning(FailureKind.CONFIGURATION, reasons.LOG_IN_REFUSED),
    "busy": Meaning(FailureKind.RATE_LIMITED, reasons.BUSY),
}
_UNDELIVERED = Meaning(FailureKind.PERMANENT, "The text could not be delivered.")
_IN_DOUBT = Meaning(FailureKind.UNKNOWN, reasons.NO_ANSWER)


def signature(secret: str, url: str, body: bytes) -> str:
    """What Heron signs a post with."""
    return hmac.new(secret.encode(), url.encode() + b"\n" + body, hashlib.sha256).hexdigest()


class HeronChannel:
    """One practice's account with Heron, as a MessageChannel."""

    def __init__(self, account: TextAccount) -> None:
        self._account = account

    def open(self) -> AbstractContextManager[Line]:
        return PostingLine(self._client, self._post, at_once=AT_ONCE, when_lost=reasons.NO_ANSWER)

    def send(self, texts: Sequence[OutgoingText]) -> list[Outcome]:
        return send_all(self, texts)

    def look_up(self, to: str, since: datetime) -> list[ProviderRecord]:
        body = _asked(self._get(f"/messages?{urlencode({'to': to})}"))
        return [record for record in map(_record, body["messages"]) if record.created >= since.replace(microsecond=0)]

    def fetch(self, provider_id: str) -> ProviderRecord:
        return _record(_asked(self._get(f"/messages/{provider_id}")))

    def history(self, since: datetime) -> list[ListedText]:
        texts = _asked(self._get("/messages"))["messages"]
        listed = [
            ListedText(text["id"], text["to"], text["text"], datetime.fromisoformat(text["created"])) for text in texts
        ]
        return sorted((text for text in listed if text.created >= since), key=lambda text: text.created)

    def _client(self) -> httpx.AsyncClient:
        log_in = {"Authorization": f"Key {self._account.account_id}:{self._account.secret}"}
        return httpx.AsyncClient(
            base_url=self._account.base_url, headers=log_in, timeout=ANSWER_SECONDS, trust_env=False
        )

    async def _post(self, client: httpx.AsyncClient, text: OutgoingText) -> Outcome:
        wanted = {"to": text.to, "from": self._account.sender, "text": text.body, "news": self._account.callback_url}
        try:
            answer = await client.post("/messages", json=wanted)
            if answer.status_code == 202:
                return Accepted(text.reference, str(answer.json()["id"]), DeliveryStatus.ACCEPTED)
            code = str(answer.json()["error"])
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return NotAccepted(text.reference, FailureKind.RETRY, "", reasons.NOT_REACHED)
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return NotAccepted(text.reference, FailureKind.UNKNOWN, "", reasons.NO_ANSWER)
        meaning = _MEANINGS.get(code, _IN_DOUBT)
        wait = float(answer.headers["Retry-After"]) if "Retry-After" in answer.headers else None
        return NotAccepted(text.reference, meaning.kind, code, meaning.reason, wait, meaning.number)

    async def _get(self, path: str) -> dict[str, Any]:
        async with self._client() as client:
            answer = await client.get(path)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found


class Heron:
    """See TextProvider."""

    key = "heron"
    name = "Heron"
    incoming_help = "Heron, under Replies"

    def channel(self, account: TextAccount) -> MessageChannel:
        return HeronChannel(account)

    def sender_faults(self, sender: str) -> list[str]:
        return sender_faults(sender)

    def try_account(self, account: TextAccount, longest: float) -> Trial:
        try:
            asyncio.run(asyncio.wait_for(HeronChannel(account)._get("/account"), longest))
        except httpx.HTTPStatusError:
            return Trial("refused", "It refused our log-in. Check the key and the secret.")
        except Exception as error:
            return Trial("down", f"It did not answer. ({type(error).__name__})")
        return Trial("ok", "It answered, and let us in.")

    def receipts(self, post: Post, account: TextAccount) -> list[Receipt]:
        body = _verified(post, account)
        status, code = _STATUSES.get(body["status"]), str(body.get("error", ""))
        meaning = _MEANINGS.get(code, _UNDELIVERED) if status is DeliveryStatus.FAILED else None
        reason, number = (meaning.reason, meaning.number) if meaning else ("", NumberFault.NONE)
        return [Receipt(str(body["id"]), str(body["status"]), status, code, reason, number)]

    def incoming(self, post: Post, account: TextAccount) -> IncomingMessage | None:
        body = _verified(post, account)
        return IncomingMessage(str(body["id"]), str(body["from"]), str(body["text"]))

    def answer(self, words: str) -> Answer:
        return Answer("application/json", json.dumps({"reply": words}))


HERON = Heron()


def _verified(post: Post, account: TextAccount) -> dict[str, Any]:
    given = post.headers.get("X-Heron-Signature", "")
    if not account.secret or not hmac.compare_digest(given, signature(account.secret, post.url, post.body)):
        raise NotGenuine("wrong signature")
    body: dict[str, Any] = json.loads(post.body)
    return body


def _asked(question: Coroutine[Any, Any, Found]) -> Found:
    try:
        return asyncio.run(question)
    except Exception as error:
        raise LookUpFailed(type(error).__name__) from None


def _record(body: dict[str, Any]) -> ProviderRecord:
    status, code = _STATUSES.get(body["status"], DeliveryStatus.ACCEPTED), str(body.get("error", ""))
    meaning = _MEANINGS.get(code, _UNDELIVERED) if status is DeliveryStatus.FAILED else None
    return ProviderRecord(
        provider_id=str(body["id"]),
        status=status,
        created=datetime.fromisoformat(body["created"]),
        body=str(body["text"]),
        code=code,
        reason=meaning.reason if meaning else "",
        number=meaning.number if meaning else NumberFault.NONE,
    )
