"""Processes die, engines are struck down: the batch comes to its end all the same, and nobody is texted twice.

Real workers and a real beat, on a PostgreSQL and a Redis of their own (faults#killed-processes, faults#database-away,
faults#redis-away).
"""

import random

import pytest

from tests.resilience.crash.kills import kill_in_turn
from tests.resilience.crash.mishaps import run
from tests.resilience.crash.points import AHEAD_OF_THE_DATABASE
from tests.resilience.crash.yard import Yard

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


def test_a_worker_killed_where_others_know_more_than_the_database_does_no_harm(yard: Yard) -> None:
    """A provider has the text, or the broker still has the task. `make soak` kills at all points."""
    kill_in_turn(yard, AHEAD_OF_THE_DATABASE, patients=100)


@pytest.mark.hazard("H-09.7")
def test_a_batch_comes_to_its_end_whatever_is_struck_down(yard: Yard) -> None:
    run(yard, patients=150, count=6, seed=random.randrange(10**6), seconds=300)
