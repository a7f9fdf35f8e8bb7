"""A surgery whose book is in the sandbox."""

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
def surgery(sandbox_server: SandboxServer, transactional_db: None) -> Surgery:
    cache.clear()
    sandbox_server.control("reset", {})
    return Surgery(sandbox_server)
