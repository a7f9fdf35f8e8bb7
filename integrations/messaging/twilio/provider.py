"""Twilio as a provider of texts: everything of it that is not sending, behind one name."""

import asyncio
from collections.abc import Mapping

from twilio.twiml.messaging_response import MessagingResponse

from core.web.inside import AddressInside
from core.web.readable import readable
from integrations.messaging import reply_words
from integrations.messaging.port import (
    Answer,
    IncomingMessage,
    MessageChannel,
    NotGenuine,
    Post,
    Receipt,
    TextAccount,
    Trial,
)
from integrations.messaging.reasons import INSIDE
from integrations.messaging.sender import sender_faults
from integrations.messaging.twilio.channel import TwilioChannel
from integrations.messaging.twilio.client import MESSAGING_SERVICE, TwilioRefused, connected
from integrations.messaging.twilio.receipts import SignatureCheck, parse, verify

NOBODYS_NUMBER = "+447700900999"
"""Of the range that no network gives out: asking for its texts finds none of any patient's."""


class Twilio:
    """See TextProvider."""

    key = "twilio"
    name = "Twilio"
    incoming_help = "Twilio, for this number or Messaging Service"

    def channel(self, account: TextAccount) -> MessageChannel:
        """See TextProvider."""
        return TwilioChannel(account)

    def sender_faults(self, sender: str) -> list[str]:
        """See TextProvider. A Messaging Service is a sender too, and has no more rules."""
        return [] if MESSAGING_SERVICE.fullmatch(sender) else sender_faults(sender)

    def try_account(self, account: TextAccount, longest: float) -> Trial:
        """See TextProvider. Asks for the texts to a number that nobody has."""
        try:
            asyncio.run(asyncio.wait_for(_ask(account), longest))
        except TwilioRefused as answer:
            return _refused(answer)
        except AddressInside:
            return Trial("inside", INSIDE)
        except Exception as error:  # whatever the package raises for a network or an answer that is wrong
            return Trial("down", f"It did not answer. Check the address, or try again later. ({type(error).__name__})")
        return Trial("ok", "It answered, and let us in.")

    def receipts(self, post: Post, account: TextAccount) -> list[Receipt]:
        """See TextProvider (twilio#delivery-news)."""
        receipt = parse(_verified(post, account))
        return [] if receipt is None else [receipt]

    def incoming(self, post: Post, account: TextAccount) -> IncomingMessage | None:
        """See TextProvider (twilio#incoming-texts)."""
        fields = _verified(post, account)
        provider_id = fields.get("MessageSid") or fields.get("SmsSid", "")
        if not provider_id:
            return None
        words, acted = fields.get("Body", ""), fields.get("OptOutType", "")
        return IncomingMessage(provider_id, fields.get("From", ""), words, acted, reply_words.KEYWORDS)

    def answer(self, words: str) -> Answer:
        """See TextProvider. In Twilio's own markup."""
        response = MessagingResponse()
        if words:
            response.message(words)
        return Answer("text/xml; charset=utf-8", str(response))


TWILIO = Twilio()


async def _ask(account: TextAccount) -> None:
    async with connected(account) as client:
        await client.messages.list_async(to=NOBODYS_NUMBER, page_size=1, limit=1)


def _refused(answer: TwilioRefused) -> Trial:
    said = f"({answer.code or answer.status})"
    if answer.status in (401, 404):
        return Trial("refused", f"It refused our log-in. Check the account SID and token. {said}")
    if answer.status == 403:
        return Trial("not_enabled", f"It answered, and the account may not do this. {said}")
    if answer.status >= 500 or answer.status == 429:
        return Trial("down", f"It says that it is down or busy. Try again later. {said}")
    return Trial("other", f"It answered something that we do not understand. {said}")


def _verified(post: Post, account: TextAccount) -> Mapping[str, str]:
    """The form that was posted, with the last value of each name. Raises NotGenuine unless Twilio signed it.

    Patients' words may have any character. One that cannot be kept is replaced after the signature was checked.
    """
    check = verify(post, account)
    if check is not SignatureCheck.GENUINE:
        raise NotGenuine(str(check))
    return {name: readable(values[-1]) for name, values in post.form.items()}
