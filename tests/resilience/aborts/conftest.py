"""What every world shares: the stand-ins, the watch on all ways out, and a clock that can be moved."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from booking.slots import free_list
from integrations.sandbox.server import SandboxServer
from selfbook.celery import app
from tests.resilience.aborts.in_app import IN_APP
from tests.resilience.aborts.inbox import Inbox
from tests.resilience.aborts.points import Watch, install
from tests.resilience.aborts.processes import Taker
from tests.resilience.aborts.scene import Surroundings
from tests.resilience.aborts.trials import BY_TEXT, Journey, Undisturbed, undisturbed_journey


@pytest.fixture(scope="session")
def stand_ins() -> Iterator[tuple[SandboxServer, Inbox]]:
    with SandboxServer() as sandbox, Inbox() as inbox:
        yield sandbox, inbox


@pytest.fixture
def around(
    stand_ins: tuple[SandboxServer, Inbox], monkeypatch: pytest.MonkeyPatch, settings: Settings, transactional_db: None
) -> Iterator[Surroundings]:
    """Everything as it is before any world. Hints go to whoever was named last."""
    sandbox, inbox = stand_ins
    settings.PUBLIC_BASE_URL = inbox.url
    # A dead process leaves its mark that it is asking for slots; nobody needs to wait for it in real seconds.
    monkeypatch.setattr(free_list, "ASKING_SECONDS", 1)
    settings.UNDO_SECONDS = 30  # as in production
    settings.BOOKING_HORIZON_DAYS = 7  # each two weeks are a request more, and only take time here
    watch = Watch()
    takers: list[Taker] = [_nobody]

    def send_hint(name: str, arguments: list[str], after: float) -> None:
        takers[-1](name, arguments, after)

    app.loader.import_default_modules()  # as a worker does when it starts
    install(watch, sandbox.url, send_hint, monkeypatch)
    with time_machine.travel(datetime(2026, 10, 6, tzinfo=UTC)) as clock:
        yield Surroundings(sandbox, inbox, watch, clock, takers.append)
    sandbox.control("faults", method="DELETE")


_journeys: dict[str, Undisturbed] = {}


@pytest.fixture
def undisturbed(around: Surroundings) -> Undisturbed:
    """The journey that all others are compared with. Once in a process is enough."""
    return _once("by text", around, BY_TEXT)


@pytest.fixture
def undisturbed_in_app(around: Surroundings) -> Undisturbed:
    """The same of the journey by the NHS App."""
    return _once("in the app", around, IN_APP)


def _once(name: str, around: Surroundings, journey: Journey[Any]) -> Undisturbed:
    if name not in _journeys:
        _journeys[name] = undisturbed_journey(around, journey)
    return _journeys[name]


def _nobody(name: str, arguments: list[str], after: float) -> None:
    raise AssertionError(f"{name} was hinted at outside a world")
