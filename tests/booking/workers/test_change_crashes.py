"""Workers killed at every step of a move and a cancellation: no patient is without, none is told twice or untruly."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from booking.appointments import cancel, change
from booking.models import Booking, BookingState
from booking.slots import offered as slots
from booking.workers import book
from booking.workers import cancel as workers_cancel
from campaigns.models import Invitation, InvitationState
from integrations.models.outbox import Message, Purpose
from tests.booking.surgery import Surgery

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = ("claim", "call", "settle")
_FINAL_TEXTS = [(Purpose.CANCELLATION, 1), (Purpose.CONFIRMATION, 0), (Purpose.CONFIRMATION, 1)]


class Killed(BaseException):
    """The worker's process is gone."""


def _dying(step: Callable[..., Any], *, after: bool, turn: int) -> Callable[..., Any]:
    """The same step, whose worker dies before or after it at its first, second ... turn."""
    turns = iter(range(1, 1000))

    def run(*arguments: Any) -> Any:
        now_or_never = next(turns) == turn
        if now_or_never and not after:
            raise Killed
        result = step(*arguments)
        if now_or_never:
            raise Killed
        return result

    return run


def _work(check: Callable[[], None]) -> None:
    """Let time pass and the workers work, until nothing is left to do."""
    for _ in range(30):
        a_while_ago = timezone.now() - timedelta(seconds=30)
        left = Booking.objects.filter(due_at__isnull=False)
        left.update(due_at=a_while_ago, started_at=a_while_ago)
        book.sweep()
        workers_cancel.sweep()
        for booking in left:
            with suppress(Killed):
                book.make(booking.id)
                workers_cancel.undo(booking.id)
            check()
        if not left.exists():
            return
    pytest.fail("it never ends")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("worker", "turn"), [(book, 1), (workers_cancel, 1), (workers_cancel, 2)], ids=["move", "former", "cancel"]
)
def test_a_worker_killed_on_the_way(surgery: Surgery, worker: ModuleType, turn: int, step: str, *, after: bool) -> None:
    surgery.session(count=3)
    booked = surgery.booked(surgery.invite())
    invitation = booked.invitation
    change.hold(invitation_id=invitation.id, slot=slots.available(invitation)[-1])
    new = change.confirm(invitation_id=invitation.id)

    def has_an_appointment() -> None:
        assert "booked" in [appointment["status"] for appointment in surgery.appointments_of(invitation)]

    with mock.patch.object(worker, step, _dying(getattr(worker, step), after=after, turn=turn)):
        _work(has_an_appointment)
        cancel.cancel(booking_id=new.id)
        _work(lambda: None)

    states = [row.state for row in Booking.objects.all()]
    assert states == [BookingState.CANCELLED] * 2
    assert [row["status"] for row in surgery.appointments_of(invitation)] == ["cancelled"] * 2
    assert sorted(Message.objects.values_list("purpose", "step")) == _FINAL_TEXTS
    assert Invitation.objects.get().state == InvitationState.OPEN
