"""A surgery in the sandbox on a day of our choosing. The stand-in's clock is this process's, and goes along."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from integrations.sandbox.server import SandboxServer
from tests.booking.surgery import Surgery


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def surgery(sandbox_server: SandboxServer, db: None) -> Surgery:
    sandbox_server.control("reset", {})
    return Surgery(sandbox_server)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()
