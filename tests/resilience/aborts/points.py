"""Every place where our process touches something outside it: a commit, a request, a hint, a shared key.

What is outside outlives the process. So these are all the moments between which a kill can make a difference, and
each is a point before the touch and a point after it. They are taken where the libraries touch the wire, not where our
code asks them to: psycopg for the database, httpx and aiohttp for HTTP, redis for the cache, Celery for hints. New code
that goes by the same libraries is watched without being told of.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import aiohttp
import httpx
import psycopg
import pytest
import redis
from django.conf import settings

from core import hints

_OURS = tuple(
    f"{settings.BASE_DIR / room}{os.sep}"
    for room in ("booking", "campaigns", "core", "integrations", "patients", "practices")
)
_WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "COPY", "MERGE", "WITH")
_CACHE_WRITES = ("SET", "SETNX", "SETEX", "DEL", "GETDEL", "INCR", "EXPIRE")


@dataclass(frozen=True, slots=True)
class Point:
    """One moment beside a touch. `place` is the innermost line of ours that led to it.

    `changed`: the touch may have left something outside that was not there before.
    """

    side: str
    touch: str
    place: str
    changed: bool = False

    def __str__(self) -> str:
        return f"{self.side} {self.touch}, at {self.place}"


@dataclass
class Watch:
    """Counts the points that this process passes while it is awake, and kills the process at one of them."""

    points: list[Point] = field(default_factory=list)
    awake: bool = False
    deadly: int = 0
    last_words: Callable[[Point], None] = lambda point: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def passing(self, side: str, touch: str, changed: bool = False) -> None:
        """Count one point; the process goes no further when it is the deadly one (they count from 1)."""
        if not self.awake:
            return
        with self._lock:
            self.points.append(Point(side, touch, _place(), changed))
            if len(self.points) == self.deadly:
                self.last_words(self.points[-1])
                os.kill(os.getpid(), signal.SIGKILL)  # nothing of Python's runs after this line, in any thread

    @contextmanager
    def around(self, touch: str, *, reads: bool = False) -> Iterator[None]:
        """The two points of a touch; an answer that is an error is an answer too."""
        self.passing("before", touch)
        try:
            yield
        finally:
            self.passing("after", touch, not reads)

    @contextmanager
    def counting(self) -> Iterator[list[Point]]:
        """Be awake, from nought; gives the list that the points are put in."""
        self.points, self.awake = [], True
        try:
            yield self.points
        finally:
            self.awake = False


def distinct(points: Sequence[Point]) -> list[int]:
    """The numbers of the points of one piece of work at which the outside may stand as at no other of them.

    That is before all else, after each change, and before a touch while another is under way.
    """
    numbers, under_way = [], 0
    for number, point in enumerate(points, start=1):
        if number == 1 or point.changed or (point.side == "before" and under_way):
            numbers.append(number)
        under_way += 1 if point.side == "before" else -1
    return numbers


def _place() -> str:
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_OURS):
            return f"{Path(name).relative_to(settings.BASE_DIR)}:{frame.f_lineno} {frame.f_code.co_qualname}"
        frame = frame.f_back
    return "outside our rooms"


def install(
    watch: Watch, sandbox_url: str, send_hint: Callable[[str, list[str], float], None], patch: pytest.MonkeyPatch
) -> None:
    """Put the watch on every way out, and have hints handed to `send_hint` in place of a broker."""
    _watch_database(watch, patch)
    _watch_http(watch, sandbox_url, patch)
    _watch_cache(watch, patch)

    def publish(task: str, arguments: list[str], after: float = 0) -> None:
        with watch.around(f"hint {task}"):
            send_hint(task, arguments, after)

    patch.setattr(hints, "publish", publish)


def _watch_database(watch: Watch, patch: pytest.MonkeyPatch) -> None:
    """A commit is a point only when there was something to commit; a write outside a transaction commits itself."""
    commit, execute, many = psycopg.Connection.commit, psycopg.Cursor.execute, psycopg.Cursor.executemany

    def watched_commit(self: Any) -> None:
        if not getattr(self, "has_written", False):
            return commit(self)
        self.has_written = False
        with watch.around("COMMIT"):
            return commit(self)

    def watched(run: Callable[..., Any]) -> Callable[..., Any]:
        def watched_run(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:
            tokens = str(query).lstrip(" (").split(maxsplit=3)
            if not tokens or tokens[0].upper() not in _WRITES:
                return run(self, query, *arguments, **options)
            if not self.connection.autocommit:
                self.connection.has_written = True
                return run(self, query, *arguments, **options)
            touch = " ".join(tokens[:3])
            watch.passing("before", touch)
            done = run(self, query, *arguments, **options)
            watch.passing("after", touch, self.rowcount != 0)
            return done

        return watched_run

    patch.setattr(psycopg.Connection, "commit", watched_commit)
    patch.setattr(psycopg.Cursor, "execute", watched(execute))
    patch.setattr(psycopg.Cursor, "executemany", watched(many))


def _watch_http(watch: Watch, sandbox_url: str, patch: pytest.MonkeyPatch) -> None:
    """Requests to the stand-in; those that a test makes to its controls are none of the product's."""
    by_httpx, by_aiohttp = httpx.HTTPTransport.handle_request, aiohttp.ClientSession._request

    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        address = str(request.url)
        if not address.startswith(sandbox_url) or "/__control/" in address:
            return by_httpx(self, request)
        with watch.around(f"{request.method} {_part(address, sandbox_url)}", reads=request.method == "GET"):
            return by_httpx(self, request)

    async def request(self: aiohttp.ClientSession, method: str, url: Any, **options: Any) -> Any:
        if not str(url).startswith(sandbox_url):
            return await by_aiohttp(self, method, url, **options)
        with watch.around(f"{method} {_part(str(url), sandbox_url)}", reads=method.upper() == "GET"):
            return await by_aiohttp(self, method, url, **options)

    patch.setattr(httpx.HTTPTransport, "handle_request", handle_request)
    patch.setattr(aiohttp.ClientSession, "_request", request)


def _part(address: str, sandbox_url: str) -> str:
    """Which of the stand-in's interfaces an address is of, and what of it."""
    path = address.removeprefix(sandbox_url).split("?")[0].strip("/").split("/")
    return f"{path[0]} .../{path[-1]}"


def _watch_cache(watch: Watch, patch: pytest.MonkeyPatch) -> None:
    execute: Callable[..., Any] = redis.Redis.execute_command

    def execute_command(self: Any, *arguments: Any, **options: Any) -> Any:
        if str(arguments[0]).upper() not in _CACHE_WRITES:
            return execute(self, *arguments, **options)
        with watch.around(f"cache {arguments[0]}"):
            return execute(self, *arguments, **options)

    patch.setattr(redis.Redis, "execute_command", execute_command)
