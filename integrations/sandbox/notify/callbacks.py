"""The news that the stand-in for NHS Notify posts, signed with both keys (nhs-notify#news).

Faults of `notify.callback`, whose `match` may ask for `messageReference`, `type` (`MessageStatus` or `ChannelStatus`)
and `status`: `missing`, `duplicate` (made `code` times, or twice), `reorder` (made after the message's next one),
`wrong_signature`, `wrong_key`, `unknown_status` (`code` is said for the status), `bare` (nothing is in it that the
specification does not ask for: no key, no supplier's status, no channels).
"""

import asyncio
import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientError, ClientSession, web

from integrations.sandbox.faults import Fault
from integrations.sandbox.notices import Client, Notice
from integrations.sandbox.notify.failures import failure_of
from integrations.sandbox.notify.rules import MEDIA, plan_facts
from integrations.sandbox.serving import BOOKS

logger = logging.getLogger(__name__)

AT_ONCE = 50
TRIES = 4
FIRST_PAUSE_SECONDS = 0.5
KINDS = frozenset({"missing", "duplicate", "reorder", "wrong_signature", "wrong_key", "unknown_status", "bare"})
_BARE = ("supplierStatus", "channels", "channelStatusDescription", "messageStatusDescription")
ENDS = ("delivered", "failed")
"""How a channel has ended: news of a message names no other channels."""

Event = dict[str, Any]


class Callbacks:
    """Makes the callbacks of one running sandbox, a bounded number at a time."""

    def __init__(self, app: web.Application, session: ClientSession) -> None:
        """Call back over this session."""
        self._books, self._session = app[BOOKS], session
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._held: dict[str, list[Event]] = {}

    async def message_news(self, notice: Notice) -> None:
        """How the message as a whole stands."""
        channels = [
            {"type": c["type"], "channelStatus": c["channelStatus"]}
            for c in notice.channels
            if c["channelStatus"] in ENDS
        ]
        failure = failure_of("message", notice.code)
        await self._news(notice, "MessageStatus", {"messageStatus": notice.status, "channels": channels, **failure})

    async def channel_news(self, notice: Notice, channel: dict[str, Any]) -> None:
        """Post to the client's address how one channel of a message stands (ChannelStatus)."""
        facts = {name: value for name, value in channel.items() if name != "type"}
        await self._news(notice, "ChannelStatus", {"channel": channel["type"], **facts, "retryCount": 0})

    async def _news(self, notice: Notice, kind: str, attributes: dict[str, Any]) -> None:
        client = self._books.notices.client(notice.client)
        if client is None or not client.callback_url:
            return
        at = datetime.fromtimestamp(self._books.clock.time(), UTC).isoformat(timespec="milliseconds")
        event: Event = {
            "type": kind,
            "attributes": {
                "messageId": notice.id,
                "messageReference": notice.reference,
                **attributes,
                **({"routingPlan": plan_facts(notice.plan)} if kind == "MessageStatus" else {}),
                "timestamp": at.replace("+00:00", "Z"),
            },
            "links": {"message": f"https://notify.example/comms/v1/messages/{notice.id}"},
        }
        status = "messageStatus" if kind == "MessageStatus" else "channelStatus"
        facts = {"messageReference": notice.reference, "type": kind, "status": attributes[status]}
        fault = self._books.faults.take("notify.callback", KINDS, facts)
        if fault is not None and fault.kind == "unknown_status":
            event["attributes"][status] = fault.code or "bewildered"
        if fault is not None and fault.kind == "bare":
            event["attributes"] = {name: value for name, value in event["attributes"].items() if name not in _BARE}
        else:
            event["meta"] = {"idempotencyKey": hashlib.sha256(json.dumps(event).encode()).hexdigest()}
        if fault is not None and fault.kind == "missing":
            return
        if fault is not None and fault.kind == "reorder":
            self._held.setdefault(notice.id, []).append(event)
            return
        await self._post(client, event, fault)
        for earlier in self._held.pop(notice.id, []):
            await self._post(client, earlier, None)

    async def _post(self, client: Client, event: Event, fault: Fault | None) -> None:
        """Post an event as often as the fault says, and again when nobody answers or the answer asks for it."""
        kind, body = fault.kind if fault else "", json.dumps({"data": [event]}).encode()
        secret = "another" if kind == "wrong_signature" else f"{client.application_id}.{client.api_key}"
        headers = {
            "Content-Type": MEDIA,
            "x-api-key": "another" if kind == "wrong_key" else client.api_key,
            "x-hmac-sha256-signature": signature(body, secret),
        }
        times = int((fault.code if fault else "") or 2) if kind == "duplicate" else 1
        for _ in range(times):
            await self._post_once(client.callback_url, body, headers)

    async def _post_once(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        for tried in range(TRIES):
            if tried:
                await asyncio.sleep(FIRST_PAUSE_SECONDS * 2 ** (tried - 1))
            try:
                async with self._gate, self._session.post(url, data=body, headers=headers) as answer:
                    if answer.status < 500 and answer.status != 429:
                        return
            except (ClientError, TimeoutError, ValueError):
                continue
        logger.warning("callback given up")


def signature(body: bytes, secret: str) -> str:
    """Notify's signature of a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
