"""A stand-in for Twilio's Messages API (twilio#messages), under /twilio/2010-04-01/.

Accounts are seeded (`{"accounts": [{"sid": "AC...", "token": "...", "step_seconds": 0.3}]}`; with a `"signing_key"`
their posts are signed by it, see `texts.Account`). Besides the faults of `faults` and `twilio_callbacks`,
`twilio.create` knows `callback_first` (`sent` is called back before the request is answered) and `no_sid` (the text is
taken, and the answer does not say under which id); `twilio.list` knows `lag` (texts of the last `seconds` are not in
the list yet).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

from aiohttp import web

from integrations.messaging.text import measure
from integrations.sandbox.books import Books
from integrations.sandbox.serving import BOOKS, served
from integrations.sandbox.texts import ReceivedText, Text
from integrations.sandbox.twilio.callbacks import CALLBACKS
from integrations.sandbox.twilio.rules import (
    API,
    SERVICE_SENDER,
    admit,
    check_new,
    error_answer,
    received_resource,
    refuse,
    resource,
)

BASE = f"/twilio{API}/Accounts/{{account}}/Messages"
PAGE_SIZE = 50
LONGEST_PAGE = 1000
CANCELLABLE = frozenset({"accepted", "queued"})


def routes(books: Books) -> list[web.RouteDef]:
    """The calls on texts that this stand-in has."""
    return [
        web.post(f"{BASE}.json", _create),
        web.get(f"{BASE}.json", _list),
        web.get(f"{BASE}/{{sid}}.json", _fetch),
        web.post(f"{BASE}/{{sid}}.json", _update),
    ]


@served("twilio.create", error_answer)
async def _create(request: web.Request) -> web.Response:
    """Take a text, and set it off on its way."""
    books, callbacks = request.app[BOOKS], request.app[CALLBACKS]
    account = admit(books, request)
    form = await _form(request)
    check_new(books, form)
    text = _new_text(books, account.sid, form)
    books.texts.add(text)
    fault = books.faults.take("twilio.create", {"callback_first", "no_sid"}, form)
    if fault is not None and fault.kind == "callback_first":
        await callbacks.news(replace(text, status="sent"))
    callbacks.set_off(text)
    body = resource(text)
    if fault is not None and fault.kind == "no_sid":
        body["sid"] = None
    return web.json_response(body, status=201)


def _new_text(books: Books, account: str, form: Mapping[str, str]) -> Text:
    """A text as it is right after it was taken."""
    service, now = form.get("MessagingServiceSid", ""), books.clock.time()
    return Text(
        sid=f"SM{uuid4().hex}",
        account=account,
        recipient=form["To"],
        sender=form.get("From") or SERVICE_SENDER,
        service=service,
        body=form["Body"],
        segments=measure(form["Body"]).fragments,
        status="accepted" if service else "queued",
        error_code=None,
        error_message="",
        callback=form.get("StatusCallback", ""),
        created=now,
        updated=now,
    )


@served("twilio.list", error_answer)
async def _list(request: web.Request) -> web.Response:
    """One page of texts, newest first, by To, From and DateSent."""
    books, query = request.app[BOOKS], request.query
    account = admit(books, request)
    try:
        size = int(query.get("PageSize", PAGE_SIZE))
        page = int(query.get("Page", 0))
        since, before = _times(query)
    except ValueError:
        raise refuse(20001) from None
    if not 1 <= size <= LONGEST_PAGE or page < 0 or "" in (query.get("To"), query.get("From")):
        raise refuse(20001)
    if lag := books.faults.take("twilio.list", {"lag"}, query):
        before = min(before, books.clock.time() - lag.seconds)
    to, by = query.get("To", ""), query.get("From", "")
    most = (page + 1) * size + 1  # one more, to see whether there is a next page
    sent = books.texts.find(account=account.sid, recipient=to, sender=by, since=since, before=before, limit=most)
    received = books.texts.received(account=account.sid, recipient=to, sender=by, since=since, before=before)
    both: list[Text | ReceivedText] = [*sent, *received]
    texts = sorted(both, key=lambda text: -text.created)[page * size : most]
    address = f"{API}/Accounts/{account.sid}/Messages.json"

    def page_uri(number: int) -> str:
        return f"{address}?{urlencode({**query, 'PageSize': size, 'Page': number})}"

    body = {
        "messages": [resource(text) if isinstance(text, Text) else received_resource(text) for text in texts[:size]],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(len(texts[:size]) - 1, 0),
        "uri": page_uri(page),
        "first_page_uri": page_uri(0),
        "previous_page_uri": page_uri(page - 1) if page else None,
        "next_page_uri": page_uri(page + 1) if len(texts) > size else None,
    }
    return web.json_response(body)


def _times(query: Mapping[str, str]) -> tuple[float, float]:
    """The DateSent filters as seconds: from the first, up to and without the second. Raises ValueError.

    `DateSent>=x` reaches a server as a parameter named `DateSent>`. A text not sent yet counts by the time it was made.
    """
    since, before = 0.0, 1e12
    if on := query.get("DateSent"):
        since, before = _span(on)
    if after := query.get("DateSent>"):
        since = max(since, _span(after)[0])
    if until := query.get("DateSent<"):
        before = min(before, _span(until)[1])
    return since, before


def _span(text: str) -> tuple[float, float]:
    """A day, or a second, in UTC: when it begins and when it is over. Raises ValueError."""
    begins = datetime.fromisoformat(text)
    begins = begins if begins.tzinfo else begins.replace(tzinfo=UTC)
    length = timedelta(days=1) if len(text) == len("2026-10-01") else timedelta(seconds=1)
    return begins.timestamp(), (begins + length).timestamp()


@served("twilio.fetch", error_answer)
async def _fetch(request: web.Request) -> web.Response:
    """One text."""
    return web.json_response(resource(_own_text(request)))


@served("twilio.update", error_answer)
async def _update(request: web.Request) -> web.Response:
    """Cancel a text that has not gone, or forget what it said."""
    books, text, form = request.app[BOOKS], _own_text(request), await _form(request)
    if form.get("Status") == "canceled":
        if text.status not in CANCELLABLE:
            raise refuse(30409)
        books.texts.set_status(text.sid, "canceled", books.clock.time())
        request.app[CALLBACKS].tell(replace(text, status="canceled"))
    elif form.get("Body") == "":
        books.texts.redact(text.sid, books.clock.time())
    else:
        raise refuse(20001)
    return web.json_response(resource(_own_text(request)))


def _own_text(request: web.Request) -> Text:
    """The text that the path names, if it is the account's. Raises Refusal."""
    books = request.app[BOOKS]
    account = admit(books, request)
    text = books.texts.get(request.match_info["sid"])
    if text is None or text.account != account.sid:
        raise refuse(20404)
    return text


async def _form(request: web.Request) -> dict[str, str]:
    """The posted form, one value a name."""
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
