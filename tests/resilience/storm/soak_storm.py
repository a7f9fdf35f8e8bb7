"""The storm, large and long: `make soak`. Not among the tests of every day."""

import os

import pytest

from integrations.sandbox.server import SandboxServer
from tests.resilience.storm.clock import FastClock
from tests.resilience.storm.storm import ride_out

TEXTS = int(os.environ.get("SOAK_TEXTS", "5000"))
HOURS = 3600.0

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3 * HOURS)]


@pytest.mark.usefixtures("called_back")
def test_every_patient_of_many_has_exactly_one_text(sandbox: SandboxServer, clock: FastClock) -> None:
    ends = ride_out(sandbox, clock, [TEXTS // 2, TEXTS // 4, TEXTS // 4], seconds=HOURS)
    print(f"\n{ends.total()} texts: {dict(ends)}")  # noqa: T201 - for whoever waits for it
