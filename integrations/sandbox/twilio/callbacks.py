"""What happens to a text after the stand-in for Twilio took it: it goes from status to status, and each is called back.

Faults, besides those that `faults` lists. Their `match` may ask for `To`, `MessageSid` and `MessageStatus`.

- `twilio.delivery`, `undelivered` or `failed`: the text ends so, with `code` (30008 when absent).
- `twilio.delivery`, `no_news`: the text stays at `sent`, and nothing more is heard of it.
- `twilio.callback`, `missing`: this callback is never made.
- `twilio.callback`, `duplicate`: this callback is made twice, or `code` times.
- `twilio.callback`, `reorder`: this callback is made after the next one.
- `twilio.callback`, `delay`: this callback is made `seconds` later, and the text does not wait for it.
- `twilio.callback`, `wrong_signature`: this callback is signed with another token or key.
- `twilio.callback`, `unknown_status`: this callback says `code` for a status.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web

from integrations.sandbox.faults import Fault
from integrations.sandbox.serving import BOOKS, spawn
from integrations.sandbox.texts import Account, Text
from integrations.sandbox.twilio import signing
from integrations.sandbox.twilio.rules import API

logger = logging.getLogger(__name__)

AT_ONCE = 50
TRIES = 4
ANSWER_SECONDS = 15
FIRST_PAUSE_SECONDS = 0.5
LADDER = ("accepted", "queued", "sending", "sent", "delivered")
# Twilio says nothing of a text being handed to the network just now.
CALLED_BACK = frozenset({"queued", "sent", "delivered", "undelivered", "failed", "canceled"})
ENDS = {"undelivered": "undelivered", "failed": "failed"}
CALLBACK_KINDS = frozenset({"missing", "duplicate", "reorder", "delay", "wrong_signature", "unknown_status"})


class Callbacks:
    """Makes the callbacks of one running sandbox, a bounded number at a time."""

    def __init__(self, app: web.Application, session: ClientSession) -> None:
        """Call back over this session."""
        self._app = app
        self._books = app[BOOKS]
        self._session = session
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._held: dict[str, list[Text]] = {}

    def set_off(self, text: Text) -> None:
        """Let a text go its way, beside the requests."""
        spawn(self._app, self._travel(text))

    def tell(self, text: Text) -> None:
        """Call back a text's status beside the requests."""
        spawn(self._app, self.news(text))

    async def news(self, text: Text) -> None:
        """Call back a text's status as it is now, with whatever is to go wrong. Returns when the callback is made."""
        if not text.callback or text.status not in CALLED_BACK:
            return
        facts = {"To": text.recipient, "MessageSid": text.sid, "MessageStatus": text.status}
        fault = self._books.faults.take("twilio.callback", CALLBACK_KINDS, facts)
        kind = fault.kind if fault else ""
        if kind == "missing":
            return
        if kind == "reorder":
            self._held.setdefault(text.sid, []).append(text)
            return
        if fault is not None and kind == "delay":
            spawn(self._app, self._late(text, fault.seconds))
        else:
            await self._call(text, fault)
        await self._let_go(text.sid)

    async def _let_go(self, sid: str) -> None:
        """Make the callbacks of a text that were held back."""
        for earlier in self._held.pop(sid, []):
            await self._call(earlier, None)

    async def _travel(self, text: Text) -> None:
        """Move a text from status to status, until its last."""
        await self._climb(text)
        await self._let_go(text.sid)

    async def _climb(self, text: Text) -> None:
        account = self._books.texts.account(text.account)
        pause = account.step_seconds if account else 0.0
        await self.news(text)
        for status in LADDER[LADDER.index(text.status) + 1 :]:
            await asyncio.sleep(pause)
            now = self._books.texts.get(text.sid)
            if now is None or now.status == "canceled":
                return
            moved = self._move(now, status)
            if moved is None:
                return
            await self.news(moved)

    def _move(self, text: Text, status: str) -> Text | None:
        """Give a text its next status, or the end that a fault has for it; None when it goes no further."""
        error_code, message = None, ""
        if status == "delivered":
            facts = {"To": text.recipient, "MessageSid": text.sid}
            fault = self._books.faults.take("twilio.delivery", {*ENDS, "no_news"}, facts)
            if fault is not None and fault.kind == "no_news":
                return None
            if fault is not None:
                status, error_code, message = ENDS[fault.kind], int(fault.code or 30008), "Not delivered"
        self._books.texts.set_status(text.sid, status, self._books.clock.time(), error_code, message)
        return self._books.texts.get(text.sid)

    async def _late(self, text: Text, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._call(text, None)

    async def _call(self, text: Text, fault: Fault | None) -> None:
        """Make one callback, as often as the fault says."""
        kind = fault.kind if fault else ""
        code = (fault.code if fault else "") or ""
        parameters = _parameters(text, code if kind == "unknown_status" else text.status)
        account = self._books.texts.account(text.account) or Account(text.account, "no account")
        if kind == "wrong_signature":
            wrong = f"not {account.token}"
            account = replace(account, token=wrong, signing_key=account.signing_key and wrong)
        for _ in range(int(code or 2) if kind == "duplicate" else 1):
            await self._post(text.callback, parameters, account)

    async def _post(self, url: str, parameters: Mapping[str, str], account: Account) -> None:
        """Post a callback, and again when nobody answers or the answer is an error of the other side."""
        headers = {**signing.headers(url, parameters, account), "User-Agent": "TwilioProxy/1.1"}
        for tried in range(TRIES):
            if tried:
                await asyncio.sleep(FIRST_PAUSE_SECONDS * 2 ** (tried - 1))
            try:
                async with self._gate, self._session.post(url, data=parameters, headers=headers) as answer:
                    if answer.status < 500:
                        return
            except (ClientError, TimeoutError, ValueError):
                continue
        logger.warning("callback given up", extra={"sid": parameters["MessageSid"]})


CALLBACKS = web.AppKey("CALLBACKS", Callbacks)


def _parameters(text: Text, status: str) -> dict[str, str]:
    """The form of a callback."""
    parameters = {
        "MessageSid": text.sid,
        "SmsSid": text.sid,
        "MessageStatus": status,
        "SmsStatus": status,
        "To": text.recipient,
        "From": text.sender,
        "AccountSid": text.account,
        "ApiVersion": API.strip("/"),
    }
    if text.service:
        parameters["MessagingServiceSid"] = text.service
    if text.error_code is not None:
        parameters |= {"ErrorCode": str(text.error_code), "ErrorMessage": text.error_message}
    if status == "delivered":
        parameters["RawDlrDoneDate"] = datetime.fromtimestamp(text.updated, UTC).strftime("%y%m%d%H%M")
    return parameters


async def callbacks_context(app: web.Application) -> AsyncIterator[None]:
    """Make callbacks while the sandbox runs, and set off again the texts that its last stop left on their way."""
    timeout = ClientTimeout(total=ANSWER_SECONDS)
    async with ClientSession(timeout=timeout, connector=TCPConnector(limit=AT_ONCE)) as session:
        app[CALLBACKS] = Callbacks(app, session)
        for text in app[BOOKS].texts.on_their_way():
            app[CALLBACKS].set_off(text)
        yield
