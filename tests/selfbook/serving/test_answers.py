"""The pages behind the web server: each answer is made whole by a thread, and what a thread has connected to stays."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from django.core.cache import cache

from selfbook.serving.answers import WholeAnswers

Messages = list[dict[str, Any]]


class Pages:
    """A WSGI application that answers with what it was sent, a byte at a time."""

    def __init__(self) -> None:
        self.closed = 0
        self.fails = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        sent = environ["wsgi.input"].read()
        start_response("201 Created", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Path", environ["PATH_INFO"])])
        return self._pieces(sent)

    def _pieces(self, sent: bytes) -> Iterator[bytes]:
        try:
            for byte in sent:
                yield bytes([byte])
            if self.fails:
                raise RuntimeError("half way")
        finally:
            self.closed += 1


def ask(application: WholeAnswers, *pieces: bytes, kind: str = "http", times: int = 1) -> Messages:
    """Send a request so many times, its body in pieces; what came back, in order."""
    answers: Messages = []

    async def one() -> None:
        messages = [{"body": piece, "more_body": number < len(pieces)} for number, piece in enumerate(pieces, start=1)]

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", **messages.pop(0)} if messages else {"type": f"{kind}.startup"}

        async def send(message: dict[str, Any]) -> None:
            answers.append(message)

        scope = {
            "type": kind,
            "method": "POST",
            "http_version": "1.1",
            "path": "/here/",
            "query_string": b"",
            "headers": [(b"content-length", str(sum(map(len, pieces))).encode())],
        }
        await application(scope, receive, send)

    async def all_of_them() -> None:
        for _ in range(times):
            await one()

    asyncio.run(all_of_them())
    return answers


@pytest.mark.parametrize("pieces", [(b"",), (b"name=Ann",), (b"name", b"=", b"Ann")])
def test_an_answer_comes_whole_with_all_its_headers(pieces: tuple[bytes, ...]) -> None:
    pages = Pages()
    start, body = ask(WholeAnswers(pages, threads=1), *pieces)
    assert start["status"] == 201
    assert start["headers"] == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-path", b"/here/")]
    assert body == {"type": "http.response.body", "body": b"".join(pieces)}
    assert pages.closed == 1


def test_what_fails_half_way_is_closed_and_nothing_of_it_is_sent() -> None:
    pages = Pages()
    pages.fails = True
    application = WholeAnswers(pages, threads=1)
    with pytest.raises(RuntimeError, match="half way"):
        ask(application, b"x")
    assert pages.closed == 1


def test_the_server_may_say_that_it_starts_and_stops() -> None:
    answers = ask(WholeAnswers(Pages(), threads=1), kind="lifespan")
    assert [answer["type"] for answer in answers] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_pages_of_one_thread_share_their_connection_to_redis() -> None:
    """With a context of its own each page would connect anew: Django's caches belong to a context."""
    seen = []

    def look(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(cache._connections[cache._alias])  # type: ignore[attr-defined] # only there can it be seen
        start_response("200 OK", [])
        return []

    ask(WholeAnswers(look, threads=1), b"", times=5)
    assert len(seen) == 5
    assert all(client is seen[0] for client in seen)
