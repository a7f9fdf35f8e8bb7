"""One sandbox for all tests of a process, seeded afresh for each."""

from collections.abc import Iterator

import pytest

from integrations.clinical.emis import EMIS
from integrations.clinical.registry import SYSTEMS
from integrations.clinical.systmone import SYSTMONE
from integrations.sandbox.server import SandboxServer
from tests.integrations.clinical.third import stand_in
from tests.integrations.clinical.third.system import VELLUM
from tests.integrations.clinical.world import World


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(more=[stand_in.routes]) as server:
        yield server


@pytest.fixture(autouse=True)
def third_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line in the registry."""
    monkeypatch.setitem(SYSTEMS, VELLUM.key, VELLUM)


BY_MUTUAL_TLS = f"{EMIS.key} by mutual TLS"


@pytest.fixture(params=[*SYSTEMS, VELLUM.key, BY_MUTUAL_TLS])
def world(sandbox: SandboxServer, request: pytest.FixtureRequest) -> Iterator[World]:
    """The same practice on each record system in turn, those of the product and one more.

    GP Connect is one for EMIS and SystmOne. Once more it demands a client certificate, as it does in the world.
    """
    made = World(sandbox, request.param.split()[0], by_mutual_tls=request.param == BY_MUTUAL_TLS)
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
