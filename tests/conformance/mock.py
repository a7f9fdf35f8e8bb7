"""A mock of an outside system that is made of its schema alone: it refuses what the schema refuses.

Its answers are samples of the schema, or what a test has laid ready. What was wrong with a request is kept in `faults`.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from integrations.sandbox.server import serve_in_thread
from tests.conformance.exchange import Answer, Request
from tests.conformance.oracle import Oracle


@dataclass
class Mock:
    """A running mock. `answers` are those laid ready, by operation, the first first; the last of them stays."""

    by: Oracle
    prefix: str = ""
    answers: defaultdict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    requests: list[tuple[str, Request]] = field(default_factory=list)
    url: str = ""

    def forget(self) -> None:
        """As if it had just started."""
        self.answers.clear()
        self.faults.clear()
        self.requests.clear()

    def will_answer(
        self, operation: str, body: Any, status: int = 200, headers: Mapping[str, str] | None = None, media: str = ""
    ) -> None:
        """Answer the next requests for an operation so. Raises AssertionError where the schema has no such answer."""
        given = {"Content-Type": media or "application/json", **(headers or {})}
        self.answers[operation].append(Answer(status, given, json.dumps(body).encode()))

    def asked(self, operation: str) -> list[Request]:
        """The requests for an operation, in their order."""
        return [request for name, request in self.requests if name == operation]

    def __enter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._running = ExitStack()
        self.url = self._running.enter_context(serve_in_thread(app)) + self.prefix
        return self

    def __exit__(self, *error: object) -> None:
        self._running.close()

    async def _serve(self, request: web.Request) -> web.Response:
        asked = await Request.from_web(request, request.path.removeprefix(self.prefix))
        faults = self.by.request_faults(asked)
        if faults:
            self.faults += faults
            return web.json_response({"mock": faults}, status=400)
        operation = self.by.operation(asked)["operationId"]
        self.requests.append((operation, asked))
        ready = self.answers[operation]
        if not ready:
            self.faults.append(f"no answer is ready for {operation}")
            return web.json_response({}, status=500)
        answer = ready.pop(0) if len(ready) > 1 else ready[0]
        wrong = self.by.answer_faults(asked, answer)
        if wrong:
            self.faults.append(f"the answer that was laid ready is not one: {wrong}")
        return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))
