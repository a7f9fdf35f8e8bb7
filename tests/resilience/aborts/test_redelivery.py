"""Tasks and receipts delivered again, backwards and shuffled: the end is as if once (faults#delivered-again).

Here twice and backwards at once, and an order of chance; `make soak` tries each way by itself, and many orders.
"""

import random

import pytest

from tests.resilience.aborts.delivery import TWICE_AND_BACKWARDS, Shuffled
from tests.resilience.aborts.in_app import IN_APP
from tests.resilience.aborts.scene import Surroundings
from tests.resilience.aborts.trials import BY_TEXT, Undisturbed, deliver

SEED = 20
"""Of an order that `make soak`, which tries the first twenty, does not have."""

pytestmark = pytest.mark.timeout(300)


def test_tasks_delivered_twice_and_backwards_end_the_same(around: Surroundings, undisturbed: Undisturbed) -> None:
    deliver(around, BY_TEXT, TWICE_AND_BACKWARDS, undisturbed.ending)


def test_news_of_the_app_twice_and_backwards_ends_the_same(
    around: Surroundings, undisturbed_in_app: Undisturbed
) -> None:
    deliver(around, IN_APP, TWICE_AND_BACKWARDS, undisturbed_in_app.ending)


def test_tasks_delivered_in_any_order_and_number_end_the_same(around: Surroundings, undisturbed: Undisturbed) -> None:
    deliver(around, BY_TEXT, Shuffled(chance=random.Random(SEED)), undisturbed.ending)


def test_news_of_the_app_in_any_order_and_number_ends_the_same(
    around: Surroundings, undisturbed_in_app: Undisturbed
) -> None:
    deliver(around, IN_APP, Shuffled(chance=random.Random(SEED)), undisturbed_in_app.ending)
