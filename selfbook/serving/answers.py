"""Django's pages for a server that speaks ASGI: a thread makes each answer, and it goes back whole.

a2wsgi's own middleware hands an answer over a piece at a time and waits for each, and runs every page in a context of
its own, in which Django's cache connects to Redis anew: together a good third of what a patient's page cost
(docs/performance.md). What it makes of a request is used.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from types import TracebackType
from typing import Any, NamedTuple, cast
from wsgiref.types import WSGIApplication, WSGIEnvironment

from a2wsgi.asgi_typing import HTTPScope
from a2wsgi.wsgi import Body, build_environ

from selfbook.serving.request_bodies import Receive, Scope, Send

_Error = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class Answer(NamedTuple):
    """A whole answer: its status, and its headers as ASGI has them."""

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes


class WholeAnswers:
    """A WSGI application as one for ASGI: threads make the answers, each to its end, files of many pieces too."""

    def __init__(self, application: WSGIApplication, threads: int) -> None:
        """`threads` answers are made at once at most."""
        self._application = application
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="WSGI")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; and the server, which says when it starts and stops."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop, message = asyncio.get_running_loop(), await receive()
        environ = cast(WSGIEnvironment, build_environ(cast(HTTPScope, scope), cast(Body, BytesIO())))
        environ["wsgi.input"] = _body(message, receive, loop)
        made = await loop.run_in_executor(self._threads, answer, self._application, environ)
        await send({"type": "http.response.start", "status": made.status, "headers": made.headers})
        await send({"type": "http.response.body", "body": made.content})


def answer(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """What a WSGI application answers, made to its end and closed. Raises what it raises."""
    status, headers = "", list[tuple[str, str]]()
    pieces: list[bytes] = []

    def start(line: str, fields: list[tuple[str, str]], error: _Error | None = None) -> Callable[[bytes], object]:
        nonlocal status, headers
        status, headers = line, fields
        return pieces.append

    made: Iterable[bytes] = application(environ, start)
    try:
        pieces.extend(made)
    finally:
        if hasattr(made, "close"):
            made.close()
    encoded = [(name.encode("latin-1").lower(), value.encode("latin-1")) for name, value in headers]
    return Answer(int(status.partition(" ")[0]), encoded, b"".join(pieces))


def _body(message: dict[str, Any], receive: Receive, loop: asyncio.AbstractEventLoop) -> BytesIO | Body:
    """The body of a request, whose first piece has come, as a file for a thread."""
    piece = message.get("body", b"")
    if not message.get("more_body", False):
        return BytesIO(piece)
    body = Body(loop, cast(Callable[[], Awaitable[Any]], receive))
    body.buffer.extend(piece)
    return body


async def _live(receive: Receive, send: Send) -> None:
    """Say yes to the server's start and to its end."""
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})
