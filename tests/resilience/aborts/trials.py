"""A journey with one death in it, and which deaths there are to try."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from tests.resilience.aborts.delivery import Delivery
from tests.resilience.aborts.ending import Picture, adds_up, check
from tests.resilience.aborts.journey import travel
from tests.resilience.aborts.people import Patient
from tests.resilience.aborts.points import distinct
from tests.resilience.aborts.scene import Surroundings
from tests.resilience.aborts.world import AfterDeath, Death, Step, World

AnyWorld = TypeVar("AnyWorld", bound=World)


@dataclass(frozen=True, slots=True)
class Journey(Generic[AnyWorld]):
    """One way through the product: where it plays, the way itself, and what must have come of it in the end.

    `check` is given the people of the way, and raises AssertionError when all is not as was promised, or expected.
    """

    world: type[AnyWorld]
    travel: Callable[[AnyWorld], dict[str, Patient]]
    check: Callable[[AnyWorld, dict[str, Patient], Picture | None], Picture]


BY_TEXT = Journey(World, travel, check)


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """The journey when nobody dies: its steps with their points, and how it ends."""

    steps: list[Step]
    ending: Picture


def undisturbed_journey(around: Surroundings, journey: Journey[AnyWorld]) -> Undisturbed:
    """Travel once without a death."""
    world = journey.world(around)
    picture = journey.check(world, journey.travel(world), None)
    return Undisturbed(world.steps, picture)


def deaths(undisturbed: Undisturbed, of: tuple[str, ...] = ("",)) -> list[Death]:
    """One for each side of each kind of touch in each room of ours, in the first step that comes there.

    `of` are the beginnings of the steps' names that count. `make soak` tries every place of a room, in every step.
    """
    first: dict[tuple[str, str, str], Death] = {}
    for death in deaths_in_every_step(undisturbed):
        if death.name.startswith(of):
            point = undisturbed.steps[death.step].points[death.point - 1]
            first.setdefault((point.side, point.touch, point.place.partition("/")[0]), death)
    return list(first.values())


def deaths_in_every_step(undisturbed: Undisturbed) -> list[Death]:
    """One at every point at which the outside stands as at no other; `again` takes turns.

    A task that goes out at just the places at which one before it went out is not tried once more.
    """
    candidates, seen = [], set()
    for number, step in enumerate(undisturbed.steps):
        places = (step.name, *sorted(str(point) for point in step.points))
        if places not in seen:
            seen.add(places)
            candidates += [(number, point, step.name) for point in distinct(step.points)]
    return [Death(step, point, name, again=k % 2 == 0) for k, (step, point, name) in enumerate(candidates)]


def deaths_beside(undisturbed: Undisturbed, step: int, touch: str) -> list[Death]:
    """Those of a step as such a touch has just been made, of which nobody has been told yet, before its others."""
    points = undisturbed.steps[step].points
    deadly = [death for death in deaths_in_every_step(undisturbed) if death.step == step]

    def is_elsewhere(death: Death) -> bool:
        point = points[death.point - 1]
        return point.side != "after" or touch not in point.touch

    return sorted(deadly, key=is_elsewhere)


def all_deaths(undisturbed: Undisturbed) -> list[Death]:
    """One at every point whatever it is, and one at the end of every step; each of them in both ways."""
    candidates = [
        Death(number, point, step.name, again=True)
        for number, step in enumerate(undisturbed.steps)
        for point in range(1, len(step.points) + 2)
    ]
    return [way for death in candidates for way in (death, replace(death, again=False))]


def die(
    around: Surroundings,
    journey: Journey[AnyWorld],
    undisturbed: Undisturbed,
    death: Death,
    after_death: AfterDeath = adds_up,
) -> None:
    """The journey with a death. Raises AssertionError that says where it was, and which promise was broken."""
    world = journey.world(around, death, after_death=after_death)
    try:
        journey.check(world, journey.travel(world), undisturbed.ending)
        assert world.dead, "nobody died"
    except AssertionError as broken:
        before = sum(len(step.points) for step in undisturbed.steps[: death.step])
        total = sum(len(step.points) for step in undisturbed.steps)
        place = world.died_at or "at its end"
        then = "all that was under way comes again" if death.again else "Redis and all that was under way is lost"
        raise AssertionError(
            f"killed at k = {before + death.point} of {total}, in step {death.step} ({death.name}), {place}; {then}\n"
            f"{broken}"
        ) from broken


def deliver(around: Surroundings, journey: Journey[AnyWorld], delivery: Delivery, ending: Picture) -> None:
    """The journey with its tasks and receipts delivered so, and everything it did delivered once more at the end."""
    world = journey.world(around, delivery=delivery)
    people = journey.travel(world)
    journey.check(world, people, ending)
    world.hints.extend([*world.history, *reversed(world.history)])
    world.until_final()
    journey.check(world, people, ending)
