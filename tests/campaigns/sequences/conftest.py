"""A still clock that tests move, and a book in which nobody is."""

from collections.abc import Iterator

import pytest
import time_machine
from pytest_django.fixtures import Settings

from tests.campaigns.sequences.plans import on


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> Iterator[time_machine.Traveller]:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20
    with time_machine.travel(on(2, 9), tick=False) as traveller:
        yield traveller
