"""Bodies of requests: slow ones hold nobody up, and each costs no more than its share."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from selfbook.demo.stack import WEB_OPTIONS
from selfbook.serving.request_bodies import BodiesFirst, Limits, Scope
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
CLIENT = "203.0.113.5"


class Sender:
    """A client whose body comes in pieces; after the last it sends nothing more, or has gone."""

    def __init__(self, *pieces: bytes, ends: bool = True, gone: bool = False) -> None:
        last = len(pieces) - 1
        self._messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": piece, "more_body": not ends or number < last}
            for number, piece in enumerate(pieces)
        ]
        if gone:
            self._messages.append({"type": "http.disconnect"})
        self.answer: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages.pop(0)

    async def send(self, message: dict[str, Any]) -> None:
        self.answer.append(message)

    @property
    def status(self) -> int | None:
        return self.answer[0]["status"] if self.answer else None


class Pages:
    """The application behind: what it was given, as (headers, body, query)."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[bytes, bytes], bytes, bytes]] = []

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.seen.append((dict(scope["headers"]), body, scope["query_string"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})


def request(length: int | None, client: str = CLIENT, query: bytes = b"", **headers: str) -> Scope:
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    about = (b"transfer-encoding", b"chunked") if length is None else (b"content-length", str(length).encode())
    return {"type": "http", "client": (client, 4711), "headers": [*sent, about], "query_string": query}


def ask(front: BodiesFirst, *pairs: tuple[Scope, Sender]) -> None:
    """Send requests, each begun before the next."""

    async def all_of_them() -> None:
        await asyncio.gather(*(front(scope, sender.receive, sender.send) for scope, sender in pairs))

    asyncio.run(all_of_them())


@pytest.fixture
def pages() -> Pages:
    return Pages()


def front(pages: Pages, **limits: Any) -> BodiesFirst:
    return BodiesFirst(pages, Limits(**({"most_bytes": 100, "first_seconds": 0.05} | limits)))


def test_a_body_in_pieces_comes_whole_with_its_length(pages: Pages) -> None:
    sender = Sender(b"date=", b"", b"1 April")
    ask(front(pages), (request(None, x_real="yes"), sender))
    assert sender.status == 200
    assert pages.seen == [({b"x-real": b"yes", b"content-length": b"12"}, b"date=1 April", b"")]


def test_a_body_larger_than_memory_comes_whole(pages: Pages) -> None:
    pieces = [bytes([number]) * 100_000 for number in range(9)]
    ask(front(pages, most_bytes=2**20), (request(900_000), Sender(*pieces)))
    assert pages.seen[0][1] == b"".join(pieces)


@pytest.mark.parametrize("length", [1000, None])
def test_a_body_that_does_not_come_is_given_up(pages: Pages, length: int | None) -> None:
    sender = Sender(b"a", ends=False)
    ask(front(pages), (request(length), sender))
    assert (sender.status, pages.seen) == (408, [])
    assert b"Check your connection" in sender.answer[1]["body"]


def test_a_body_that_comes_steadily_may_take_longer(pages: Pages) -> None:
    class Steady(Sender):
        async def receive(self) -> dict[str, Any]:
            await asyncio.sleep(0.02)
            return await super().receive()

    sender = Steady(*[b"a" * 10] * 8)
    ask(front(pages, slowest=200), (request(80), sender))
    assert sender.status == 200


def test_who_has_gone_gets_no_answer_and_no_page(pages: Pages) -> None:
    sender = Sender(b"a", ends=False, gone=True)
    ask(front(pages), (request(1000), sender))
    assert (sender.status, pages.seen) == (None, [])


def test_a_body_that_is_too_long_is_not_held_and_django_says_so(pages: Pages) -> None:
    ask(front(pages), (request(300), Sender(*[b"a" * 50] * 6)))
    assert pages.seen == [({b"content-length": b"300"}, b"", b"")]


@pytest.mark.parametrize("length", [2000, None])
def test_one_that_is_far_too_long_is_not_even_read(pages: Pages, length: int | None) -> None:
    sender = Sender(*[b"a" * 500] * 4)
    ask(front(pages), (request(length), sender))
    assert (sender.status, pages.seen) == (413, [])


def test_one_address_has_its_share_and_leaves_others_theirs(pages: Pages) -> None:
    slow = [Sender(b"a", ends=False) for _ in range(3)]
    other, bare = Sender(b"b"), Sender(b"")
    ask(
        front(pages, bodies_each=2),
        *((request(10), sender) for sender in slow),
        (request(1, client="203.0.113.6"), other),
        (request(0), bare),
    )
    assert [sender.status for sender in slow] == [408, 408, 503]
    assert (other.status, bare.status) == (200, 200)


@pytest.mark.parametrize("limits", [{"bodies": 2}, {"held": 150}, {"held_each": 150}])
def test_all_bodies_together_have_an_end(pages: Pages, limits: dict[str, int]) -> None:
    senders = [Sender(b"a" * 60, ends=False) for _ in range(3)]
    the_front = front(pages, **limits)
    ask(the_front, *((request(100), sender) for sender in senders))
    assert sorted(sender.status or 0 for sender in senders) == [408, 408, 503]
    last = Sender(b"a" * 100)
    ask(the_front, (request(100), last))
    assert last.status == 200, "what was held is let go"


def test_an_address_is_read_as_everywhere_behind_a_proxy(pages: Pages, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ["10.1.0.0/24"]
    senders = [Sender(b"a", ends=False) for _ in range(2)]
    scopes = [
        request(10, client="10.1.0.2", x_forwarded_for=f"192.0.2.{number}, {CLIENT}") for number in range(len(senders))
    ]
    ask(front(pages, bodies_each=1), *zip(scopes, senders, strict=True))
    assert [sender.status for sender in senders] == [408, 503]


def test_names_that_wsgi_would_take_for_others_are_left_out(pages: Pages) -> None:
    scope = request(0)
    scope["headers"] += [(b"x_forwarded_for", b"192.0.2.1"), (b"x-forwarded-for", b"203.0.113.9")]
    ask(front(pages), (scope, Sender(b"")))
    assert b"x_forwarded_for" not in pages.seen[0][0]
    assert pages.seen[0][0][b"x-forwarded-for"] == b"203.0.113.9"


def test_a_query_is_ascii(pages: Pages) -> None:
    ask(front(pages), (request(0, query="a=%20&b=é".encode()), Sender(b"")))
    assert pages.seen[0][2] == b"a=%20&b=%C3%A9"


# The web server as it runs.


@pytest.fixture
def port(transactional_db: None) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    server, _, query = os.environ["DATABASE_URL"].partition("?")
    url = f"{server.rpartition('/')[0]}/{connection.settings_dict['NAME']}?{query}"
    command = [sys.executable, "-m", "granian", *WEB_OPTIONS, "selfbook.asgi:application"]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--log-level", "error"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "DATABASE_POOL_MAX": "8"},
    )
    try:
        wait_until(lambda: _status(port, "/health/") == 200)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _status(port: int, path: str) -> int:
    visitor = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        visitor.request("GET", path)
        return visitor.getresponse().status
    except ConnectionError:
        return 0
    finally:
        visitor.close()


@pytest.mark.hazard("H-14.5")
def test_slow_senders_do_not_keep_anybody_waiting(port: int) -> None:
    csrf = "a" * 32
    slow = (
        f"POST /account/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrf={csrf}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nlogin="
    ).encode()
    with ExitStack() as open_connections:
        for _ in range(64):
            sender = open_connections.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            sender.sendall(slow)
        _status(port, "/account/login/")  # the first page is made with everything that pages are made with
        for path in ("/health/", "/account/login/"):
            began = monotonic()
            assert _status(port, path) == 200
            assert monotonic() - began < 2
        visitor = open_connections.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        visitor.sendall(slow.replace(b"1000", b"6"))
        assert b" 403 " in visitor.recv(100), "a form that comes whole is read"


def test_the_image_runs_the_same_web_server() -> None:
    started = (ROOT / "Dockerfile").read_text().rpartition("CMD ")[2]
    for option in WEB_OPTIONS:
        assert f'"{option}"' in started
