"""The whole journey of the batch, once through: every part of the product has its turn."""

from tests.resilience.aborts.people import Patient, send
from tests.resilience.aborts.world import World


def travel(world: World) -> dict[str, Patient]:
    """Send, texts, receipts, codes; Asha books and is told so; Bela declines; a week goes by.

    In the end every hint that was lost on the way is delivered after all.
    """
    asha, bela = Patient(world, "asha"), Patient(world, "bela")
    send(world)
    world.until_final()
    asha.book()
    asha.look()
    world.watchers.append(asha.look)
    world.until_final()
    bela.decline()
    world.until_final()
    world.watchers.clear()
    world.days_pass(8)
    world.hints.extend(world.lost)
    world.until_final()
    return {"asha": asha, "bela": bela}
