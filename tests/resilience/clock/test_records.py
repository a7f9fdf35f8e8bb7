"""What a patient's record says: a decline is dated by the day on which the patient pressed the button, in London."""

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from integrations.models.outbox import CodedEntry
from integrations.models.states import CodeState
from integrations.outbox.codes.filing import file_due
from integrations.sandbox.server import SandboxServer
from tests.booking.surgery import Patient, Surgery

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("pressed", "day"),
    [
        ("2026-07-01T22:59", "2026-07-01"),
        ("2026-07-01T23:30", "2026-07-02"),
        ("2026-03-28T23:59", "2026-03-28"),
        ("2026-03-29T23:30", "2026-03-30"),
        ("2026-10-24T23:30", "2026-10-25"),
        ("2026-10-25T00:30", "2026-10-25"),
        ("2026-10-25T23:30", "2026-10-25"),
        ("2028-02-28T23:59", "2028-02-28"),
        ("2028-02-29T10:00", "2028-02-29"),
        ("2026-12-31T23:59", "2026-12-31"),
        ("2027-01-01T00:00", "2027-01-01"),
    ],
)
def test_a_decline_is_dated_by_the_day_in_london(
    client: Client, sandbox_server: SandboxServer, pressed: str, day: str
) -> None:
    sandbox_server.control("reset", {})
    surgery = Surgery(sandbox_server, "systmone")
    with time_machine.travel(f"{pressed}:00+00:00") as clock:
        Patient(surgery.invite(), client).identified("decline").client.post("/b/decline/")
        clock.shift(3 * 60 * 60)  # the worker comes to it on what may be another day
        CodedEntry.objects.update(due_at=timezone.now())
        file_due(surgery.practice.id)

    assert CodedEntry.objects.get().state == CodeState.FILED
    assert [code["day"] for code in surgery.books("codes")] == [day]
