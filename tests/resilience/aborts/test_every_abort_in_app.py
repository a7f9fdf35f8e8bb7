"""A kill beside every kind of touch on the way by the NHS App: each gets one message there, at most one text too."""

import pytest

from tests.resilience.aborts.in_app import IN_APP, text_all
from tests.resilience.aborts.scene import Surroundings
from tests.resilience.aborts.trials import Undisturbed, deaths, deaths_beside, die
from tests.resilience.aborts.world import Death

SLICES = 4
OF_THE_APP = ("task outbox.send", "task outbox.sweep", "task outbox.ask", "webhook")
"""The steps that this journey does not have in common with the one by text."""


@pytest.mark.timeout(300)  # of a busy machine
@pytest.mark.parametrize("part", range(SLICES))
def test_a_kill_anywhere_on_the_way_into_the_app_and_to_the_text_reaches_everybody_once(
    around: Surroundings, undisturbed_in_app: Undisturbed, part: int
) -> None:
    for death in deaths(undisturbed_in_app, OF_THE_APP)[part::SLICES]:
        die(around, IN_APP, undisturbed_in_app, death)


@pytest.mark.timeout(300)
def test_texting_without_asking_would_reach_somebody_twice(
    around: Surroundings, undisturbed_in_app: Undisturbed
) -> None:
    """The same trials find it when the one guard is off: so they can find it."""
    steps = undisturbed_in_app.steps
    posting = next(n for n, step in enumerate(steps) if any("message-batches" in str(point) for point in step.points))
    deadly = deaths_beside(undisturbed_in_app, posting, "message-batches")
    assert any(_is_texted_twice(around, undisturbed_in_app, death) for death in deadly)


def _is_texted_twice(around: Surroundings, undisturbed: Undisturbed, death: Death) -> bool:
    try:
        die(around, IN_APP, undisturbed, death, after_death=text_all)
    except AssertionError as broken:
        return "was texted so often" in str(broken)
    return False
