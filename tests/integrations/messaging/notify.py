"""A made-up client of NHS Notify, its keys, and something on loopback that takes its news."""

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self
from uuid import uuid4

from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.messaging.port import NotifyAccount, OutgoingText
from integrations.sandbox.server import serve_in_thread

ODS = "Y00002"
API_KEY, KEY_ID, APPLICATION_ID = "a-made-up-key", "test-1", "app-1"
APP_ONLY, APP_THEN_TEXT = (f"00000000-0000-0000-0000-0000000000{number}" for number in ("01", "07"))
ASHA, BEN, CARA, NOBODY = "9990000018", "9990000026", "9990000034", "9990000042"
MOBILES = {ASHA: "+447700900001", BEN: "+447700900002", CARA: "+447700900003"}


@cache
def keys() -> tuple[str, str]:
    """A private key and its public half, made once: it takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def seed(callback_url: str = "") -> dict[str, Any]:
    """A practice with three patients: Asha's phone tells her of app messages, Ben's does not, Cara has no app."""
    person = {"ods": ODS, "given": "A", "family": "B", "dob": "1958-03-09"}
    return {
        "practices": [{"ods": ODS, "system": "systmone", "name": "Example Surgery"}],
        "patients": [{**person, "nhs_number": number, "mobile": mobile} for number, mobile in MOBILES.items()],
        "app_users": [
            {"ods": ODS, "nhs_number": ASHA, "notifications": True},
            {"ods": ODS, "nhs_number": BEN, "notifications": False},
        ],
        "notify_clients": [
            {
                "api_key": API_KEY,
                "key_id": KEY_ID,
                "public_key": keys()[1],
                "application_id": APPLICATION_ID,
                "callback_url": callback_url,
                "step_seconds": 0.01,
            }
        ],
    }


def account(sandbox_url: str, plan: str = APP_THEN_TEXT) -> NotifyAccount:
    """The seeded client's account."""
    return NotifyAccount(API_KEY, KEY_ID, keys()[0], plan, ODS, base_url=f"{sandbox_url}/notify/comms")


def a_message(nhs_number: str = ASHA, body: str = "Please book: https://sb.example/i/abc", **more: Any) -> OutgoingText:
    """A message to send."""
    return OutgoingText(uuid4(), "", body, nhs_number=nhs_number, **more)


@dataclass
class NewsReceiver:
    """A running receiver of news: the bodies as they came, with both headers."""

    posts: list[tuple[bytes, str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    url: str = ""

    def events(self) -> list[dict[str, Any]]:
        """All events, in the order in which they came."""
        return [event for body, _, _ in self.posts for event in json.loads(body)["data"]]

    def statuses(self) -> list[str]:
        """What became of messages as a whole."""
        return [e["attributes"]["messageStatus"] for e in self.events() if e["type"] == "MessageStatus"]

    def __enter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/news", self._take)
        self._running = ExitStack()
        self.url = f"{self._running.enter_context(serve_in_thread(app))}/news"
        return self

    def __exit__(self, *error: object) -> None:
        self._running.close()

    async def _take(self, request: web.Request) -> web.Response:
        headers = request.headers
        post = (await request.read(), headers.get("x-api-key", ""), headers.get("x-hmac-sha256-signature", ""))
        self.posts.append(post)
        return web.Response(status=self.answers.pop(0) if self.answers else 202)
