"""Looks before sending as they are in use: most tests have them switched off."""

import pytest
from pytest_django import Settings

from integrations.sandbox.server import SandboxServer
from tests.campaigns.sending.rechecks.clinic import Clinic


@pytest.fixture(autouse=True)
def looks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RECHECK_AFTER_HOURS, settings.BOOKED_ALREADY_DAYS = 24, 84
    monkeypatch.setattr("integrations.clinical.calls.PAUSE_SECONDS", 0)


@pytest.fixture
def clinic(db: None, sandbox: SandboxServer) -> Clinic:
    """An EMIS practice."""
    return Clinic(sandbox)


@pytest.fixture
def systmone(db: None, sandbox: SandboxServer) -> Clinic:
    """A SystmOne practice."""
    return Clinic(sandbox, "systmone")
