"""The ways of inviting: the product's own, and its rule told the truth."""

from collections.abc import Callable
from random import Random

from bench.capacity.told import truth
from bench.capacity.world import DAYS, DECIDES, HOURS, Cell, Result, World, result_of
from campaigns.pacing.decision import decide, decide_by
from campaigns.pacing.known import Decision, Known, Past

_WRONG = {True: Past(0.6, 20.0), False: Past(0.15, 20.0)}
"""What an earlier batch said, that does not hold for this one: by whether few come."""


def paced(cell: Cell, seed: int) -> Result:
    """As the product decides, at every hour at which it does."""
    return _play(cell, seed, decide)


def told(cell: Cell, seed: int) -> Result:
    """As the product would decide if it knew who comes and when, but for chance."""
    return _play(cell, seed, lambda known: decide_by(known, truth(cell.uptake, cell.speed)))


def _play(cell: Cell, seed: int, decide: Callable[[Known], Decision]) -> Result:
    world = World(cell, Random(seed))  # noqa: S311 - a game, not a secret
    past = _WRONG[cell.uptake < 0.4] if cell.event == "wrong past" else Past()
    while world.hour < HOURS:
        if world.free > world.waiting and (world.hour == 0 or world.hour_of_day in DECIDES):
            world.invite(decide(_known(world, past)).number)
        world.step()
    return result_of(world)


def _known(world: World, past: Past) -> Known:
    """What the product would know at this hour: nothing of who will come."""
    return Known(
        free=world.free,
        left=1_000_000,
        booked=world.booked,
        waiting=world.waiting,
        declined=world.declined,
        lapsed=world.lapsed,
        open_hours=world.open_hours,
        answer_hours=dict(world.answer_hours),
        hours_since_first=world.hour - (world.first_at or 0),
        hours_left=DAYS * 24 - world.hour,
        phoned=world.phoned,
        watched_days=world.hour / 24,
        past=past,
    )
