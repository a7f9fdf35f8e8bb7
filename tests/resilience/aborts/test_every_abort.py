"""A kill beside every kind of touch of every room on the journey: everybody gets what they were promised, once.

What must hold then is in faults#what-must-hold; a kill is one of faults#killed-processes.
"""

import pytest

from tests.resilience.aborts.scene import Surroundings
from tests.resilience.aborts.trials import BY_TEXT, Undisturbed, deaths, deaths_beside, die, undisturbed_journey
from tests.resilience.aborts.world import Death, send_again

SLICES = 6
"""Parts that the trials are dealt out in, so that all cores have some."""


@pytest.mark.hazard("H-03.3")
@pytest.mark.timeout(300)  # of a busy machine
@pytest.mark.parametrize("part", range(SLICES))
def test_a_kill_anywhere_loses_nothing_and_does_nothing_twice(
    around: Surroundings, undisturbed: Undisturbed, part: int
) -> None:
    for death in deaths(undisturbed)[part::SLICES]:
        die(around, BY_TEXT, undisturbed, death)


def test_every_request_of_the_journey_is_a_point(around: Surroundings) -> None:
    """A way out that is not watched would be one beside which no process dies."""
    journey = undisturbed_journey(around, BY_TEXT)
    journal = around.sandbox.control("books?part=journal")["journal"]
    points = [point for step in journey.steps for point in step.points]
    assert sum(point.side == "after" and ".../" in point.touch for point in points) == len(journal)


@pytest.mark.timeout(300)
def test_sending_again_without_looking_would_text_somebody_twice(
    around: Surroundings, undisturbed: Undisturbed
) -> None:
    """The same trials find it when the one guard is off: so they can find it."""
    step = next(
        n for n, step in enumerate(undisturbed.steps) if any("POST twilio" in str(point) for point in step.points)
    )
    assert any(
        _is_texted_twice(around, undisturbed, death) for death in deaths_beside(undisturbed, step, "POST twilio")
    )


def _is_texted_twice(around: Surroundings, undisturbed: Undisturbed, death: Death) -> bool:
    try:
        die(around, BY_TEXT, undisturbed, death, after_death=send_again)
    except AssertionError as broken:
        return "was texted twice" in str(broken)
    return False
