"""An administrator at the admin, and the sandbox to connect to."""

from collections.abc import Iterator

import pytest
from django.test import Client

from integrations.sandbox.server import SandboxServer
from practices.models import User


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(sandbox_server: SandboxServer) -> Iterator[SandboxServer]:
    """The sandbox, without faults afterwards."""
    yield sandbox_server
    sandbox_server.control("faults", method="DELETE")


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser(
        "admin@example.org", "a long made-up password", given_name="Ad", family_name="Min"
    )


@pytest.fixture
def administrator(client: Client, boss: User) -> Client:
    client.force_login(boss)
    return client
