"""Tasks and receipts delivered again, backwards and shuffled: the end is as if once (faults#delivered-again)."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resilience.aborts.delivery import Delivery, Shuffled
from tests.resilience.aborts.ending import Picture
from tests.resilience.aborts.in_app import IN_APP
from tests.resilience.aborts.scene import Surroundings
from tests.resilience.aborts.trials import BY_TEXT, AnyWorld, Journey, Undisturbed

SHUFFLES = 4

WAYS = {
    "twice": Delivery(times=2),
    "five times": Delivery(times=5),
    "backwards": Delivery(backwards=True),
    "twice and backwards": Delivery(times=2, backwards=True),
}


def delivered(around: Surroundings, journey: Journey[AnyWorld], delivery: Delivery, ending: Picture) -> None:
    """The journey with its tasks and receipts delivered so, and everything it did delivered once more at the end."""
    world = journey.world(around, delivery=delivery)
    people = journey.travel(world)
    journey.check(world, people, ending)
    world.hints.extend([*world.history, *reversed(world.history)])
    world.until_final()
    journey.check(world, people, ending)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", WAYS)
def test_tasks_delivered_more_than_once_or_backwards_end_the_same(
    around: Surroundings, undisturbed: Undisturbed, way: str
) -> None:
    delivered(around, BY_TEXT, WAYS[way], undisturbed.ending)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", WAYS)
def test_news_of_the_app_more_than_once_or_backwards_ends_the_same(
    around: Surroundings, undisturbed_in_app: Undisturbed, way: str
) -> None:
    delivered(around, IN_APP, WAYS[way], undisturbed_in_app.ending)


@pytest.mark.timeout(300)
@settings(max_examples=SHUFFLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_tasks_delivered_in_any_order_and_number_end_the_same(
    around: Surroundings, undisturbed: Undisturbed, chance: random.Random
) -> None:
    delivered(around, BY_TEXT, Shuffled(chance=chance), undisturbed.ending)


@pytest.mark.timeout(300)
@settings(max_examples=SHUFFLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_news_of_the_app_in_any_order_and_number_ends_the_same(
    around: Surroundings, undisturbed_in_app: Undisturbed, chance: random.Random
) -> None:
    delivered(around, IN_APP, Shuffled(chance=chance), undisturbed_in_app.ending)
