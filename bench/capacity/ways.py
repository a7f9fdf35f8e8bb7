"""The ways of inviting: the product's own, and a fixed number for each time, all at once."""

from random import Random

from bench.capacity.world import DAYS, DECIDES, HOURS, Cell, Result, World, result_of
from campaigns.pacing.decision import decide
from campaigns.pacing.known import Known, Past

RATIOS = (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0)
_WRONG = {True: Past(0.6, 20.0), False: Past(0.15, 20.0)}
"""What an earlier batch said, that does not hold for this one: by whether few come."""


def fixed(cell: Cell, seed: int, ratio: float) -> Result:
    """So many invitations for each time, at once."""
    world = World(cell, Random(seed))  # noqa: S311 - a game, not a secret
    world.invite(round(ratio * cell.times))
    while world.hour < HOURS:
        world.step()
    return result_of(world)


def paced(cell: Cell, seed: int) -> Result:
    """As the product decides, at every hour at which it does."""
    world = World(cell, Random(seed))  # noqa: S311 - a game, not a secret
    past = _WRONG[cell.uptake < 0.4] if cell.event == "wrong past" else Past()
    while world.hour < HOURS:
        if world.free and (world.hour == 0 or world.hour_of_day in DECIDES):
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
        open_hours=world.open_hours,
        answer_hours=dict(world.answer_hours),
        hours_since_first=world.hour - (world.first_at or 0),
        hours_left=DAYS * 24 - world.hour,
        phoned=world.phoned,
        watched_days=world.hour / 24,
        past=past,
    )
