"""The patients' phones: every text and app message that a stand-in took, as its reader sees it, with links that work.

For people `/phone/` and `/phone/<number>/`; for robots the same as JSON, newest first: `/phone/<number>.json` has
`{"sid", "body", "status", "at"}` of each text, and `/phone/all.json` those of all numbers with `to` besides
(`?account=` for one practice's).
"""

import re
from datetime import datetime
from importlib import resources
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from integrations.sandbox import replies
from integrations.sandbox.books import Books, local
from integrations.sandbox.notify.journeys import APP_SENDER, JOURNEYS
from integrations.sandbox.serving import BOOKS
from integrations.sandbox.texts import Text

SHOWN = 200
_MOST = 1_000_000
# Full stops, brackets and the like at the end belong to the sentence, not to the address.
_LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'",
    "Cache-Control": "no-store",
}

_pages = Environment(
    loader=PackageLoader("integrations.sandbox", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def routes(books: Books) -> list[web.RouteDef]:
    """The pages, their stylesheet and the JSON."""
    return [
        web.get("/phone", _to_list),
        web.get("/phone/", _list),
        web.get("/phone/phone.css", _stylesheet),
        web.get("/phone/all.json", _all),
        web.get("/phone/{number}.json", _texts),
        web.get("/phone/{number}/", _phone),
        web.post("/phone/{number}/", _reply),
        web.post("/phone/{number}/open/{sid}/", _open),
    ]


async def _to_list(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/phone/")


async def _list(request: web.Request) -> web.Response:
    """The numbers that got a text, the newest first; `?number=` narrows them."""
    search = request.query.get("number", "").strip()
    digits = _digits(search)
    phones = request.app[BOOKS].texts.newest_by_recipient(SHOWN + 1, digits) if digits or not search else []
    return _page("phones.jinja", phones=phones[:SHOWN], has_more=len(phones) > SHOWN, search=search)


async def _phone(request: web.Request) -> web.Response:
    """One phone's texts, the newest first."""
    texts, number = request.app[BOOKS].texts, request.match_info["number"]
    messages = texts.find(recipient=number, limit=SHOWN)
    can_reply = bool(messages) and replies.can_receive(messages[0])
    return _page(
        "phone.jinja",
        number=number,
        texts=messages,
        is_stopped=texts.is_stopped(number),
        can_reply=can_reply,
        app=APP_SENDER,
    )


async def _reply(request: web.Request) -> web.StreamResponse:
    """A patient replies to the newest text."""
    number, body = request.match_info["number"], str((await request.post()).get("reply", ""))
    await replies.reply(request.app, number, body)
    raise web.HTTPSeeOther(request.path)


async def _open(request: web.Request) -> web.StreamResponse:
    """A patient opens a message in the NHS App: NHS Notify hears that it was read."""
    number, sid = request.match_info["number"], request.match_info["sid"]
    if await request.app[JOURNEYS].read(sid):
        request.app[BOOKS].texts.set_status(sid, "read", request.app[BOOKS].clock.time())
    raise web.HTTPSeeOther(f"/phone/{number}/")


async def _texts(request: web.Request) -> web.Response:
    messages = request.app[BOOKS].texts.find(recipient=request.match_info["number"], limit=_MOST)
    return web.json_response([_as_json(text) for text in messages])


async def _all(request: web.Request) -> web.Response:
    messages = request.app[BOOKS].texts.find(account=request.query.get("account", ""), limit=_MOST)
    return web.json_response([{"to": text.recipient, **_as_json(text)} for text in messages])


async def _stylesheet(request: web.Request) -> web.Response:
    css = resources.files("integrations.sandbox").joinpath("pages/phone.css").read_text()
    return web.Response(text=css, content_type="text/css")


def _page(template: str, **context: object) -> web.Response:
    html = _pages.get_template(template).render(context)
    return web.Response(text=html, content_type="text/html", headers=_HEADERS)


def _as_json(text: Text) -> dict[str, Any]:
    return {"sid": text.sid, "body": text.body, "status": text.status, "at": local(text.created).isoformat()}


def _digits(search: str) -> str:
    """What to look for in E.164 numbers when someone types a number in the way that people do."""
    return re.sub(r"^(?:(?:00)?440?|0)(?=\d)", "", re.sub(r"\D", "", search))


def linked(body: str) -> Markup:
    """A text's words with its web addresses as links; everything else is escaped."""
    pieces, end = [], 0
    for match in _LINK.finditer(body):
        pieces.append(escape(body[end : match.start()]))
        pieces.append(Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(match[0]))
        end = match.end()
    pieces.append(escape(body[end:]))
    return Markup("").join(pieces)


def spaced(number: str) -> str:
    """A UK mobile number as it is read out: 07700 900123. Others as they are."""
    return re.sub(r"^\+44(\d{4})(\d{6})$", r"0\1 \2", number)


def format_time(seconds: float) -> str:
    """A time as people here write it: 3 October 2026, 2:05pm."""
    at: datetime = local(seconds)
    return f"{at.day} {at:%B %Y}, {at.hour % 12 or 12}:{at:%M}{'am' if at.hour < 12 else 'pm'}"


_pages.filters.update(linked=linked, spaced=spaced, told=format_time)
