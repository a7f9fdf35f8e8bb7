"""Each way of delivering more than once, or in another order, by itself; and many orders of chance: `make soak`."""

import random

import pytest

from tests.resilience.aborts.delivery import TWICE_AND_BACKWARDS, Delivery, Shuffled
from tests.resilience.aborts.in_app import IN_APP
from tests.resilience.aborts.scene import Surroundings
from tests.resilience.aborts.trials import BY_TEXT, Undisturbed, deliver

SHUFFLES = 20
WAYS = {
    "twice": Delivery(times=2),
    "five times": Delivery(times=5),
    "backwards": Delivery(backwards=True),
    "twice and backwards": TWICE_AND_BACKWARDS,
    **{f"shuffle {seed}": Shuffled(chance=random.Random(seed)) for seed in range(SHUFFLES)},
}

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("way", WAYS)
def test_tasks_delivered_otherwise_end_the_same(around: Surroundings, undisturbed: Undisturbed, way: str) -> None:
    deliver(around, BY_TEXT, WAYS[way], undisturbed.ending)


@pytest.mark.parametrize("way", WAYS)
def test_news_of_the_app_delivered_otherwise_ends_the_same(
    around: Surroundings, undisturbed_in_app: Undisturbed, way: str
) -> None:
    deliver(around, IN_APP, WAYS[way], undisturbed_in_app.ending)
