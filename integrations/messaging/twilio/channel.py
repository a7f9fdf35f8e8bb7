"""Texts by Twilio (twilio#messages).

Twilio's create call has no idempotency key, so the difference between "not taken" and "perhaps taken" is everything
here: only what surely never left this machine, and what Twilio itself refused, counts as not taken. The rest is
UNKNOWN, and `look_up` is how the caller finds out.
"""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from aiohttp import ClientConnectorError, ClientHttpProxyError, ConnectionTimeoutError, InvalidURL
from twilio.rest import Client

from core.web.inside import AddressInside
from integrations.messaging.line import PostingLine, RefusingLine, send_all
from integrations.messaging.port import (
    Accepted,
    DeliveryStatus,
    FailureKind,
    Line,
    ListedText,
    LookUpFailed,
    NotAccepted,
    NumberFault,
    Outcome,
    OutgoingText,
    ProviderRecord,
    TextAccount,
)
from integrations.messaging.reasons import ACCOUNT_WRONG, NO_ANSWER, NOT_REACHED
from integrations.messaging.twilio.client import AT_ONCE, MESSAGING_SERVICE, TwilioRefused, connected
from integrations.messaging.twilio.errors import meaning_of_answer
from integrations.messaging.twilio.status import failure, status_of

T = TypeVar("T")

_PAGE = 100
_LONGEST_PAGE = 1000
# The newest of one number; no patient's phone has had so many from one practice in the time that is asked about.
_MOST_RECORDS = 500

# Faults of configuration that are about the country, or the length, of the one text: others go all the same.
_SINGLE_TEXT_CODES = frozenset({21408, 30010})


class TwilioChannel:
    """One practice's Twilio account, as a MessageChannel. Every question runs an event loop of its own."""

    def __init__(self, account: TextAccount) -> None:
        """A channel for the texts of this account; nothing is connected yet."""
        self._account = account
        # An empty name or secret would make the package look for one in the environment: another account's, perhaps.
        self._is_usable = all(part and part.isascii() for part in (account.account_id, account.secret)) and bool(
            account.sender
        )
        by_service = MESSAGING_SERVICE.fullmatch(account.sender) is not None
        self._form: dict[str, object] = {"MessagingServiceSid" if by_service else "From": account.sender}
        if account.callback_url:
            self._form["StatusCallback"] = account.callback_url
        self._address = f"https://api.twilio.com/2010-04-01/Accounts/{quote(account.account_id, safe='')}/Messages.json"

    def open(self) -> AbstractContextManager[Line]:
        """A line that posts AT_ONCE texts at a time, over connections that it keeps."""
        if not self._is_usable:
            return nullcontext(RefusingLine(_account_wrong))
        return PostingLine(lambda: connected(self._account), self._post, at_once=AT_ONCE, when_lost=NO_ANSWER)

    def send(self, texts: Sequence[OutgoingText]) -> list[Outcome]:
        """Post every text, AT_ONCE at a time, and say what became of each, in the same order. Raises nothing."""
        return send_all(self, texts)

    def look_up(self, to: str, since: datetime) -> list[ProviderRecord]:
        """The texts to a number that Twilio has had since a time, newest first. Raises LookUpFailed.

        Twilio's own DateSent filter leaves out texts that it has but has not sent yet, and those are just the ones in
        question. So the texts to the number are read and chosen by the time they were made. Twilio counts whole seconds
        by its own clock: give `since` a margin.
        """
        return self._ask(self._look_up(to, since.replace(microsecond=0)))

    def fetch(self, provider_id: str) -> ProviderRecord:
        """What Twilio holds about one text. Raises LookUpFailed."""
        return self._ask(self._fetch(provider_id))

    def history(self, since: datetime) -> list[ListedText]:
        """All texts by and to the account's sender since a time, oldest first. Raises LookUpFailed.

        By Twilio's whole list, which is newest first, and not by its filters: a Messaging Service picks its numbers,
        and a text that waits for that has no sender yet.
        """
        return self._ask(self._history(since.replace(microsecond=0)))

    def _ask(self, question: Coroutine[Any, Any, T]) -> T:
        """Ask Twilio something. Raises LookUpFailed, without the error's text: that has the number in its address."""
        try:
            if not self._is_usable:
                raise LookUpFailed("configuration")
            return asyncio.run(question)
        except Exception as error:
            raise LookUpFailed(type(error).__name__) from None
        finally:
            question.close()

    async def _post(self, client: Client, text: OutgoingText) -> Outcome:
        """Post one text."""
        try:
            # The package's plain request, and not its `messages.create_async`: that reads some twenty fields of each
            # answer into an object, dates among them, and doubles what a post costs.
            answer = await client.request_async(
                "POST", self._address, data={**self._form, "To": text.to, "Body": text.body}
            )
            record = json.loads(answer.text)
            sid, raw_status = record["sid"], str(record["status"])
        except Exception as error:
            return _not_accepted(text, error)
        if not isinstance(sid, str) or not sid:
            return NotAccepted(text.reference, FailureKind.UNKNOWN, "", NO_ANSWER)
        status = status_of(raw_status) or DeliveryStatus.ACCEPTED
        if status is DeliveryStatus.FAILED:
            return _given_up(text, raw_status, str(record.get("error_code") or ""))
        return Accepted(text.reference, sid, status)

    async def _look_up(self, to: str, since: datetime) -> list[ProviderRecord]:
        """Read the texts to a number, page by page, and keep those made since."""
        async with connected(self._account) as client:
            messages = await client.messages.list_async(to=to, page_size=_PAGE, limit=_MOST_RECORDS)
        records = [record for record in map(_record, messages) if record.created >= since]
        return sorted(records, key=lambda record: record.created, reverse=True)

    async def _history(self, since: datetime) -> list[ListedText]:
        """Read the whole list, page by page, until texts are older."""
        listed = []
        async with connected(self._account) as client:
            async for message in await client.messages.stream_async(page_size=_LONGEST_PAGE):
                if not isinstance(message.sid, str) or not isinstance(message.date_created, datetime):
                    raise ValueError("Twilio's record of a text has no id or no date")
                if message.date_created < since:
                    break
                listed.append(message)
        ours = [text for message in reversed(listed) if (text := _listed(message, self._account.sender)) is not None]
        return sorted(ours, key=lambda text: text.created)

    async def _fetch(self, provider_id: str) -> ProviderRecord:
        """Read one text."""
        async with connected(self._account) as client:
            return _record(await client.messages(provider_id).fetch_async())


def _record(message: Any) -> ProviderRecord:
    """Twilio's record of a text, in our words. A status never seen says only that Twilio has the text."""
    raw_status, code = str(message.status), str(message.error_code or "")
    status = status_of(raw_status) or DeliveryStatus.ACCEPTED
    if not isinstance(message.sid, str) or not isinstance(message.date_created, datetime):
        raise ValueError("Twilio's record of a text has no id or no date")
    meaning = failure(raw_status, code) if status is DeliveryStatus.FAILED else None
    return ProviderRecord(
        provider_id=message.sid,
        status=status,
        created=message.date_created,
        body=str(message.body or ""),
        code=code,
        reason=meaning.reason if meaning else "",
        number=meaning.number if meaning else NumberFault.NONE,
    )


def _listed(message: Any, sender: str) -> ListedText | None:
    """A text of the whole list, where it is by or to this sender; None for those of others on the same account."""
    incoming = message.direction == "inbound"
    ours = message.to if incoming else message.from_
    if sender not in (ours, message.messaging_service_sid):
        return None
    number = str(message.from_ if incoming else message.to)
    return ListedText(message.sid, number, str(message.body or ""), message.date_created, incoming)


def _account_wrong(reference: UUID) -> NotAccepted:
    return NotAccepted(reference, FailureKind.CONFIGURATION, "", ACCOUNT_WRONG)


def _given_up(text: OutgoingText, raw_status: str, code: str) -> NotAccepted:
    """What Twilio's taking a text and giving it up in one answer says about it.

    Only a fault of the account is worth another try: then no text of the practice would have gone.
    """
    meaning = failure(raw_status, code)
    of_account = meaning.kind is FailureKind.CONFIGURATION
    kind = FailureKind.CONFIGURATION if of_account else FailureKind.PERMANENT
    alone = code.isdigit() and int(code) in _SINGLE_TEXT_CODES
    return NotAccepted(text.reference, kind, code, meaning.reason, number=meaning.number, alone=alone)


def _not_accepted(text: OutgoingText, error: Exception) -> NotAccepted:
    """What an error while posting says about the text."""
    if isinstance(error, TwilioRefused):
        return _refused(text, error)
    kind, reason = FailureKind.UNKNOWN, NO_ANSWER
    if isinstance(error, (ClientConnectorError, ClientHttpProxyError, ConnectionTimeoutError)):
        # Raised while connecting only: no byte of the text has left.
        kind, reason = FailureKind.RETRY, NOT_REACHED
    elif isinstance(error, InvalidURL | AddressInside):
        # The account's own address is no address, or leads inside: no connection was tried.
        kind, reason = FailureKind.CONFIGURATION, ACCOUNT_WRONG
    return NotAccepted(text.reference, kind, type(error).__name__, reason)


def _refused(text: OutgoingText, answer: TwilioRefused) -> NotAccepted:
    """What an answer other than success says about the text."""
    meaning = meaning_of_answer(answer.status, answer.code)
    retry_after = answer.retry_after if meaning.kind is FailureKind.RATE_LIMITED else None
    code = str(answer.code or answer.status)
    alone = answer.code in _SINGLE_TEXT_CODES
    return NotAccepted(text.reference, meaning.kind, code, meaning.reason, retry_after, meaning.number, alone)
