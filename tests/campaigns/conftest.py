"""A connected practice, a member of its staff at a browser, and the sandbox behind both."""

from collections.abc import Iterator

import pytest
from django.test import Client

from integrations import record_reading
from integrations.sandbox.server import SandboxServer
from practices.models import Practice, User
from tests.campaigns.own_codes import Surgery
from tests.campaigns.wizard import Wizard, goes_to
from tests.connected import connect, seed_slots
from tests.factories import make_campaign, make_practice, make_staff
from tests.records import as_listed


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(sandbox_server: SandboxServer) -> Iterator[SandboxServer]:
    yield sandbox_server
    sandbox_server.control("faults", method="DELETE")


@pytest.fixture
def practice(db: None) -> Practice:
    """A SystmOne practice that is connected to nothing."""
    return make_practice(clinical_system="systmone")


@pytest.fixture
def staff(practice: Practice) -> User:
    return make_staff(practice)


@pytest.fixture
def connected(practice: Practice, sandbox: SandboxServer) -> Practice:
    """The practice, with three free slots for flu and one for blood tests."""
    connect(practice, sandbox)
    seed_slots(sandbox, practice, "Flu clinic", count=3)
    seed_slots(sandbox, practice, "Blood test", count=1)
    return practice


@pytest.fixture
def wizard(client: Client, staff: User) -> Wizard:
    client.force_login(staff)
    return Wizard(client, staff)


@pytest.fixture
def at_upload(wizard: Wizard, practice: Practice) -> Wizard:
    """A SystmOne practice's batch that wants only its list."""
    return wizard.of(make_campaign(practice, wizard.staff, patient_list=None, list_agreed=False))


@pytest.fixture
def at_patients(at_upload: Wizard) -> Wizard:
    """The same, with a list of three rows that has been checked."""
    assert goes_to(at_upload.upload(), at_upload.address("patients"))
    return at_upload


@pytest.fixture
def empty_book(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has an appointment in any practice's book, and each record says what our list does."""

    monkeypatch.setattr(record_reading, "read", as_listed)


@pytest.fixture
def ours(db: None) -> Surgery:
    """A practice that asks for codes of its own."""
    return Surgery()


@pytest.fixture
def theirs(db: None) -> Surgery:
    """Another one."""
    return Surgery("Another Surgery")


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("rae@example.org", "x" * 20, given_name="Rae", family_name="Min")
