"""The sandbox on a free loopback port, in a thread: for tests and benchmarks."""

import asyncio
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx
from aiohttp import web

from integrations.sandbox.app import Part, create_app
from integrations.sandbox.books import Books

START_SECONDS = 60.0


class SandboxServer:
    """A running sandbox. `url` is its address, without a slash at the end.

    with SandboxServer() as sandbox:
        sandbox.control("seed", {...})
        sandbox.fault("gp_connect.book", "timeout_after")
    """

    def __init__(self, store: str = ":memory:", port: int = 0, more: Sequence[Part] = ()) -> None:
        """Prepare a server over the store at this path, with more parts; port 0 takes a free one."""
        self._more = more
        self.url = ""
        self._store = store
        self._port = port
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._client = httpx.Client(trust_env=False, timeout=60)

    def start(self) -> None:
        """Start, and return once it answers. Raises what kept it from starting."""
        self._thread.start()
        if not self._ready.wait(START_SECONDS) or self._failure is not None:
            raise RuntimeError("The sandbox did not start") from self._failure

    def stop(self) -> None:
        """Stop, and return once the port is free."""
        self._client.close()
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(START_SECONDS)

    def control(self, path: str, body: object = None, method: str = "") -> Any:
        """Call `/__control/<path>` and return its JSON: POST with a body, else GET, unless `method` says so."""
        method = method or ("GET" if body is None else "POST")
        response = self._client.request(method, f"{self.url}/__control/{path}", json=body)
        response.raise_for_status()
        return response.json()

    def fault(self, target: str, kind: str, **details: object) -> None:
        """Ask for a fault (see `faults`)."""
        self.control("faults", {"target": target, "kind": kind, **details})

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as failure:
            self._failure = failure
            self._ready.set()
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        runner = web.AppRunner(create_app(Books(self._store), self._more), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            self._ready.set()
            await self._stop.wait()
        finally:
            await runner.cleanup()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()
