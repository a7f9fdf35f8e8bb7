"""One sandbox for all tests of a process, seeded afresh for each."""

from collections.abc import Iterator

import pytest

from integrations.clinical.port import System
from integrations.sandbox.server import SandboxServer
from tests.integrations.clinical.world import World


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture(params=list(System))
def world(sandbox: SandboxServer, request: pytest.FixtureRequest) -> Iterator[World]:
    """The same practice on each record system in turn."""
    made = World(sandbox, request.param)
    yield made
    made.close()


@pytest.fixture
def emis(sandbox: SandboxServer) -> Iterator[World]:
    made = World(sandbox, System.EMIS)
    yield made
    made.close()


@pytest.fixture
def systmone(sandbox: SandboxServer) -> Iterator[World]:
    made = World(sandbox, System.SYSTMONE)
    yield made
    made.close()
