"""Hypothesis plays with a practice, and after each step all that the design promises must be true.

MACHINE_EXAMPLES=300 plays longer. A failure prints the steps that lead to it, as few as can be.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from integrations.sandbox.server import SandboxServer
from tests.resilience.machine.world import PATIENTS, SLOTS, World

_EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "8"))
_STEPS = 25
_FAULTS = ["timeout_before", "timeout_after", "status", "status_after"]
_TARGETS = ["book", "cancel", "appointments", "patient"]

patients = st.integers(0, PATIENTS - 1)
slots = st.integers(0, SLOTS - 1)


class Bookings(RuleBasedStateMachine):
    """What can happen, in any order."""

    sandbox: SandboxServer

    def __init__(self) -> None:
        """A new practice for each game."""
        super().__init__()
        self.world = World(self.sandbox)

    @rule(patient=patients, slot=slots)
    def press(self, patient: int, slot: int) -> None:
        self.world.press(patient, slot)

    @rule(patient=patients)
    def confirm(self, patient: int) -> None:
        self.world.confirm(patient)

    @rule(patient=patients, slot=slots)
    def book(self, patient: int, slot: int) -> None:
        """What most patients do."""
        self.world.press(patient, slot)
        self.world.confirm(patient)

    @rule(patient=patients)
    def cancel(self, patient: int) -> None:
        self.world.cancel(patient)

    @rule(patient=patients)
    def decline(self, patient: int) -> None:
        self.world.decline(patient)

    @rule(patient=patients)
    def mistype(self, patient: int) -> None:
        self.world.mistype(patient)

    @rule(patient=patients)
    def staff_reverse(self, patient: int) -> None:
        self.world.staff_reverse(patient)

    @rule(slot=slots)
    def receptionist_takes(self, slot: int) -> None:
        self.world.receptionist_takes(slot)

    @rule()
    def hold_runs_out(self) -> None:
        self.world.hold_runs_out()

    @rule(patient=patients)
    def link_runs_out(self, patient: int) -> None:
        self.world.link_runs_out(patient)

    @rule(asked=st.sampled_from(_TARGETS), kind=st.sampled_from(_FAULTS))
    def fail(self, asked: str, kind: str) -> None:
        self.world.fail(asked, kind)

    @rule()
    def cache_is_lost(self) -> None:
        self.world.cache_is_lost()

    @rule()
    def work(self) -> None:
        self.world.work()

    @rule()
    def worker_dies(self) -> None:
        self.world.work(dies=True)

    @rule()
    def sweep(self) -> None:
        self.world.sweep()

    @invariant()
    def promises(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        self.world.check_settled()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_whatever_happens_the_promises_are_kept(sandbox: SandboxServer) -> None:
    Bookings.sandbox = sandbox
    run_state_machine_as_test(
        Bookings,
        settings=settings(
            max_examples=_EXAMPLES,
            stateful_step_count=_STEPS,
            deadline=None,
            derandomize=_EXAMPLES == 8,
            suppress_health_check=list(HealthCheck),
        ),
    )
