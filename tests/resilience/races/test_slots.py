"""Many patients for few slots."""

from collections import Counter
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from booking.appointments import services
from booking.appointments.outcomes import Made
from booking.models import Booking, SlotHold
from booking.slots import offered as slots
from booking.workers import book
from campaigns.models import Invitation
from tests.booking.surgery import Surgery
from tests.resilience.races.conftest import worked
from tests.resilience.races.guards import meeting, without
from tests.resilience.races.phones import Phone
from tests.threads import at_once
from tests.waiting import PATIENCE, wait_until

PATIENTS = 50
TAKEN = "/b/times/?notice=taken"

Phones = Callable[[int], list[Phone]]


def most_for_a_slot() -> int:
    """How many patients the fullest slot has, held or booked."""
    slots = [*SlotHold.objects.values_list("slot_id", flat=True)]
    slots += Booking.objects.live().values_list("slot_id", flat=True)
    return max(Counter(slots).values())


@pytest.mark.hazard("H-03.1")
@pytest.mark.parametrize("free", [1, 10])
def test_fifty_patients_press_the_same_time(surgery: Surgery, phones: Phones, free: int) -> None:
    slot_id, *_ = [surgery.session(count=1, clinician=f"Nurse {number}") for number in range(free)]
    waiting = phones(PATIENTS)
    waiting[0].see("/b/times/")  # whoever presses a time has seen the list

    answered = at_once(*(lambda item=item: item.takes_and_confirms(slot_id) for item in waiting))

    assert Counter(answered) == {"/b/done/": free, TAKEN: PATIENTS - free}
    assert most_for_a_slot() == 1
    assert {item.is_told() for item in waiting} == {"We are booking your appointment", "/b/times/"}
    worked()
    titles = Counter(item.is_told() for item in waiting)
    assert titles == {"Appointment booked": free, "/b/times/": PATIENTS - free}
    booked = [item for item in surgery.books() if item["status"] == "booked"]
    assert len(booked) == len({item["nhs_number"] for item in booked}) == free


@pytest.mark.hazard("H-03.1", guard_off=True)
@pytest.mark.parametrize("free", [1, 3])
def test_without_the_constraints_a_slot_goes_to_several(
    surgery: Surgery, phones: Phones, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    slot_id, *_ = [surgery.session(count=1, clinician=f"Nurse {number}") for number in range(free)]
    waiting = phones(free + 3)
    # All of them have seen that nobody has it before the first of them takes it.
    monkeypatch.setattr(services, "to_json", meeting(slots.to_json, len(waiting)))
    with without("hold_once_per_slot", "booking_slot_once"):
        answered = at_once(*(lambda device=device: device.takes(slot_id) for device in waiting))
        assert answered == ["/b/check/"] * len(waiting)
        assert most_for_a_slot() > 1


def test_the_receptionist_takes_the_slot_between_list_and_confirm(surgery: Surgery, phones: Phones) -> None:
    slot_id = surgery.session(count=2)
    (patient,) = phones(1)
    assert patient.takes(slot_id) == "/b/check/"
    surgery.sandbox.control("take", {"slot_id": slot_id})

    assert patient.confirms(slot_id) == "/b/done/"
    assert patient.is_told() == "We are booking your appointment"
    worked()

    assert patient.is_told() == "That time has just been taken"
    assert patient.takes(slot_id) == TAKEN
    assert patient.takes_and_confirms(slot_id + 1) == "/b/done/"
    worked()
    assert patient.is_told() == "Appointment booked"
    assert [appointment["status"] for appointment in surgery.books()] == ["booked"]


def test_who_takes_every_refusal_for_a_booking_of_ours_tells_an_untruth(
    surgery: Surgery, phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard is to look whose appointment it is that stands in the slot."""
    slot_id = surgery.session(count=1)
    (patient,) = phones(1)
    patient.takes(slot_id)
    surgery.sandbox.control("take", {"slot_id": slot_id})
    monkeypatch.setattr(book, "look", lambda *asked: Made("1"))

    patient.confirms(slot_id)
    worked()

    assert patient.is_told() == "Appointment booked"
    assert surgery.books() == []


def somebody_waits() -> bool:
    """Whether a transaction waits for another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_slot_is_not_kept_for_one_patient_while_it_is_booked_for_another(
    surgery: Surgery, phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot_id = surgery.session(count=1)
    first, second = phones(2)
    (seen,) = slots.available(Invitation.objects.get(id=second.invitation_id))
    first.takes(slot_id)
    booked, book_at_once = Event(), services.book_at_once

    def pausing(*args: Any) -> Booking | None:
        with transaction.atomic():
            booking = book_at_once(*args)
            booked.set()
            wait_until(somebody_waits)
        return booking

    monkeypatch.setattr(services, "book_at_once", pausing)

    def take() -> str:
        assert booked.wait(PATIENCE)
        try:
            services.hold(invitation_id=second.invitation_id, slot=seen)
        except services.SlotUnavailable:
            return TAKEN
        return "kept"

    assert at_once(lambda: first.confirms(slot_id), take) == ["/b/done/", TAKEN]
    assert not SlotHold.objects.exists()
