"""The patients' browsers: a process that asks for pages, so many at once, and says how long each answer took.

`python -m bench.booking.client` reads one JSON object, a `Load`, and writes another, `Answers`. Patients who walk the
whole way take from each page what a browser would: the button's value and the hidden token.
"""

import asyncio
import json
import re
import sys
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any, NamedTuple, TypedDict

import aiohttp
import uvloop

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_SLOT = re.compile(r'name="slot"\s+value="([^"]+)"')
_TURNS = 20
_BORN = {"date_of_birth_day": "15", "date_of_birth_month": "6", "date_of_birth_year": "1950"}


class Load(TypedDict):
    """What to do: `requests` one by one, or whole `journeys` by their links; so many of them `at_once`."""

    base: str
    at_once: int
    requests: list[dict[str, Any]]
    journeys: list[str]


class Answers(TypedDict):
    """When it began on this machine's clock, seconds in all and of each answer, and what was not as it should be."""

    begun: float
    seconds: float
    each: list[float]
    wrong: list[str]


class Answer(NamedTuple):
    """A page, and where it sends on to."""

    page: str
    onward: str

    @property
    def hidden(self) -> dict[str, str]:
        """The form's CSRF token by its field's name, to be posted back; empty where the page has none."""
        match = _TOKEN.search(self.page)
        return {"csrfmiddlewaretoken": match[1]} if match else {}


class Browsers:
    """Many at once, with one pool of connections that stay open, as browsers' and proxies' do."""

    def __init__(self, load: Load) -> None:
        """`load` has the requests, and how many may be under way at once."""
        self._load = load
        self._each: list[float] = []
        self._wrong: list[str] = []

    async def run(self) -> Answers:
        """Make every request of the load, and return the seconds of each and what went wrong."""
        work: list[Callable[[], Coroutine[Any, Any, None]]] = []
        at_once = self._load["at_once"]
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=at_once), cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            work += [lambda request=request: self._one(session, request) for request in self._load["requests"]]  # type: ignore[misc]
            work += [lambda at=at: self._journey(session, *at) for at in enumerate(self._load["journeys"])]  # type: ignore[misc]
            begun = perf_counter()
            waiting = iter(work)

            async def browse() -> None:
                for do in waiting:
                    await do()

            await asyncio.gather(*(browse() for _ in range(at_once)))
            return Answers(begun=begun, seconds=perf_counter() - begun, each=self._each, wrong=self._wrong)

    async def _one(self, session: aiohttp.ClientSession, request: dict[str, Any]) -> None:
        await self._ask(
            session, request["method"], request["path"], request["status"], request.get("cookies"), request.get("body")
        )

    async def _ask(
        self,
        session: aiohttp.ClientSession,
        method: str,
        path: str,
        status: int,
        cookies: dict[str, str] | None = None,
        body: dict[str, str] | None = None,
    ) -> Answer:
        headers = {"Accept-Encoding": "gzip"}
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        begun = perf_counter()
        async with session.request(
            method, self._load["base"] + path, data=body, headers=headers, allow_redirects=False
        ) as response:
            text = await response.text()
        self._each.append(perf_counter() - begun)
        if response.status != status:
            self._wrong.append(f"{method} {path.split('/')[1]}: {response.status}, not {status}")
        if cookies is not None:
            cookies.update({name: cookie.value for name, cookie in response.cookies.items()})
        return Answer(text, response.headers.get("Location", ""))

    async def _journey(self, session: aiohttp.ClientSession, number: int, link: str) -> None:
        """From the link in the text to the page that follows the booking: ten requests."""
        cookies: dict[str, str] = {}

        async def see(path: str) -> Answer:
            return await self._ask(session, "GET", path, 200, cookies)

        async def press(path: str, seen: Answer, **fields: str) -> Answer:
            return await self._ask(session, "POST", path, 303, cookies, {**fields, **seen.hidden})

        root = (await self._ask(session, "GET", link, 303, cookies)).onward
        times_at, check_at = f"{root}times/", f"{root}check/"
        await press(root, await see(root), choice="book")
        await press(f"{root}date-of-birth/", await see(f"{root}date-of-birth/"), **_BORN)
        for turn in range(_TURNS):  # others may take the time that was on the page
            times = await see(times_at)
            slots = _SLOT.findall(times.page)
            if not slots:
                break
            pressed = await press(times_at, times, slot=slots[(number + turn) * 7 % len(slots)])
            if pressed.onward == check_at:
                await press(check_at, await see(check_at))
                await see(f"{root}done/")
                return
        self._wrong.append("a patient found no time")


if __name__ == "__main__":
    uvloop.install()
    json.dump(asyncio.run(Browsers(json.load(sys.stdin)).run()), sys.stdout)
