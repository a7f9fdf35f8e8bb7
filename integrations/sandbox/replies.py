"""What a phone sends back: Twilio acts on its own words by itself, and posts every reply to the account's address.

The post is signed, and the answer's `<Message>` is texted to the phone, unless it has texted STOP. A sender that is a
name can receive nothing. Faults of `twilio.incoming`: `duplicate`, the post is made twice; `opt_out_type`, the account
has Advanced Opt-Out, by which the post says what Twilio did. Without it Twilio does the same, and does not say so.
"""

from collections.abc import Mapping
from uuid import uuid4
from xml.etree import ElementTree

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from integrations.sandbox.serving import BOOKS
from integrations.sandbox.texts import Account, ReceivedText, Text
from integrations.sandbox.twilio import signing
from integrations.sandbox.twilio.callbacks import ANSWER_SECONDS
from integrations.sandbox.twilio.rules import API

STOP_KEYWORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_KEYWORDS = frozenset({"START", "YES", "UNSTOP"})
HELP_KEYWORDS = frozenset({"HELP", "INFO"})
STOPPED = "You are unsubscribed from this number and get no more texts from it. Reply START to get them again."
HELPED = "Reply STOP to get no more texts from this number."
STARTED = "You are subscribed again. Reply STOP to get no more texts from this number."


def can_receive(text: Text) -> bool:
    """Whether the sender of a text is a number, which can be answered, and not a name."""
    return text.sender.removeprefix("+").isdigit()


async def reply(app: web.Application, number: str, body: str) -> None:
    """A phone answers the newest text that it got."""
    texts = app[BOOKS].texts
    newest = next(iter(texts.find(recipient=number, limit=1)), None)
    if newest is not None and not can_receive(newest):
        return
    word = body.strip().upper()
    if word in STOP_KEYWORDS:
        texts.stop(number)
    elif word in START_KEYWORDS:
        texts.restart(number)
    if newest is None:
        return
    sid = f"SM{uuid4().hex}"
    now = app[BOOKS].clock.time()
    texts.receive(ReceivedText(sid, newest.account, newest.sender, number, newest.service, body, now))
    acted = _acted_on(word)
    if acted:
        _text_back(app, newest, {"STOP": STOPPED, "START": STARTED, "HELP": HELPED}[acted])
    if url := texts.incoming_url(newest.account):
        doubled = app[BOOKS].faults.take("twilio.incoming", {"duplicate"}, {"From": number})
        advanced = app[BOOKS].faults.take("twilio.incoming", {"opt_out_type"}, {"From": number})
        answers = await _post(app, newest, sid, url, body, acted if advanced else "", times=2 if doubled else 1)
        for message in [] if texts.is_stopped(number) else answers:
            _text_back(app, newest, message)


def _acted_on(word: str) -> str:
    """What Twilio does by itself on a word that is all there is: STOP, START or HELP; empty for nothing."""
    kinds = {"STOP": STOP_KEYWORDS, "START": START_KEYWORDS, "HELP": HELP_KEYWORDS}
    return next((kind for kind, keywords in kinds.items() if word in keywords), "")


async def _post(
    app: web.Application, newest: Text, sid: str, url: str, body: str, acted: str, *, times: int
) -> list[str]:
    """Post a reply, and the words that each answer asks to be texted back."""
    account = app[BOOKS].texts.account(newest.account)
    form: Mapping[str, str] = {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "AccountSid": newest.account,
        "ApiVersion": API.strip("/"),
        "From": newest.recipient,
        "To": newest.sender,
        "Body": body,
        "NumMedia": "0",
        "NumSegments": "1",
        **({"OptOutType": acted} if acted else {}),
    }
    headers = signing.headers(url, form, account or Account(newest.account, "no account"))
    messages = []
    async with ClientSession(timeout=ClientTimeout(total=ANSWER_SECONDS)) as session:
        for _ in range(times):
            try:
                async with session.post(url, data=form, headers=headers) as answer:
                    messages += _parse_messages(await answer.text()) if answer.status == web.HTTPOk.status_code else []
            except (ClientError, TimeoutError):
                continue
    return messages


def _parse_messages(markup: str) -> list[str]:
    """The messages that an answer asks for."""
    return [message.text or "" for message in ElementTree.fromstring(markup).iter("Message")]  # noqa: S314 - our own product's


def _text_back(app: web.Application, newest: Text, message: str) -> None:
    books = app[BOOKS]
    now = books.clock.time()
    books.texts.add(
        Text(
            sid=f"SM{uuid4().hex}",
            account=newest.account,
            recipient=newest.recipient,
            sender=newest.sender,
            service=newest.service,
            body=message,
            segments=1,
            status="delivered",
            error_code=None,
            error_message="",
            callback="",
            created=now,
            updated=now,
        )
    )
