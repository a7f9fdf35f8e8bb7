"""Taking guards away: constraints of the database, and locks. Only in the test's own database, and put back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, BrokenBarrierError
from typing import Any
from uuid import UUID

from django.db import connection, models

from booking.models import Booking, SlotHold
from campaigns.models import Invitation
from tests.waiting import PATIENCE

_CONSTRAINTS: dict[str, type[models.Model]] = {
    "hold_once_per_slot": SlotHold,
    "booking_slot_once": Booking,
    "booking_one_live_each": Booking,
}


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Take these constraints away. All rows that they would not bear must go before they come back."""
    removed = [
        (_CONSTRAINTS[name], next(item for item in _CONSTRAINTS[name]._meta.constraints if item.name == name))
        for name in names
    ]
    with connection.schema_editor() as editor:
        for model, constraint in removed:
            editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        SlotHold.objects.all().delete()
        Booking.objects.all().delete()
        with connection.schema_editor() as editor:
            for model, constraint in removed:
                editor.add_constraint(model, constraint)


def unlocked(invitation_id: UUID, related: object = ()) -> Invitation:
    """What `answers.locked` gives, without its lock."""
    return Invitation.objects.select_related("practice", "campaign", "recipient").get(id=invitation_id)


def meeting(before: Callable[..., Any], together: int, seconds: float = PATIENCE) -> Callable[..., Any]:
    """The same function, before which so many callers wait for one another, or for so long."""
    barrier = Barrier(together)

    def met(*args: Any, **kwargs: Any) -> Any:
        try:
            barrier.wait(seconds)
        except BrokenBarrierError:
            barrier.reset()
        return before(*args, **kwargs)

    return met
