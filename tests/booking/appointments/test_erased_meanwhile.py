"""A patient presses at the moment at which they are erased: an answer in words, and never an error."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from booking.appointments import cancel, change, services
from booking.visits.links import Standing
from practices.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "press",
    [
        lambda gone: services.confirm(invitation_id=gone),
        lambda gone: services.decline(invitation_id=gone),
        lambda gone: change.confirm(invitation_id=gone),
        lambda gone: services.locked(gone),
    ],
)
def test_what_is_gone_has_run_out(press: Callable[[UUID], object]) -> None:
    with pytest.raises(services.NotOpen) as refused:
        press(uuid4())
    assert refused.value.standing == Standing.EXPIRED


@pytest.mark.parametrize(
    "press",
    [
        lambda gone: cancel.cancel(booking_id=gone),
        lambda gone: cancel.cancelled_by_hand(booking_id=gone, by=User()),
    ],
)
def test_a_booking_that_is_gone_cannot_be_changed(press: Callable[[UUID], object]) -> None:
    with pytest.raises(change.NothingToChange):
        press(uuid4())
