"""A stand-in for Twilio's Messages API that does as little as it can, in a process of its own.

The sandbox's stand-in keeps books of every text, and would itself be what is measured. This one reads a text, waits as
long as its address says (`/50/2010-04-01/…` for 50 ms), and answers as Twilio does. It sends no receipts. It counts the
texts, and the different texts, so that nobody is fast by sending fewer, or sends one twice.
"""

import asyncio
import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.client import HTTPConnection
from urllib.parse import parse_qs
from uuid import uuid4

from aiohttp import web

from bench.engines import ROOT

ACCOUNT, TOKEN, SENDER = "AC" + "0" * 32, "measuring-only", "MG" + "0" * 32


@dataclass(frozen=True, slots=True)
class Posted:
    """What has come in since this was last asked."""

    texts: int
    different: int
    most_at_once: int


class Wire:
    """The stand-in, as whoever measures sees it."""

    def __init__(self, port: int) -> None:
        """It listens on this port of the loopback interface."""
        self._port = port

    def url(self, milliseconds: int) -> str:
        """The address at which each answer takes so long."""
        return f"http://127.0.0.1:{self._port}/{milliseconds}"

    def check(self, texts: int) -> Posted:
        """Make sure that so many came in since this was last asked, and no two alike; what did."""
        asking = HTTPConnection("127.0.0.1", self._port)
        asking.request("GET", "/posted")
        posted = Posted(**json.load(asking.getresponse()))
        asking.close()
        assert posted.texts == posted.different == texts, f"{posted} instead of {texts}"
        return posted


@contextmanager
def wire() -> Iterator[Wire]:
    """The stand-in, up for as long as it is needed."""
    command = [sys.executable, "-m", "bench.sending.wire"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own words
        assert process.stdout is not None
        try:
            yield Wire(int(process.stdout.readline()))
        finally:
            process.terminate()


class _Books:
    """How many texts came in, which of them differ, and how many were under way at once."""

    def __init__(self) -> None:
        self.under_way = 0
        self._forget()

    def _forget(self) -> None:
        self.texts = self.most = 0
        self.seen: set[tuple[str, str]] = set()

    def told(self) -> Posted:
        """What came in since this was last asked."""
        posted = Posted(self.texts, len(self.seen), self.most)
        self._forget()
        return posted


async def _serve() -> None:
    books = _Books()

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.method == "POST":
            return await _take(request, books)
        if request.path == "/posted":
            return web.json_response(asdict(books.told()))
        return web.json_response({"code": 20404, "message": "Not here", "status": 404}, status=404)

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


async def _take(request: web.BaseRequest, books: _Books) -> web.Response:
    """Take a text, as Twilio does one that is for a Messaging Service."""
    _, milliseconds, _, _, account, _ = request.path.split("/")
    who = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
    form = {name: values[0] for name, values in parse_qs((await request.read()).decode()).items()}
    if who != f"{account}:{TOKEN}" or form["MessagingServiceSid"] != SENDER:
        return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
    books.texts += 1
    books.seen.add((form["To"], form["Body"]))
    books.under_way += 1
    books.most = max(books.most, books.under_way)
    if milliseconds != "0":
        await asyncio.sleep(int(milliseconds) / 1000)
    books.under_way -= 1
    return web.json_response(_resource(account, form), status=201)


def _resource(account: str, form: dict[str, str]) -> dict[str, object]:
    sid, now = f"SM{uuid4().hex}", format_datetime(datetime.now(UTC))
    uri = f"/2010-04-01/Accounts/{account}/Messages/{sid}"
    return {
        "sid": sid,
        "account_sid": account,
        "messaging_service_sid": form["MessagingServiceSid"],
        "from": None,
        "to": form["To"],
        "body": form["Body"],
        "status": "accepted",
        "num_segments": "0",
        "num_media": "0",
        "direction": "outbound-api",
        "api_version": "2010-04-01",
        "price": None,
        "price_unit": None,
        "error_code": None,
        "error_message": None,
        "date_created": now,
        "date_updated": now,
        "date_sent": None,
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


if __name__ == "__main__":
    asyncio.run(_serve())
