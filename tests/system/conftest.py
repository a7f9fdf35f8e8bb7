"""One stack for all stories, one browser, and a clean profile for everybody in a story."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page

from selfbook.demo.people import Person
from selfbook.demo.practices import DemoPractice
from selfbook.demo.stack import ROOT, Stack
from tests.chromium import chromium
from tests.system.inspection import NARROW, WIDE
from tests.system.patients import Patient
from tests.system.sandbox import Sandbox
from tests.system.staff import Receptionist
from tests.system.visitor import Visitor
from tests.tables import TEMPLATES, drop, made_copy
from tests.waiting import PATIENCE

PATIENTS = 60


class Hire(Protocol):
    """Makes a receptionist of a practice, at a desk."""

    def __call__(self, practice: DemoPractice, *, javascript: bool = True) -> Receptionist: ...


class Meet(Protocol):
    """Makes a patient of a practice, with a small phone."""

    def __call__(self, practice: DemoPractice, person: Person, *, javascript: bool = True) -> Patient: ...


_FOLDERS = ROOT / ".selfbook" / "system"
"""One for each process that runs stories, so that two runs at a time keep out of each other's way."""


class _Stack(Stack):
    """One with a database of its own on the run's PostgreSQL, copied: migrating takes longer than a journey."""

    def start_engines(self) -> None:
        """Make the database, and start Redis."""
        self._own["DATABASE_URL"] = made_copy(os.environ["DATABASE_URL"], TEMPLATES, f"system_{os.getpid()}")
        self._redis.start()
        self._own["REDIS_URL"] = self._redis.url

    def stop(self) -> None:
        """Drop the database as well."""
        super().stop()
        if url := self._own.get("DATABASE_URL"):
            drop(url)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole product, fresh, in processes of its own. Its folder, with the logs, stays until the next run."""
    for former in _FOLDERS.glob("*"):
        if not _is_running(former.name):
            shutil.rmtree(former, ignore_errors=True)
    folder = _FOLDERS / str(os.getpid())
    folder.mkdir(parents=True)
    running = _Stack(folder, patients=PATIENTS, settings={"UNDO_SECONDS": "0"})
    try:
        running.start_engines()
        running.start()
        yield running
    finally:
        running.stop()


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return process != str(os.getpid())


@pytest.fixture
def sandbox(stack: Stack) -> Iterator[Sandbox]:
    """The outside world, well again after each test."""
    world = Sandbox(stack.sandbox_url)
    yield world
    world.given_all_is_well()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as running:
        yield running


class Doors:
    """Opens browser windows, each with its own cookies, and remembers who sits there."""

    def __init__(self, browser: Browser) -> None:
        """Open them in this browser."""
        self._browser = browser
        self.visitors: list[Visitor] = []

    def open(self, width: int, *, javascript: bool = True) -> Page:
        """A window of this width."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            locale="en-GB",
            timezone_id="Europe/London",
        )
        context.set_default_timeout(PATIENCE * 1000)
        return context.new_page()


@pytest.fixture
def doors(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Doors]:
    """Windows for one test. Whatever a browser complained of fails it; a failed test leaves pictures."""
    opened = Doors(browser)
    failed = request.session.testsfailed
    yield opened
    if request.session.testsfailed > failed:
        _take_pictures(opened, ROOT / "test-results" / request.node.name)
    for visitor in opened.visitors:
        visitor.page.context.close()
    assert not (complaints := [c for visitor in opened.visitors for c in visitor.complaints]), complaints


def _take_pictures(doors: Doors, folder: Path) -> None:
    for number, visitor in enumerate(doors.visitors):
        visitor.page.screenshot(path=folder / f"{number}.png", full_page=True)


@pytest.fixture
def hire(doors: Doors, stack: Stack) -> Hire:
    """See `Hire`."""

    def make(practice: DemoPractice, *, javascript: bool = True) -> Receptionist:
        receptionist = Receptionist(doors.open(WIDE, javascript=javascript), stack.web_url, practice)
        doors.visitors.append(receptionist)
        return receptionist

    return make


@pytest.fixture
def meet(doors: Doors, stack: Stack, sandbox: Sandbox) -> Meet:
    """See `Meet`."""

    def make(practice: DemoPractice, person: Person, *, javascript: bool = True) -> Patient:
        patient = Patient(doors.open(NARROW, javascript=javascript), stack.web_url, sandbox, practice, person)
        doors.visitors.append(patient)
        return patient

    return make
