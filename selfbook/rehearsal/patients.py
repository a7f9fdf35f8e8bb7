"""Patient robots: each reads its text and does what patients do: book, decline, mistype, dither, ignore."""

import re
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from time import monotonic, sleep

from selfbook.rehearsal.browser import Browser, Page, RobotStuck

LINK = re.compile(r"https?://\S+/i/[\w-]+")
AT_ONCE = 12
BOOKED_WITHIN = 60.0
TOLD_TO_PHONE = "told to phone"


class Temper(StrEnum):
    """What kind of patient a robot is."""

    BOOKS = "books"
    MISTYPES = "mistypes a date of birth, then books"
    PRESSES_TWICE = "books, and presses Confirm twice"
    DECLINES = "declines"
    DITHERS = "looks at the times and leaves"
    IGNORES = "ignores the text"


_TEMPERS = [
    *(Temper.BOOKS, Temper.BOOKS, Temper.BOOKS, Temper.BOOKS),
    *(Temper.MISTYPES, Temper.PRESSES_TWICE),
    *(Temper.DECLINES, Temper.DECLINES, Temper.DITHERS, Temper.IGNORES),
]


@dataclass(frozen=True, slots=True)
class Robot:
    """One patient: the text on their phone, and the date of birth that they know."""

    place: int
    text: str
    date_of_birth: date

    @property
    def temper(self) -> Temper:
        """What they will do."""
        return _TEMPERS[self.place % len(_TEMPERS)]


def act(robots: Iterable[Robot]) -> Counter[str]:
    """Let every robot act, several at once; returns how each ended. A stuck robot is counted by what it met."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(_act, robots))


def _act(robot: Robot) -> str:
    if robot.temper == Temper.IGNORES:
        return "ignored"
    found = LINK.search(robot.text)
    try:
        if found is None:
            raise RobotStuck("no link in the text")
        with Browser() as browser:
            return _answer(browser, robot, browser.open(found.group()))
    except RobotStuck as stuck:
        return f"stuck: {stuck}"


def _answer(browser: Browser, robot: Robot, page: Page) -> str:
    if robot.temper == Temper.DECLINES:
        page = browser.submit(page, "I don't want this")
        page = _identify(browser, page, robot.date_of_birth)
        page = browser.submit(page, "I don't want this")
        return "declined" if "declined" in page.url else f"stuck: {page.heading}"
    page = browser.submit(page, "Book an appointment")
    if robot.temper == Temper.MISTYPES:
        page = _identify(browser, page, robot.date_of_birth + timedelta(days=400))
    page = _identify(browser, page, robot.date_of_birth)
    if robot.temper == Temper.DITHERS:
        return "looked and left"
    return _book(browser, robot, page)


def _identify(browser: Browser, page: Page, born: date) -> Page:
    parts = {part: str(getattr(born, part)) for part in ("day", "month", "year")}
    return browser.submit(page, "Continue", {f"date_of_birth_{part}": number for part, number in parts.items()})


def _book(browser: Browser, robot: Robot, page: Page) -> str:
    """Choose a time, confirm, and wait until the page says what happened. A lost race means choosing again."""
    deadline = monotonic() + BOOKED_WITHIN
    attempt = 0
    while monotonic() < deadline:
        if "/times/" in page.url:
            times = [button for form in page.forms for button in form.buttons if button[0] == "slot"]
            if not times:
                return "no times left"
            # Spread over the page: people do not all want the same time either.
            wanted = times[(robot.place * 7 + attempt) % len(times)]
            attempt += 1
            page = browser.press(page, *wanted)
        elif "/check/" in page.url:
            before = page
            page = browser.submit(before, "Confirm and book")
            if robot.temper == Temper.PRESSES_TWICE:
                page = browser.submit(before, "Confirm and book")
        elif "/done/" in page.url and "booked" in page.heading.lower() and "not booked" not in page.heading.lower():
            return "booked"
        elif "/done/" in page.url and "not booked" in page.heading.lower():
            return TOLD_TO_PHONE
        elif "/done/" in page.url:
            sleep(0.2)
            page = browser.open(page.url)
        else:
            return f"stuck: {page.heading}"
    return f"stuck: still “{page.heading}” after {BOOKED_WITHIN:.0f} s"
