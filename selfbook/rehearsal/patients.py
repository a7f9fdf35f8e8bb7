"""Patient robots: each reads its text and does what patients do: book, decline, mistype, dither, ignore."""

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from time import monotonic, sleep
from uuid import UUID

from selfbook.rehearsal.browser import Browser, Page, RobotStuck

LINK = re.compile(r"https?://\S+/i/[\w-]+")
AT_ONCE = 12
BOOKED_WITHIN = 60.0
BOOKED, DECLINED, ADVISED_TO_PHONE = "booked", "declined", "told to phone"
TURNED_AWAY = "found no time, and asks to hear of more"


class Temper(StrEnum):
    """What kind of patient a robot is."""

    BOOKS = "books"
    MISTYPES = "mistypes a date of birth, then books"
    PRESSES_TWICE = "books, and presses Confirm twice"
    DECLINES = "declines"
    DITHERS = "looks at the times and leaves"
    IGNORES = "ignores the text"


_TEMPERS = [
    # The first two share a phone. The record of the third and seventh changes, and the fourth and sixth get no text.
    *(Temper.BOOKS, Temper.DECLINES, Temper.BOOKS, Temper.BOOKS),
    *(Temper.PRESSES_TWICE, Temper.BOOKS),
    *(Temper.DECLINES, Temper.MISTYPES, Temper.DITHERS, Temper.IGNORES),
    *(Temper.BOOKS, Temper.BOOKS, Temper.BOOKS, Temper.BOOKS),
    *(Temper.MISTYPES, Temper.PRESSES_TWICE),
    *(Temper.DECLINES, Temper.DECLINES, Temper.DITHERS, Temper.IGNORES),
]
TURN = len(_TEMPERS)
"""After so many people the same kinds come again."""


def place_of(temper: Temper, turn: int) -> int:
    """The place of the first of this kind in the turn of so much: those of different turns want different times."""
    return _TEMPERS.index(temper) + turn * TURN


@dataclass(frozen=True, slots=True)
class Robot:
    """One patient: their invitation, place in the list, phone and the text on it, and the date of birth they know."""

    invitation_id: UUID
    place: int
    phone: str
    text: str
    date_of_birth: date

    @property
    def temper(self) -> Temper:
        """What this patient will do, by their place in the list."""
        return _TEMPERS[self.place % len(_TEMPERS)]


def act(robots: Iterable[Robot]) -> dict[Robot, str]:
    """Let every robot act, several phones at once; how each ended. A stuck robot's ending says what it met."""
    phones: dict[str, list[Robot]] = {}
    for robot in robots:
        phones.setdefault(robot.phone, []).append(robot)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {robot: end for ends in pool.map(_act_on_phone, phones.values()) for robot, end in ends.items()}


def _act_on_phone(robots: Sequence[Robot]) -> dict[Robot, str]:
    """Those who share a phone have one browser: each opens the link and says who they are before anybody answers."""
    endings: dict[Robot, str] = {}
    with Browser() as browser:
        pages: dict[Robot, Page] = {}
        for robot in robots:
            endings[robot] = "ignored"
            if robot.temper != Temper.IGNORES:
                with _noting(endings, robot):
                    pages[robot] = _enter(browser, robot)
        for robot, page in pages.items():
            with _noting(endings, robot):
                endings[robot] = _answer(browser, robot, page)
    return endings


@contextmanager
def _noting(endings: dict[Robot, str], robot: Robot) -> Iterator[None]:
    """Note how a robot ended that got stuck: the others go on."""
    try:
        yield
    except RobotStuck as stuck:
        endings[robot] = f"stuck: {stuck}"


def _enter(browser: Browser, robot: Robot) -> Page:
    """Open the link, choose, and give the date of birth; the page that comes then."""
    link = LINK.search(robot.text)
    if link is None:
        raise RobotStuck("no link in the text")
    page = browser.open(link.group())
    page = browser.submit(page, "I don't want this" if robot.temper == Temper.DECLINES else "Book an appointment")
    if robot.temper == Temper.MISTYPES:
        page = _identify(browser, page, robot.date_of_birth + timedelta(days=400))
    return _identify(browser, page, robot.date_of_birth)


def _answer(browser: Browser, robot: Robot, page: Page) -> str:
    if robot.temper == Temper.DECLINES:
        page = browser.submit(page, "I don't want this")
        return DECLINED if "declined" in page.url else f"stuck: {page.heading}"
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
                browser.submit(page, "Text me when there are more")
                return TURNED_AWAY
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
            return BOOKED
        elif "/done/" in page.url and "not booked" in page.heading.lower():
            return ADVISED_TO_PHONE
        elif "/done/" in page.url:
            sleep(0.2)
            page = browser.open(page.url)
        else:
            return f"stuck: {page.heading}"
    return f"stuck: still “{page.heading}” after {BOOKED_WITHIN:.0f} s"
