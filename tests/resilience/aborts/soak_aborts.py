"""A kill at every point there is, reads too, and at the end of every step, each in both ways: `make soak`.

Not among the tests of every day, which leave out the points at which all stands outside as at another one.
"""

import pytest

from tests.resilience.aborts.in_app import IN_APP
from tests.resilience.aborts.scene import Surroundings
from tests.resilience.aborts.trials import BY_TEXT, AnyWorld, Journey, Undisturbed, all_deaths, die

SLICES = 8
HOUR = 3600.0


@pytest.mark.timeout(HOUR)
@pytest.mark.parametrize("part", range(SLICES))
def test_a_kill_at_any_point_at_all_loses_nothing_and_does_nothing_twice(
    around: Surroundings, undisturbed: Undisturbed, part: int
) -> None:
    die_at_all(around, BY_TEXT, undisturbed, part)


@pytest.mark.timeout(HOUR)
@pytest.mark.parametrize("part", range(SLICES))
def test_a_kill_at_any_point_at_all_reaches_everybody_once_by_app_or_text(
    around: Surroundings, undisturbed_in_app: Undisturbed, part: int
) -> None:
    die_at_all(around, IN_APP, undisturbed_in_app, part)


def die_at_all(around: Surroundings, journey: Journey[AnyWorld], undisturbed: Undisturbed, part: int) -> None:
    broken = []
    for death in all_deaths(undisturbed)[part::SLICES]:
        try:
            die(around, journey, undisturbed, death)
        except AssertionError as error:
            broken.append(str(error))
    assert not broken, f"{len(broken)} of the trials:\n" + "\n\n".join(broken)
