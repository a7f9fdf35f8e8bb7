"""One sandbox for all tests of a process, seeded afresh for each."""

from collections.abc import Iterator

import pytest

from integrations.clinical.emis import EMIS
from integrations.clinical.registry import SYSTEMS
from integrations.clinical.systmone import SYSTMONE
from integrations.sandbox.server import SandboxServer
from tests.clinical.world import World


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture(params=list(SYSTEMS))
def world(sandbox: SandboxServer, request: pytest.FixtureRequest) -> Iterator[World]:
    """The same practice on each record system in turn."""
    made = World(sandbox, request.param)
    yield made
    made.close()


@pytest.fixture
def emis(sandbox: SandboxServer) -> Iterator[World]:
    made = World(sandbox, EMIS.key)
    yield made
    made.close()


@pytest.fixture
def systmone(sandbox: SandboxServer) -> Iterator[World]:
    made = World(sandbox, SYSTMONE.key)
    yield made
    made.close()
