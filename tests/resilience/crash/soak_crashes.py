"""Mishaps for hours: `make soak`. Not among the tests of every day."""

import os
import random

import pytest

from tests.resilience.crash.mishaps import run
from tests.resilience.crash.yard import Yard

TEXTS = int(os.environ.get("SOAK_TEXTS", "5000"))
MISHAPS = int(os.environ.get("SOAK_MISHAPS", "60"))
SEED = int(os.environ.get("SOAK_SEED", random.randrange(10**6)))
HOURS = 3600.0

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3 * HOURS)]


def test_a_large_batch_comes_to_its_end_whatever_is_struck_down_again_and_again(yard: Yard) -> None:
    run(yard, patients=TEXTS, count=MISHAPS, seed=SEED, seconds=HOURS)
