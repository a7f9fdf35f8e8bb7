"""One patient with several tabs, phones and quick fingers."""

from collections import Counter
from collections.abc import Callable
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from booking.appointments import services
from booking.models import Booking, Decline, SlotHold
from booking.slots import offered as slots
from booking.workers import cancel
from campaigns.models import CodeKind, Invitation
from integrations.models.outbox import Message, Purpose
from tests.booking.surgery import Surgery
from tests.factories import make_code
from tests.resilience.races.conftest import Call, worked
from tests.resilience.races.guards import meeting, unlocked, without
from tests.resilience.races.phones import Phone
from tests.threads import at_once
from tests.waiting import PATIENCE

Phones = Callable[[int], list[Phone]]
GUARD = pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "unguarded"])


def never_at_once(invitation_id: UUID, slot_id: str | None) -> None:
    """No case is plain enough for `answers.book_at_once`, whose lock cannot be taken away."""


def several_steps(pause: Callable[[], object]) -> Callable[..., Booking]:
    """What `answers.book_held` does in one statement, in several, with a pause between reading and writing."""

    def book_held(invitation: Invitation, slot_id: str | None, **more: object) -> Booking:
        held = SlotHold.objects.get(invitation=invitation)
        pause()
        slot = slots.from_json(held.slot)
        booking = Booking.objects.create(
            practice=invitation.practice,
            invitation=invitation,
            slot_id=held.slot_id,
            slot=held.slot,
            starts_at=slot.start,
            ends_at=slot.end,
        )
        SlotHold.objects.filter(invitation=invitation).delete()
        return booking

    return book_held


@pytest.mark.hazard("H-03.2")
@GUARD
@pytest.mark.parametrize("several", ["two phones", "ten presses"])
def test_confirming_at_once(
    surgery: Surgery, phone: Call, monkeypatch: pytest.MonkeyPatch, several: str, guarded: bool
) -> None:
    slot_id = surgery.session(count=1)
    invitation = surgery.invite()
    first = phone(invitation.id)
    devices = [first, phone(invitation.id)] if several == "two phones" else [first] * (10 if guarded else 3)
    assert first.takes(slot_id) == "/b/check/"
    if guarded:
        answered = at_once(*(lambda device=device: device.confirms(slot_id) for device in devices))
        assert set(answered) == {"/b/done/"}
        worked()
        assert {device.is_told() for device in devices} == {"Appointment booked"}
        assert Booking.objects.count() == len(surgery.books()) == 1
        assert Message.objects.filter(purpose=Purpose.CONFIRMATION).count() == 1
        return
    monkeypatch.setattr(services, "locked", unlocked)
    monkeypatch.setattr(services, "book_at_once", never_at_once)
    monkeypatch.setattr(services, "book_held", several_steps(meeting(lambda: None, len(devices))))
    with without("booking_one_live_each", "booking_slot_once"):
        at_once(*(lambda device=device: device.confirms(slot_id) for device in devices))
        assert Booking.objects.count() > 1


def test_two_phones_choose_different_times(surgery: Surgery, phone: Call) -> None:
    slot_id = surgery.session(count=2)
    invitation = surgery.invite()
    first, other = phone(invitation.id), phone(invitation.id)

    at_once(lambda: first.takes_and_confirms(slot_id), lambda: other.takes_and_confirms(slot_id + 1))

    worked()
    assert Booking.objects.live().count() == len(surgery.books()) == 1
    assert first.is_told() == other.is_told() == "Appointment booked"


_TRIES = 6


def _book_and_decline(
    surgery: Surgery, phone: Call, slot_id: int, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> tuple[int, int]:
    """How many bookings and declines there are of a patient who confirms in one tab and declines in another."""
    invitation = surgery.invite()
    tab = phone(invitation.id)
    tab.takes(slot_id)
    with monkeypatch.context() as patch:
        if not guarded:
            patch.setattr(services, "locked", unlocked)
            patch.setattr(services, "book_at_once", never_at_once)
            patch.setattr(services, "standing_for", meeting(services.standing_for, 2))
        at_once(lambda: tab.confirms(slot_id), lambda: tab.press("/b/decline/"))
    bookings = Booking.objects.live().filter(invitation=invitation)
    return bookings.count(), Decline.objects.filter(invitation=invitation).count()


@GUARD
def test_booking_in_one_tab_and_declining_in_another(
    surgery: Surgery, phone: Call, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    surgery.campaign.allow_decline, surgery.campaign.decline_code = True, make_code(CodeKind.DECLINE)
    surgery.campaign.save()
    slot_id = surgery.session(count=_TRIES)
    # Without the guard the harm still needs the booking to be written first: the database lets nobody book who has
    # declined.
    for place in range(1 if guarded else _TRIES):
        both = _book_and_decline(surgery, phone, slot_id + place, monkeypatch, guarded)
        if both == (1, 1):
            break
    if not guarded:
        assert both == (1, 1)
        return
    assert both in ((1, 0), (0, 1))
    worked()
    assert len(surgery.books()) == both[0]


@GUARD
def test_the_hold_runs_out_while_its_patient_confirms(
    surgery: Surgery, phones: Phones, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """Whoever has the slot in the end, nobody else is told that it is kept for them."""
    slot_id = surgery.session(count=1)
    slow, quick = phones(2)
    assert slow.takes(slot_id) == "/b/check/"
    SlotHold.objects.update(expires_at=timezone.now())
    confirming, taken, book_at_once = Event(), Event(), services.book_at_once

    def pause() -> None:
        confirming.set()
        taken.wait(PATIENCE)

    def pausing(*args: Any) -> Booking | None:
        pause()
        return book_at_once(*args)

    monkeypatch.setattr(services, "book_at_once", pausing if guarded else never_at_once)
    if not guarded:
        monkeypatch.setattr(services, "book_held", several_steps(pause))

    def take() -> str:
        assert confirming.wait(PATIENCE)
        try:
            return quick.takes(slot_id)
        finally:
            taken.set()

    confirmed, pressed = at_once(lambda: slow.confirms(slot_id), take)

    assert pressed == "/b/check/"
    if guarded:
        assert confirmed == "/b/times/?notice=run-out"
        assert not Booking.objects.exists()
    else:
        assert confirmed == "/b/done/"
        assert SlotHold.objects.get().slot_id == Booking.objects.get().slot_id == str(slot_id)


def booked(surgery: Surgery, device: Phone, slot_id: int) -> UUID:
    """The patient's appointment, in the book."""
    assert device.takes_and_confirms(slot_id) == "/b/done/"
    worked()
    return Booking.objects.get(invitation_id=device.invitation_id).id


def test_cancelling_pressed_ten_times_cancels_once(surgery: Surgery, phone: Call) -> None:
    slot_id = surgery.session(count=1)
    device = phone(surgery.invite().id)
    named = str(booked(surgery, device, slot_id))

    answered = at_once(lambda: device.press("/b/cancel/", booking=named), times=10)

    assert set(answered) == {"/b/done/"}
    undone()
    assert [appointment["status"] for appointment in surgery.books()] == ["cancelled"]
    assert Message.objects.filter(purpose=Purpose.CANCELLATION).count() == 1
    assert device.is_told() == "Your appointment is cancelled"


def test_cancelling_in_one_tab_and_moving_in_another(surgery: Surgery, phone: Call) -> None:
    slot_id = surgery.session(count=2)
    device = phone(surgery.invite().id)
    named = str(booked(surgery, device, slot_id))
    assert device.press("/b/move/", slot=str(slot_id + 1)) == "/b/move/check/"

    at_once(
        lambda: device.press("/b/cancel/", booking=named),
        lambda: device.press("/b/move/check/", slot=str(slot_id + 1)),
    )

    for _ in range(3):
        worked()
        undone()
    title = device.is_told()
    states = Counter(appointment["status"] for appointment in surgery.books())
    if title == "Your appointment is cancelled":
        assert states == {"cancelled": 1}
    else:
        assert title == "Appointment moved"
        assert states == {"booked": 1, "cancelled": 1}
    assert Booking.objects.current().count() == states["booked"]


def undone() -> None:
    """The worker cancels what waits to be cancelled."""
    for booking in Booking.objects.filter(state="cancelling"):
        Booking.objects.filter(id=booking.id).update(due_at=timezone.now())
        cancel.undo(booking.id)
