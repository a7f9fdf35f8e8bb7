"""Something on loopback that takes delivery receipts, as the product's webhook does."""

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs

from aiohttp import web

from integrations.messaging.twilio import receipts as twilio_receipts
from tests.waiting import PATIENCE


@dataclass(frozen=True)
class Delivery:
    """One receipt as it came."""

    url: str
    parameters: dict[str, list[str]]
    signature: str

    def __getitem__(self, name: str) -> str:
        """The last value of a parameter, or nothing."""
        return self.parameters.get(name, [""])[-1]

    def is_signed_with(self, token: str) -> bool:
        """Whether the product would believe it."""
        return twilio_receipts.verify(self.url, self.parameters, self.signature, token)


@dataclass
class Receiver:
    """A running receiver. `answers` are the statuses of its next answers; 204 when used up."""

    deliveries: list[Delivery] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    url: str = ""

    def statuses(self, sid: str = "") -> list[str]:
        """The statuses that came, in order; of one text when `sid` is given."""
        return [delivery["MessageStatus"] for delivery in self.deliveries if sid in ("", delivery["MessageSid"])]

    def __enter__(self) -> Self:
        self._loop, self._stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve(ready)], daemon=True)
        self._thread.start()
        assert ready.wait(PATIENCE)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self, ready: threading.Event) -> None:
        app = web.Application()
        app.router.add_post("/receipts/{id}", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/receipts/7?practice=1"
        ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        form = parse_qs((await request.read()).decode(), keep_blank_values=True)
        self.deliveries.append(Delivery(self.url, form, request.headers.get("X-Twilio-Signature", "")))
        return web.Response(status=self.answers.pop(0) if self.answers else 204)
