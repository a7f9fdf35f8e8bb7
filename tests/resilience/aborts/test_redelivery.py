"""Tasks and receipts delivered again, backwards and shuffled: the end is as if once (faults#delivered-again).

Here twice and backwards at once, and a few orders of chance; `make soak` tries each way by itself, and many orders.
"""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resilience.aborts.delivery import TWICE_AND_BACKWARDS, Shuffled
from tests.resilience.aborts.in_app import IN_APP
from tests.resilience.aborts.scene import Surroundings
from tests.resilience.aborts.trials import BY_TEXT, Undisturbed, deliver

SHUFFLES = 2

pytestmark = pytest.mark.timeout(300)


def test_tasks_delivered_twice_and_backwards_end_the_same(around: Surroundings, undisturbed: Undisturbed) -> None:
    deliver(around, BY_TEXT, TWICE_AND_BACKWARDS, undisturbed.ending)


def test_news_of_the_app_twice_and_backwards_ends_the_same(
    around: Surroundings, undisturbed_in_app: Undisturbed
) -> None:
    deliver(around, IN_APP, TWICE_AND_BACKWARDS, undisturbed_in_app.ending)


@settings(max_examples=SHUFFLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_tasks_delivered_in_any_order_and_number_end_the_same(
    around: Surroundings, undisturbed: Undisturbed, chance: random.Random
) -> None:
    deliver(around, BY_TEXT, Shuffled(chance=chance), undisturbed.ending)


@settings(max_examples=SHUFFLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_news_of_the_app_in_any_order_and_number_ends_the_same(
    around: Surroundings, undisturbed_in_app: Undisturbed, chance: random.Random
) -> None:
    deliver(around, IN_APP, Shuffled(chance=chance), undisturbed_in_app.ending)
