"""A proxy in front of the sandbox that keeps every exchange: what adapters ask, and what the sandbox answers.

And `Notebook`, which takes what a stand-in posts by itself: news and patients' texts.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Self

from aiohttp import ClientSession, DummyCookieJar, web
from yarl import URL

from integrations.sandbox.server import serve_in_thread
from tests.conformance.exchange import Answer, Request

_OF_ONE_HOP = {"host", "content-length", "transfer-encoding", "connection", "content-encoding"}


@dataclass
class Witness:
    """A running proxy. `address` answers as the sandbox at `behind` does."""

    behind: str
    exchanges: list[tuple[Request, Answer]] = field(default_factory=list)
    url: str = ""

    def below(self, prefix: str) -> Sequence[tuple[Request, Answer]]:
        """The exchanges of one part of the sandbox, with paths below its prefix."""
        return [
            (Request(r.method, r.path.removeprefix(prefix), r.query, r.headers, r.body), answer)
            for r, answer in self.exchanges
            if r.path.startswith(prefix)
        ]

    def __enter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._pass_on)
        self._running = ExitStack()
        self.url = self._running.enter_context(serve_in_thread(app))
        return self

    def __exit__(self, *error: object) -> None:
        self._running.close()

    async def _pass_on(self, request: web.Request) -> web.Response:
        asked = await Request.from_web(request, request.path)
        # The host stays as it was: addresses in answers, and what a log-in is meant for, are made of it.
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _OF_ONE_HOP]
        async with (
            ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False) as session,
            session.request(
                request.method,
                URL(self.behind + request.raw_path, encoded=True),
                headers=[*headers, ("Host", request.host)],
                data=asked.body or None,
                skip_auto_headers=("Content-Type", "Accept", "User-Agent", "Accept-Encoding"),
                allow_redirects=False,
            ) as answer,
        ):
            body = await answer.read()
            given = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_ONE_HOP}
            self.exchanges.append((asked, Answer(answer.status, given, body)))
            return web.Response(status=answer.status, body=body, headers=given)


@dataclass
class Notebook:
    """Something on loopback that takes whatever is posted to it, and answers with a status."""

    answer: int = 202
    posts: list[Request] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{tail:.*}", self._take)
        self._running = ExitStack()
        self.url = self._running.enter_context(serve_in_thread(app))
        return self

    def __exit__(self, *error: object) -> None:
        self._running.close()

    async def _take(self, request: web.Request) -> web.Response:
        self.posts.append(await Request.from_web(request, request.path))
        return web.Response(status=self.answer)
