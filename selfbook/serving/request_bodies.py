"""Bodies of requests are read whole before a thread has anything to do with them, and not for ever.

A thread that waits for a body waits for as long as its sender likes: one sender with as many connections as there are
threads would hold every page up (OWASP's "Slow HTTP"; ASVS 15.2.2). So bodies are read here, by the event loop, where
a thousand slow ones cost nothing but memory: with a deadline, and with a bound for each body, for each address that
they come from, and for all of them. Requests without a body never wait for others'.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import quote

from core.web.client_addresses import Address, client_address, household
from selfbook.monitoring.requests import log_unread

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_PIECE = 256 * 1024
_IN_MEMORY = 256 * 1024
"""Bytes of one body; more of it lies in a file without a name. Keys that administrators upload are always smaller."""

_DRAINED = 10
"""Times the most bytes: so much of a body that is too long is read, for a browser to show our page about it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What bodies may cost one process. Seconds, and bytes or bodies at once."""

    most_bytes: int
    first_seconds: float = 10.0
    slowest: int = 20_000
    """Bytes a second that a body must keep up after its first seconds."""
    bodies: int = 1536
    bodies_each: int = 512
    held: int = 512 * 1024 * 1024
    held_each: int = 128 * 1024 * 1024


class _Refusal(Exception):
    """A body that is not read: the status of the answer, and its sentence."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class _Gone(Exception):
    """Whoever sent a body has gone, and waits for no answer."""


@dataclass(slots=True)
class _Share:
    bodies: int = 0
    held: int = 0


@dataclass(slots=True)
class _Body:
    """A body on its way: `size` is what has come of it, `held` what of that is held."""

    spool: SpooledTemporaryFile[bytes]
    shares: tuple[tuple[_Share, int], ...]
    size: int = 0
    held: int = 0

    def keep(self, piece: bytes) -> None:
        """Hold a piece. Raises _Refusal when all bodies together, or all of one address, would be too much."""
        self.spool.write(piece)
        self.held += len(piece)
        for share, _ in self.shares:
            share.held += len(piece)
        if any(share.held > most for share, most in self.shares):
            raise _busy()

    def drop(self) -> None:
        """Hold nothing of it any more."""
        self.spool.seek(0)
        self.spool.truncate()
        for share, _ in self.shares:
            share.held -= self.held
        self.held = 0


@dataclass(slots=True)
class _Bodies:
    """All bodies that are being read or held now, and whose they are."""

    limits: Limits
    total: _Share = field(default_factory=_Share)
    by_client: defaultdict[str, _Share] = field(default_factory=lambda: defaultdict(_Share))

    @contextmanager
    def body(self, client: str | None) -> Iterator[_Body]:
        """Room for one more, until the block ends. Raises _Refusal when there is none."""
        limits = self.limits
        # Where the client is not known it would be everybody.
        own = (self.by_client[client],) if client else ()
        if self.total.bodies >= limits.bodies or any(share.bodies >= limits.bodies_each for share in own):
            raise _busy()
        shares = ((self.total, limits.held), *((share, limits.held_each) for share in own))
        for share, _ in shares:
            share.bodies += 1
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            body = _Body(spool, shares)
            try:
                yield body
            finally:
                body.drop()
                for share, _ in shares:
                    share.bodies -= 1
                if client and not self.by_client[client].bodies:
                    del self.by_client[client]


class BodiesFirst:
    """An ASGI application in front of another, which gets each request once its body is here."""

    def __init__(self, application: Application, limits: Limits) -> None:
        """`application` is called with requests whose whole body can be received without a wait."""
        self._application = application
        self._limits = limits
        self._bodies = _Bodies(limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        # Other servers write "-" for "_" in names, and WSGI cannot tell them apart: X_Forwarded_For would be believed.
        headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        # A query must be ASCII, and browsers see to it: what is not is quoted as they would.
        scope = {**scope, "headers": headers, "query_string": quote(scope["query_string"], _ASCII).encode()}
        if not _has_body(headers):
            await self._application(scope, _nothing, send)
            return
        began, client = asyncio.get_running_loop().time(), _client(scope, headers)
        try:
            with self._bodies.body(household(client) if client else None) as body:
                await self._read(receive, body, _declared(headers))
                length = str(body.size).encode()
                others = [(n, v) for n, v in headers if n not in (b"content-length", b"transfer-encoding")]
                scope["headers"] = [*others, (b"content-length", length)]
                body.spool.seek(0)
                await self._application(scope, _replay(body), send)
        except _Gone:
            return
        except _Refusal as refusal:
            seconds = asyncio.get_running_loop().time() - began
            log_unread(scope.get("method", ""), refusal.status.value, client, seconds)
            await _answer(send, refusal)

    async def _read(self, receive: Receive, body: _Body, declared: int) -> None:
        """Read a whole body in time; of one that is too long nothing is held. Raises _Refusal and _Gone."""
        if declared > self._limits.most_bytes * _DRAINED:
            raise _too_long()
        loop = asyncio.get_running_loop()
        began = loop.time()
        # A task of its own, since the server's own tasks cannot be cancelled by a time limit.
        reading = loop.create_task(self._take(receive, body))
        try:
            while not reading.done():
                left = began + self._limits.first_seconds + body.size / self._limits.slowest - loop.time()
                if left <= 0:
                    raise _Refusal(
                        HTTPStatus.REQUEST_TIMEOUT,
                        "What you sent took too long to reach us. Check your connection, then try again.",
                    )
                await asyncio.wait({reading}, timeout=left)
        finally:
            reading.cancel()
        reading.result()

    async def _take(self, receive: Receive, body: _Body) -> None:
        most = self._limits.most_bytes
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise _Gone
            piece = message.get("body", b"")
            more = message.get("more_body", False)
            body.size += len(piece)
            if body.size > most * _DRAINED:
                raise _too_long()
            if body.size <= most:
                body.keep(piece)
            elif body.held:
                body.drop()


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in headers)


def _declared(headers: list[tuple[bytes, bytes]]) -> int:
    """The bytes that a body is said to have; 0 when nothing is said."""
    lengths = [value for name, value in headers if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


def _client(scope: Scope, headers: list[tuple[bytes, bytes]]) -> Address | None:
    peer = (scope.get("client") or ("",))[0]
    forwarded = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
    return client_address(peer, forwarded)


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def _replay(body: _Body) -> Receive:
    """The body that was read, a piece at a time. It ends early where nothing is held of it, being too long."""

    async def receive() -> dict[str, Any]:
        piece = body.spool.read(_PIECE)
        return {"type": "http.request", "body": piece, "more_body": len(piece) == _PIECE}

    return receive


def _busy() -> _Refusal:
    return _Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "We are busy just now. Wait a minute, then try again.")


def _too_long() -> _Refusal:
    return _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "What you sent is too big for us to take.")


async def _answer(send: Send, refusal: _Refusal) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
        (b"retry-after", b"60"),
    ]
    await send({"type": "http.response.start", "status": refusal.status.value, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.sentence.encode()})
