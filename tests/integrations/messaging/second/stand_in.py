"""A stand-in for Heron over real HTTP, in a thread: it takes texts, forgets none, and does wrong when it is told to."""

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

from aiohttp import web

from tests.waiting import PATIENCE

ACCOUNT, SECRET = "heron-1", "a made-up secret"
BAD_NUMBER, STOPPED_NUMBER = "+447700900998", "+447700900997"


class HeronServer:
    """A running stand-in. `faults` are what becomes of the next texts: busy, lost_before, lost_after, html."""

    def __init__(self) -> None:
        self.url = ""
        self.texts: list[dict[str, Any]] = []
        self.faults: list[str] = []

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
        app.router.add_post("/messages", self._take)
        app.router.add_get("/messages", self._list)
        app.router.add_get("/messages/{id}", self._one)
        app.router.add_get("/account", self._account)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        if (refusal := _not_let_in(request)) is not None:
            return refusal
        wanted, fault = await request.json(), self.faults.pop(0) if self.faults else ""
        if fault == "busy":
            return web.json_response({"error": "busy"}, status=429, headers={"Retry-After": "7"})
        if fault == "lost_before":
            return _cut(request)
        for number, error in ((BAD_NUMBER, "bad_number"), (STOPPED_NUMBER, "opted_out")):
            if wanted["to"] == number:
                return web.json_response({"error": error}, status=422)
        text = {**wanted, "id": f"heron-{uuid4().hex}", "status": "queued", "created": datetime.now(UTC).isoformat()}
        self.texts.append(text)
        if fault == "lost_after":
            return _cut(request)
        if fault == "html":
            return web.Response(text="<!doctype html><title>Log in</title>", content_type="text/html")
        return web.json_response({"id": text["id"]}, status=202)

    async def _list(self, request: web.Request) -> web.Response:
        found = [text for text in reversed(self.texts) if text["to"] == request.query.get("to", text["to"])]
        return _not_let_in(request) or web.json_response({"messages": found})

    async def _one(self, request: web.Request) -> web.Response:
        found = [text for text in self.texts if text["id"] == request.match_info["id"]]
        return _not_let_in(request) or (web.json_response(found[0]) if found else web.Response(status=404))

    async def _account(self, request: web.Request) -> web.Response:
        return _not_let_in(request) or web.json_response({})


def _not_let_in(request: web.Request) -> web.Response | None:
    if request.headers.get("Authorization") == f"Key {ACCOUNT}:{SECRET}":
        return None
    return web.json_response({"error": "no_such_key"}, status=401)


def _cut(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()
