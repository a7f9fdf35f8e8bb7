"""What happens to a message after the stand-in for NHS Notify took it: the app, then a text where the plan has one.

A message in the app is delivered once it is read (nhs-notify#statuses). The text goes when the plan's time is over, by
the sandbox's clock, and at once to a patient without the app, or whose phone does not tell of messages there. What the
app refuses, for its pointed brackets, counts as for a patient without it. A client with `text_hours` has its texts
wait for them (nhs-notify#delivery-times).
Faults, whose `match` may ask for `nhsNumber`, `messageReference` and `status`:

- `notify.delivery`, `failed`: the message ends so, with `code` (MFR_SUPE_0007 when absent), which may be a description.
- `notify.delivery`, `no_news`: the message stays at `sending`, and nothing more is heard of it.
- `notify.callback`: those of `notify_callbacks`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from integrations.messaging.nhs_notify.text_hours import leaves_at
from integrations.messaging.numbers import NotAMobile, parse_mobile
from integrations.messaging.text import measure
from integrations.sandbox.books import Books
from integrations.sandbox.notices import Notice
from integrations.sandbox.notify.app_markdown import as_read, is_refused
from integrations.sandbox.notify.callbacks import AT_ONCE, Callbacks
from integrations.sandbox.notify.failures import NOT_READ, failure_of
from integrations.sandbox.notify.switches import PLANS, Plan
from integrations.sandbox.serving import BOOKS, spawn
from integrations.sandbox.texts import Text

APP_SENDER, TEXT_SENDER = "NHS App", "NHSNoReply"
LOOK_SECONDS = 0.1
"""How often the clock is asked whether the app has gone unread for too long."""
_ON_THE_WAY = ("created", "pending_enrichment", "enriched")
_ENDS = ("delivered", "failed")


class _Forgotten(Exception):
    """The books were emptied while the message was on its way."""


class Journeys:
    """Moves the messages of one running sandbox."""

    def __init__(self, app: web.Application, callbacks: Callbacks) -> None:
        """Tell the news by these callbacks."""
        self._app, self._books, self._callbacks = app, app[BOOKS], callbacks

    def set_off(self, notices: list[Notice]) -> None:
        """Let messages go their way, beside the requests."""
        for notice in notices:
            spawn(self._app, self._go(notice))

    async def read(self, notice_id: str) -> bool:
        """The patient opens a message in the app; whether there was one there to open."""
        notice = self._books.notices.get(notice_id)
        if notice is None or not any(channel["type"] == "nhsapp" for channel in notice.channels):
            return False
        if notice.status not in _ENDS:
            notice = await self._channel(replace(notice, app_due=0.0), "nhsapp", "delivered", supplier="read")
            await self._status(notice, "delivered")
        else:
            await self._channel(notice, "nhsapp", "delivered", supplier="read")
        return True

    async def look(self) -> None:
        """Do what is due of those who have not looked into the app in time, and send texts, again and again."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for unread in self._books.notices.unread_since(self._books.clock.time()):
                # Looked at once more: it may have been read while the others' news was told.
                notice = self._books.notices.get(unread.id)
                if notice is not None and notice.app_due:
                    with suppress(_Forgotten):
                        await self._go_on(replace(notice, app_due=0.0))

    async def _go_on(self, notice: Notice) -> None:
        if _waits_in_app(notice):
            notice = await self._channel(notice, "nhsapp", "failed", reason=NOT_READ)
            await self._after_app(notice, PLANS[notice.plan])
        else:
            await self._text(notice)

    async def _go(self, notice: Notice) -> None:
        with suppress(_Forgotten):
            await self._travel(notice)

    async def _travel(self, notice: Notice) -> None:
        client = self._books.notices.client(notice.client)
        pause = client.step_seconds if client else 0.0
        for status in ("pending_enrichment", "enriched"):
            await asyncio.sleep(pause)
            notice = await self._status(notice, status)
        plan = PLANS[notice.plan]
        if code := self._fault_of(notice, plan):
            await self._status(notice, "failed", code)
            return
        await asyncio.sleep(pause)
        notice = await self._status(notice, "sending")
        facts = {"nhsNumber": notice.nhs_number, "messageReference": notice.reference}
        fault = self._books.faults.take("notify.delivery", {"failed", "no_news"}, facts)
        if fault is not None and fault.kind == "failed":
            await self._status(notice, "failed", fault.code or "MFR_SUPE_0007")
        elif fault is None:
            await asyncio.sleep(pause)
            await self._first_channel(notice, plan)

    def _fault_of(self, notice: Notice, plan: Plan) -> str:
        """Why a message fails before any channel is tried: nobody is told of missing words when they are posted."""
        if any(not notice.words.get(name) for name in plan.words):
            return "MFR_CFGV_0005"
        patient = self._books.notices.patient(notice.nhs_number)
        if patient is None:
            return "MFR_PDSV_0006"
        return "MFR_PDSV_0112" if patient["deceased"] else ""

    async def _first_channel(self, notice: Notice, plan: Plan) -> None:
        if "nhsapp" not in plan.channels:
            await self._text_in_time(notice)
            return
        self._keep(notice)
        notifications = self._books.notices.app_user(notice.nhs_number)
        body = notice.words.get("nhsapp_body") or notice.words["body"]
        if notifications is None or is_refused(body):
            notice = await self._channel(notice, "nhsapp", "failed", supplier="rejected", reason="CFR_SUPE_0001")
            await self._after_app(notice, plan)
            return
        _show(self._books, notice, APP_SENDER, as_read(body), notice.id)
        if notifications:
            notice = replace(notice, app_due=self._books.clock.time() + plan.app_seconds)
            await self._channel(notice, "nhsapp", "sending", supplier="notified")
        else:
            notice = await self._channel(notice, "nhsapp", "failed", supplier="unnotified")
            await self._after_app(notice, plan)

    async def _after_app(self, notice: Notice, plan: Plan) -> None:
        """The app has not reached the patient."""
        if "sms" in plan.channels:
            await self._text_in_time(notice)
        else:
            await self._status(notice, "failed", "MFR_SUPE_0007")

    async def _text_in_time(self, notice: Notice) -> None:
        """Text now, or when texts leave again, where the client's keep their hours."""
        client, now = self._books.notices.client(notice.client), self._books.clock.time()
        leaves = leaves_at(datetime.fromtimestamp(now, UTC)).timestamp()
        if client is None or not client.text_hours or leaves <= now:
            await self._text(notice)
        else:
            self._keep(replace(notice, app_due=leaves))

    async def _text(self, notice: Notice) -> None:
        self._keep(notice)
        patient = self._books.notices.patient(notice.nhs_number)
        if patient is None or not patient["mobile"]:
            notice = await self._channel(notice, "sms", "failed", reason="CFR_PDSV_0002")
            await self._status(notice, "failed", "MFR_PDSV_0002")
            return
        _show(self._books, notice, TEXT_SENDER, notice.words["sms_body"], f"SM{uuid4().hex}")
        notice = await self._channel(notice, "sms", "delivered", supplier="delivered")
        await self._status(notice, "delivered")

    def _keep(self, notice: Notice) -> None:
        if not self._books.notices.save(notice):
            raise _Forgotten

    async def _status(self, notice: Notice, status: str, code: str = "") -> Notice:
        notice = replace(notice, status=status, code=code)
        self._keep(notice)
        await self._callbacks.message_news(notice)
        return notice

    async def _channel(self, notice: Notice, kind: str, status: str, *, supplier: str = "", reason: str = "") -> Notice:
        channel: dict[str, Any] = {
            "type": kind,
            "cascadeType": "primary",
            "cascadeOrder": PLANS[notice.plan].channels.index(kind) + 1,
            "channelStatus": status,
        }
        channel |= {"supplierStatus": supplier} if supplier else {}
        channel |= failure_of("channel", reason)
        others = [before for before in notice.channels if before["type"] != kind]
        notice = replace(notice, channels=[*others, channel])
        self._keep(notice)
        await self._callbacks.channel_news(notice, channel)
        return notice


def _waits_in_app(notice: Notice) -> bool:
    return any(channel["type"] == "nhsapp" and channel["channelStatus"] == "sending" for channel in notice.channels)


JOURNEYS = web.AppKey("JOURNEYS", Journeys)


def _phone(mobile: str) -> str:
    """A mobile as texts name it, however the books have it."""
    try:
        return parse_mobile(mobile, allow_test_numbers=True).e164
    except NotAMobile:
        return mobile


def _show(books: Books, notice: Notice, sender: str, body: str, sid: str) -> None:
    """Put the words on the patient's phone, where people of the sandbox look."""
    patient, now = books.notices.patient(notice.nhs_number), books.clock.time()
    books.texts.add(
        Text(
            sid=sid,
            account="NHS Notify",
            recipient=_phone(patient["mobile"] if patient else "") or notice.nhs_number,
            sender=sender,
            service="",
            body=body,
            segments=measure(body).fragments if sender == TEXT_SENDER else 0,
            status="delivered",
            error_code=None,
            error_message="",
            callback="",
            created=now,
            updated=now,
        )
    )


async def journeys_context(app: web.Application) -> AsyncIterator[None]:
    """Move messages while the sandbox runs, those that its last stop left on their way too."""
    async with ClientSession(timeout=ClientTimeout(total=15), connector=TCPConnector(limit=AT_ONCE)) as session:
        app[JOURNEYS] = Journeys(app, Callbacks(app, session))
        app[JOURNEYS].set_off([notice for notice in app[BOOKS].notices.all() if notice.status in _ON_THE_WAY])
        spawn(app, app[JOURNEYS].look())
        yield
