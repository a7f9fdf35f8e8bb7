"""What the stand-in for Twilio accepts, refuses and answers (twilio#messages, twilio#test-numbers)."""

import re
from base64 import b64decode
from collections.abc import Mapping
from email.utils import formatdate
from hmac import compare_digest
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from integrations.sandbox.books import Books
from integrations.sandbox.serving import Refusal
from integrations.sandbox.texts import Account, ReceivedText, Text

API = "/2010-04-01"
LONGEST_BODY = 1600
# A Messaging Service picks a sender of its own; this one always picks the same.
SERVICE_SENDER = "GPSurgery"

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_LANDLINE = re.compile(r"\+44[123]\d+")
_MAGIC = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
_MESSAGES = {
    20001: "This is not offered here.",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    21211: "The 'To' number is not a valid phone number.",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number.",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21609: "The 'StatusCallback' URL is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21612: "The 'To' phone number is not currently reachable using the 'From' phone number.",
    21614: "'To' number is not a valid mobile number.",
    21617: "The concatenated message body exceeds the 1600 character limit.",
    21635: "'To' number cannot be a landline.",
    21705: "The Messaging Service Sid is invalid.",
    30409: "This message cannot be cancelled.",
}
_OWN_STATUS = {20003: 401, 20404: 404, 20429: 429, 20500: 500}
_CODE_OF_STATUS = {status: code for code, status in _OWN_STATUS.items()}


def error_answer(status: int | None, code: str | None) -> web.Response:
    """Twilio's error answer; a missing status or code follows from the other."""
    number = int(code) if code else _CODE_OF_STATUS.get(status or 0, 20500 if (status or 0) >= 500 else 21211)
    status = status or _OWN_STATUS.get(number, 400)
    body = {
        "code": number,
        "message": _MESSAGES.get(number, "The request could not be carried out."),
        "more_info": f"https://www.twilio.com/docs/errors/{number}",
        "status": status,
    }
    headers = {"Twilio-Concurrent-Requests": "100"} if status == HTTPStatus.TOO_MANY_REQUESTS else None
    return web.json_response(body, status=status, headers=headers)


def refuse(code: int) -> Refusal:
    """The Refusal, to be raised, of one of Twilio's error codes, such as 21211."""
    return Refusal(error_answer(None, str(code)))


def admit(books: Books, request: web.Request) -> Account:
    """The account that is asking, by its Basic credentials. Raises Refusal."""
    account = books.texts.account(request.match_info["account"])
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _, token = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        raise refuse(20003) from None
    if account is None or scheme.lower() != "basic" or name != account.sid:
        raise refuse(20003)
    if not compare_digest(token.encode(), account.token.encode()):
        raise refuse(20003)
    return account


def check_new(books: Books, form: Mapping[str, str]) -> None:
    """Check a new text. Raises Refusal."""
    to, body = form.get("To", ""), form.get("Body", "")
    service, callback = form.get("MessagingServiceSid", ""), form.get("StatusCallback", "")
    faults = (
        (21604, not to),
        (21603, not form.get("From") and not service),
        (21705, bool(service) and not _SERVICE.fullmatch(service)),
        (21602, not body),
        (21617, len(body) > LONGEST_BODY),
        (21609, "StatusCallback" in form and not _is_address(callback)),
        (20001, "SendAt" in form or "ScheduleType" in form),
    )
    for code, is_so in faults:
        if is_so:
            raise refuse(code)
    if fault := _fault_of_number(books, to):
        raise refuse(fault)


def _fault_of_number(books: Books, to: str) -> int | None:
    """Why no text goes to a number. Only UK numbers are enabled."""
    if to in _MAGIC:
        return _MAGIC[to]
    if not _E164.fullmatch(to):
        return 21211
    if not to.startswith("+44"):
        return 21408
    if _LANDLINE.fullmatch(to):
        return 21635
    return 21610 if books.texts.is_stopped(to) else None


def _is_address(url: str) -> bool:
    """Whether Twilio would call this address: absolute, and no underscore in the host's name."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "")


def resource(text: Text) -> dict[str, Any]:
    """A text in Twilio's JSON: counts are strings, times are RFC 2822."""
    uri = f"{API}/Accounts/{text.account}/Messages/{text.sid}"
    waiting_for_sender = text.status == "accepted"
    return {
        "sid": text.sid,
        "account_sid": text.account,
        "messaging_service_sid": text.service or None,
        "from": None if waiting_for_sender else text.sender,
        "to": text.recipient,
        "body": text.body,
        "status": text.status,
        "num_segments": "0" if waiting_for_sender else str(text.segments),
        "num_media": "0",
        "direction": "outbound-api",
        "api_version": API.strip("/"),
        "price": None,
        "price_unit": None,
        "error_code": text.error_code,
        "error_message": text.error_message or None,
        "date_created": _rfc2822(text.created),
        "date_updated": _rfc2822(text.updated),
        "date_sent": _rfc2822(text.updated) if text.status in ("sent", "delivered", "undelivered") else None,
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


def received_resource(text: ReceivedText) -> dict[str, Any]:
    """A text from a phone in the same JSON."""
    sent = Text(
        sid=text.sid,
        account=text.account,
        recipient=text.recipient,
        sender=text.sender,
        service=text.service,
        body=text.body,
        segments=1,
        status="received",
        error_code=None,
        error_message="",
        callback="",
        created=text.created,
        updated=text.created,
    )
    return {**resource(sent), "direction": "inbound"}


def _rfc2822(seconds: float) -> str:
    """A time as Twilio writes it, in UTC with whole seconds."""
    return formatdate(int(seconds), usegmt=False).replace("-0000", "+0000")
