"""Something on loopback that takes delivery receipts, as the product's webhook does."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs

from aiohttp import web

from integrations.messaging.port import Post, TextAccount
from integrations.messaging.twilio import receipts as twilio_receipts
from integrations.sandbox.server import serve_in_thread


@dataclass(frozen=True)
class Delivery:
    """One receipt as it came."""

    url: str
    parameters: dict[str, list[str]]
    headers: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """The last value of a parameter, or nothing."""
        return self.parameters.get(name, [""])[-1]

    def is_signed_with(self, token: str, *signing_keys: str) -> bool:
        """Whether the product would believe it, for an account with this token and these signing keys."""
        account = TextAccount("twilio", "AC1", token, "+447700900999", self.url, signing_keys=signing_keys)
        post = Post(self.url, self.headers, b"", self.parameters)
        return twilio_receipts.verify(post, account) is twilio_receipts.SignatureCheck.GENUINE


@dataclass
class Receiver:
    """A running receiver. `answers` are the statuses of its next answers; 204 when used up."""

    deliveries: list[Delivery] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    url: str = ""

    def statuses(self, sid: str = "") -> list[str]:
        """The statuses that came, in order; of one text when `sid` is given."""
        return [delivery["MessageStatus"] for delivery in self.deliveries if sid in ("", delivery["MessageSid"])]

    def __enter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/receipts/{id}", self._take)
        self._running = ExitStack()
        self.url = f"{self._running.enter_context(serve_in_thread(app))}/receipts/7?practice=1"
        return self

    def __exit__(self, *error: object) -> None:
        self._running.close()

    async def _take(self, request: web.Request) -> web.Response:
        form = parse_qs((await request.read()).decode(), keep_blank_values=True)
        self.deliveries.append(Delivery(self.url, form, request.headers))
        return web.Response(status=self.answers.pop(0) if self.answers else 204)
