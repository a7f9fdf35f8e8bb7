"""The sandbox on a free loopback port, in a thread: for tests."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, Self

import httpx
from aiohttp import web
from anyio.from_thread import start_blocking_portal

from integrations.sandbox.app import Part, create_app
from integrations.sandbox.books import Books
from integrations.sandbox.network.authority import Authority
from integrations.sandbox.network.mutual_tls import demanding, serve_mutual_tls


class SandboxServer:
    """A running sandbox. `url` is its address, without a slash at the end.

    `secure_url` is the same behind TLS: who calls there must show a client certificate of `authority`, which has issued
    the server's too.

    with SandboxServer() as sandbox:
        sandbox.control("seed", {...})
        sandbox.fault("gp_connect.book", "timeout_after")
    """

    def __init__(self, store: str = ":memory:", port: int = 0, more: Sequence[Part] = ()) -> None:
        """Prepare a server over the store at this path, with more parts; port 0 takes a free one."""
        self._more = more
        self.url = self.secure_url = ""
        self.authority = Authority()
        self._store = store
        self._port = port
        self._running = ExitStack()
        self._client = httpx.Client(trust_env=False, timeout=60)

    def start(self) -> None:
        """Start, and return once it answers. Raises what kept it from starting, such as OSError for a taken port."""
        self.url = self._running.enter_context(serve_in_thread(create_app(Books(self._store), self._more), self._port))
        context = demanding(self.authority.server(), self.authority)
        inner_port = int(self.url.rpartition(":")[2])
        self.secure_url = self._running.enter_context(serve_mutual_tls(context, inner_port))

    def stop(self) -> None:
        """Stop, and return once the port is free."""
        self._client.close()
        self._running.close()

    def control(self, path: str, body: object = None, method: str = "") -> Any:
        """Call `/__control/<path>` and return its JSON: POST with a body, else GET, unless `method` says so."""
        method = method or ("GET" if body is None else "POST")
        response = self._client.request(method, f"{self.url}/__control/{path}", json=body)
        response.raise_for_status()
        return response.json()

    def fault(self, target: str, kind: str, **details: object) -> None:
        """Ask for a fault (see `faults`)."""
        self.control("faults", {"target": target, "kind": kind, **details})

    def __enter__(self) -> Self:
        """Start, as `start` does."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, as `stop` does."""
        self.stop()


@contextmanager
def serve_in_thread(app: web.Application, port: int = 0) -> Iterator[str]:
    """Serve an application on a loopback port, on an event loop in a thread of its own, for as long as this is open.

    Its address comes without a slash at the end; port 0 takes a free one. Raises OSError for a port that is taken.
    """
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(_served(app, port)) as url:
        yield url


@asynccontextmanager
async def _served(app: web.Application, port: int) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
