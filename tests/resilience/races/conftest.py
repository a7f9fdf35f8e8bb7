"""A running server, a surgery whose book is in the sandbox, and phones."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from django.core.cache import cache
from pytest_django.live_server_helper import LiveServer

from booking.models import Booking
from integrations.sandbox.server import SandboxServer
from tests.booking.surgery import Surgery, work
from tests.resilience.races.phones import Phone
from tests.threads import at_once

Call = Callable[[UUID], Phone]


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def surgery(sandbox_server: SandboxServer, transactional_db: None) -> Surgery:
    cache.clear()
    sandbox_server.control("reset", {})
    return Surgery(sandbox_server)


@pytest.fixture
def phone(live_server: LiveServer) -> Call:
    """A patient's phone that has come as far as the times."""
    return lambda invitation_id: Phone(live_server.url, invitation_id).identified()


@pytest.fixture
def phones(surgery: Surgery, live_server: LiveServer) -> Callable[[int], list[Phone]]:
    """So many patients, each with a phone that has come as far as the times."""

    def ready(number: int) -> list[Phone]:
        waiting = [Phone(live_server.url, surgery.invite().id) for _ in range(number)]
        for start in range(0, number, 10):
            at_once(*(device.identified for device in waiting[start : start + 10]))
        return waiting

    return ready


def worked() -> None:
    """The worker makes every booking that waits."""
    for booking in Booking.objects.filter(state="pending"):
        work(booking)
