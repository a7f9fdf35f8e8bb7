"""Moving an appointment: the old one is kept until the new one is in the book, whatever happens on the way."""

from datetime import timedelta
from unittest import mock

import pytest
from django.test import Client
from django.utils import timezone

from booking.appointments import cancel as appointments_cancel
from booking.appointments import change, services
from booking.appointments.change import NothingToChange, TooLate
from booking.appointments.outcomes import Made
from booking.appointments.services import HoldGone, NotOpen, SlotUnavailable
from booking.models import Booking, BookingState, SlotHold
from booking.slots import offered as slots
from booking.visits.links import Standing
from booking.workers import book, settle
from booking.workers import cancel as workers_cancel
from campaigns.models import Invitation, InvitationState
from core.wording import nhs_date, nhs_datetime
from integrations.models.outbox import Message, Purpose
from tests.booking.surgery import Patient, Surgery, age, day, made_up_slot, undo, work
from tests.factories import make_invitation, make_staff
from tests.html import Page, check_page
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booked(surgery: Surgery) -> Booking:
    """An appointment at 9am in three days; there are times a week later too."""
    surgery.session(count=3)
    surgery.session(after=10, at="14:00:00")
    return surgery.booked(surgery.invite())


def _again(booking: Booking) -> Booking:
    return Booking.objects.get(id=booking.id)


def _last_slot(booking: Booking) -> str:
    return slots.available(booking.invitation)[-1].id


def _moving(booking: Booking) -> Booking:
    """The patient has asked for the last time there is; no worker has seen it yet."""
    slot = slots.available(booking.invitation)[-1]
    change.hold(invitation_id=booking.invitation_id, slot=slot)
    return change.confirm(invitation_id=booking.invitation_id)


def _statuses(surgery: Surgery, booking: Booking) -> dict[str, str]:
    """What is in the book of this patient: slot by slot."""
    return {
        str(appointment["slot_ids"])[1:-1]: appointment["status"]
        for appointment in surgery.appointments_of(booking.invitation)
    }


def _offered(page: Page) -> list[str | None]:
    return [button.get("value") for button in page.all("button") if button.get("name") == "slot"]


def _texts(booking: Booking) -> list[tuple[str, int]]:
    texts = Message.objects.filter(subject_id=booking.invitation_id).order_by("created_at")
    return list(texts.values_list("purpose", "step"))


def test_a_patient_moves_an_appointment_and_never_has_none(surgery: Surgery, booked: Booking, client: Client) -> None:
    patient = Patient(booked.invitation, client).back()
    times = check_page(client.get("/b/move/"))
    assert nhs_datetime(booked.starts_at) in times.text
    assert booked.slot_id not in _offered(times)
    wanted = _last_slot(booked)

    assert client.post("/b/move/", {"slot": wanted})["Location"] == "/b/move/check/"
    check = check_page(client.get("/b/move/check/"))
    assert "has not moved yet" in check.text
    assert _again(booked).state == BookingState.BOOKED
    assert client.post("/b/move/check/", {"slot": wanted})["Location"] == "/b/done/"

    new = Booking.objects.get(replaces=booked)
    assert (_again(booked).state, new.state) == (BookingState.MOVING, BookingState.PENDING)
    page = check_page(client.get("/b/done/"))
    assert page.title.startswith("We are moving your appointment")
    assert f"keep your appointment on {nhs_datetime(booked.starts_at)}" in page.text
    assert page.by_id("booking").get("data-live")  # type: ignore[union-attr] # missing would fail just as well
    assert _statuses(surgery, booked) == {booked.slot_id: "booked"}

    assert work(new).state == BookingState.BOOKED

    assert _again(booked).state == BookingState.CANCELLING
    assert _statuses(surgery, booked) == {booked.slot_id: "booked", wanted: "booked"}
    page = check_page(client.get("/b/done/"))
    assert page.title.startswith("Appointment moved")
    assert nhs_date(day(10)) in page.text
    assert undo(booked).state == BookingState.CANCELLED
    assert _statuses(surgery, booked) == {booked.slot_id: "cancelled", wanted: "booked"}
    assert _texts(booked) == [(Purpose.CONFIRMATION, 0), (Purpose.CONFIRMATION, 1)], "one text about the move"
    assert "has moved" in Message.objects.get(step=1).body
    assert Invitation.objects.get().state == InvitationState.BOOKED
    assert patient.cancel(booked)["Location"] == "/b/done/"
    assert _again(new).state == BookingState.BOOKED, "a page about the old time cancels nothing"
    assert booked.slot_id in [slot.id for slot in slots.available(surgery.invite())], "its slot is offered again"


def test_the_same_time_with_somebody_else_is_no_other_time(surgery: Surgery, client: Client) -> None:
    surgery.session(clinician="Dr Grey")
    surgery.session(clinician="Dr White")
    booked = surgery.booked(surgery.invite())
    Patient(booked.invitation, client).back()

    assert len(_offered(check_page(client.get("/b/move/")))) == 1


def test_the_new_slot_has_gone_and_the_old_appointment_stays(surgery: Surgery, booked: Booking, client: Client) -> None:
    Patient(booked.invitation, client).back()
    new = _moving(booked)
    surgery.sandbox.fault("gp_connect.book", "slot_taken")

    assert work(new).state == BookingState.SLOT_GONE

    assert _again(booked).state == BookingState.BOOKED
    assert Invitation.objects.get().state == InvitationState.BOOKED
    assert _texts(booked) == [(Purpose.CONFIRMATION, 0), (Purpose.NOT_BOOKED, 1)]
    text = Message.objects.get(step=1).body
    assert f"Your appointment on {nhs_datetime(booked.starts_at)} stays as it was" in text
    page = check_page(client.get("/b/done/"))
    assert page.title.startswith("Your appointment has not moved")
    assert "Somebody else took" in page.text
    assert nhs_date(booked.starts_at) in page.text
    assert "/b/move/" in [link.get("href") for link in page.all("a")]
    Booking.objects.filter(id=new.id).update(settled_at=timezone.now() - timedelta(hours=2))
    assert check_page(client.get("/b/done/")).title.startswith("Appointment booked")

    again = _moving(booked)
    assert work(again).state == BookingState.BOOKED
    assert undo(booked).state == BookingState.CANCELLED


def test_the_new_time_is_refused_and_the_old_appointment_stays(surgery: Surgery, booked: Booking) -> None:
    new = _moving(booked)
    surgery.sandbox.fault("gp_connect.book", "refuse", status=422, code="INVALID_RESOURCE")

    assert work(new).state == BookingState.FAILED

    assert (_again(booked).state, Invitation.objects.get().state) == (BookingState.BOOKED, InvitationState.BOOKED)
    assert _texts(booked)[1:] == [(Purpose.NOT_BOOKED, 1)]
    appointments_cancel.cancel(booking_id=booked.id)
    assert undo(booked).state == BookingState.CANCELLED
    assert _texts(booked)[2:] == [(Purpose.CANCELLATION, 0)], "a move that failed does not keep this from being told"


@pytest.mark.parametrize("kind", ["timeout_after", "timeout_before"])
def test_while_nobody_knows_whether_the_new_time_is_booked_the_old_one_is_kept(
    surgery: Surgery, booked: Booking, client: Client, kind: str
) -> None:
    patient = Patient(booked.invitation, client).back()
    new = _moving(booked)
    surgery.sandbox.fault("gp_connect.book", kind, seconds=0.1)

    assert work(new).state == BookingState.UNKNOWN
    assert _again(booked).state == BookingState.MOVING
    page = check_page(client.get("/b/done/"))
    assert "Do not book again" in page.text
    assert f"We have not cancelled your appointment on {nhs_datetime(booked.starts_at)}" in page.text
    patient.cancel(booked)
    assert _again(booked).state == BookingState.MOVING, "it cannot be cancelled in the middle of a move"

    age(new, seconds=20)
    work(new)
    if _again(new).state == BookingState.PENDING:
        work(new)
    assert _again(new).state == BookingState.BOOKED
    assert undo(booked).state == BookingState.CANCELLED
    assert sorted(_statuses(surgery, booked).values()) == ["booked", "cancelled"]


def test_what_cannot_be_found_out_in_a_day_leaves_the_old_appointment_in_the_book(
    surgery: Surgery, booked: Booking, client: Client
) -> None:
    Patient(booked.invitation, client).back()
    new = _moving(booked)
    surgery.sandbox.fault("gp_connect.book", "timeout_after", seconds=0.1)
    surgery.sandbox.fault("gp_connect.appointments", "status", status=503, times=None)
    work(new)
    age(new, hours=25)

    assert work(new).state == BookingState.CHECK

    assert _again(booked).state == BookingState.MOVING
    page = check_page(client.get("/b/done/"))
    assert "could not find out whether your appointment has moved" in page.text
    assert nhs_datetime(booked.starts_at) in page.text
    assert "was moved" in Message.objects.get(step=1).body


def test_the_old_appointment_begins_before_the_new_one_is_booked(surgery: Surgery, booked: Booking) -> None:
    new = _moving(booked)
    Booking.objects.filter(id=booked.id).update(starts_at=timezone.now())

    assert work(new).state == BookingState.SLOT_GONE
    assert _again(booked).state == BookingState.BOOKED
    assert surgery.calls("gp_connect.book") == 1, "the first one"


def test_an_old_appointment_that_cannot_be_cancelled_is_for_staff_and_its_patient_is_not_troubled(
    surgery: Surgery, booked: Booking, client: Client
) -> None:
    Patient(booked.invitation, client).back()
    new = work(_moving(booked))
    surgery.sandbox.fault("gp_connect.cancel", "status", status=503, times=None)
    Booking.objects.filter(id=booked.id).update(cancel_asked_at=timezone.now() - timedelta(hours=2))
    assert undo(booked).state == BookingState.CANCELLING, "a day is left, or until it begins"
    Booking.objects.filter(id=booked.id).update(cancel_asked_at=timezone.now() - workers_cancel.MOVED_WITHIN)

    assert undo(booked).state == BookingState.NOT_CANCELLED
    assert len(_texts(booked)) == 2
    assert check_page(client.get("/b/done/")).title.startswith("Appointment moved")
    appointments_cancel.cancelled_by_hand(booking_id=booked.id, by=make_staff(surgery.practice))
    assert len(_texts(booked)) == 2
    assert (_again(new).state, Invitation.objects.get().state) == (BookingState.BOOKED, InvitationState.BOOKED)


def test_moved_twice_and_then_cancelled_while_the_first_is_still_on_its_way_out(
    surgery: Surgery, booked: Booking, client: Client
) -> None:
    Patient(booked.invitation, client).back()
    second = work(_moving(booked))
    third = work(_moving(second))
    appointments_cancel.cancel(booking_id=third.id)
    assert check_page(client.get("/b/done/")).title.startswith("We are cancelling")

    for booking in (third, second, booked):
        assert undo(booking).state == BookingState.CANCELLED

    assert set(_statuses(surgery, booked).values()) == {"cancelled"}
    assert [purpose for purpose, _ in _texts(booked)] == [*[Purpose.CONFIRMATION] * 3, Purpose.CANCELLATION]
    page = check_page(client.get("/b/done/"))
    assert nhs_datetime(third.starts_at) in page.text
    assert Invitation.objects.get().state == InvitationState.OPEN


def test_a_worker_killed_between_the_two_appointments_leaves_nobody_without(surgery: Surgery, booked: Booking) -> None:
    new = _moving(booked)
    with mock.patch("booking.workers.settle.give_up", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        book.make(new.id)
    assert (_again(new).state, _again(booked).state) == (BookingState.STARTED, BookingState.MOVING)
    Booking.objects.filter(id=new.id).update(due_at=timezone.now())

    book.sweep()

    assert work(new).state == BookingState.BOOKED
    assert surgery.calls("gp_connect.book") == 2, "one for each appointment"
    assert undo(booked).state == BookingState.CANCELLED
    assert sorted(_statuses(surgery, booked).values()) == ["booked", "cancelled"]


def test_confirming_ten_times_at_once_is_one_move(surgery: Surgery, booked: Booking) -> None:
    change.hold(invitation_id=booked.invitation_id, slot=slots.available(booked.invitation)[-1])

    moved = at_once(lambda: change.confirm(invitation_id=booked.invitation_id), times=10)

    assert {booking.id for booking in moved} == {Booking.objects.get(replaces=booked).id}
    assert not SlotHold.objects.exists()


def test_cancel_and_move_at_once_whoever_is_first_wins(surgery: Surgery, booked: Booking) -> None:
    change.hold(invitation_id=booked.invitation_id, slot=slots.available(booked.invitation)[-1])

    def cancel() -> object:
        try:
            return appointments_cancel.cancel(booking_id=booked.id)
        except NothingToChange as lost:
            return lost

    def confirm() -> object:
        try:
            return change.confirm(invitation_id=booked.invitation_id)
        except NothingToChange as lost:
            return lost

    results = at_once(cancel, confirm)

    assert sorted(type(result).__name__ for result in results) == ["Booking", "NothingToChange"]
    state = BookingState.CANCELLING if isinstance(results[0], Booking) else BookingState.MOVING
    assert _again(booked).state == state


def test_a_time_chosen_in_another_tab_is_not_booked_by_this_one(
    surgery: Surgery, booked: Booking, client: Client
) -> None:
    Patient(booked.invitation, client).back()
    first, *_, last = (slot.id for slot in slots.available(booked.invitation))
    client.post("/b/move/", {"slot": first})
    client.post("/b/move/", {"slot": last})

    assert client.post("/b/move/check/", {"slot": first})["Location"] == "/b/move/?notice=run-out"
    assert "stays as it was" in check_page(client.get("/b/move/?notice=run-out")).text
    assert _again(booked).state == BookingState.BOOKED


def test_a_slot_that_another_patient_has_is_not_moved_to(surgery: Surgery, booked: Booking, client: Client) -> None:
    other, taken = surgery.invite(), slots.available(booked.invitation)[-1]
    Patient(booked.invitation, client).back()
    client.post("/b/move/", {"slot": taken.id})
    SlotHold.objects.update(expires_at=timezone.now())
    services.hold(invitation_id=other.id, slot=taken)

    assert client.post("/b/move/check/", {"slot": taken.id})["Location"] == "/b/move/?notice=run-out"
    assert client.post("/b/move/", {"slot": taken.id})["Location"] == "/b/move/?notice=taken"
    with pytest.raises(SlotUnavailable):
        change.hold(invitation_id=booked.invitation_id, slot=taken)


def test_without_an_appointment_there_is_nothing_to_move(client: Client, surgery: Surgery) -> None:
    surgery.session()
    invitation = surgery.invite()
    Patient(invitation, client).identified()
    for path in ("/b/move/", "/b/move/check/", "/b/cancel/", "/b/appointment.ics"):
        assert client.get(path)["Location"] == "/b/"
    with pytest.raises(NotOpen) as closed:
        change.hold(invitation_id=invitation.id, slot=made_up_slot())
    assert closed.value.standing == Standing.OPEN
    with pytest.raises(HoldGone):
        change.confirm(invitation_id=invitation.id)


def test_what_is_on_its_way_cannot_be_moved() -> None:
    invitation = make_invitation()
    services.hold(invitation_id=invitation.id, slot=made_up_slot())
    services.confirm(invitation_id=invitation.id)

    with pytest.raises(NothingToChange):
        change.hold(invitation_id=invitation.id, slot=made_up_slot(2))


def test_too_late_to_move(surgery: Surgery, booked: Booking, client: Client) -> None:
    Patient(booked.invitation, client).back()
    slot = slots.available(booked.invitation)[-1]
    change.hold(invitation_id=booked.invitation_id, slot=slot)
    Booking.objects.update(starts_at=timezone.now() + timedelta(minutes=59))

    for call in (change.confirm, lambda **who: change.hold(slot=slot, **who)):
        with pytest.raises(TooLate):
            call(invitation_id=booked.invitation_id)
    assert client.post("/b/move/check/", {"slot": slot.id})["Location"] == "/b/done/"
    assert _again(booked).state == BookingState.BOOKED


def test_there_are_no_other_times_or_nobody_knows(surgery: Surgery, client: Client) -> None:
    surgery.session(count=1)
    booked = surgery.booked(surgery.invite())
    Patient(booked.invitation, client).back()
    slots.forget(surgery.campaign)

    page = check_page(client.get("/b/move/"))
    assert page.title.startswith("There are no other free times")
    assert nhs_datetime(booked.starts_at) in page.text
    slots.forget(surgery.campaign)
    surgery.sandbox.fault("gp_connect.slots", "status", status=503, times=None)
    response = client.get("/b/move/")
    assert response.status_code == 503
    assert nhs_datetime(booked.starts_at) in check_page(response).text


def test_a_late_answer_ends_the_doubt_about_a_move(surgery: Surgery, booked: Booking) -> None:
    new = _moving(booked)
    surgery.sandbox.fault("gp_connect.book", "timeout_after", seconds=0.1)
    surgery.sandbox.fault("gp_connect.appointments", "status", status=503, times=None)
    work(new)
    age(new, hours=25)
    work(new)

    settle.settle(new, Made("77"))

    assert (_again(new).state, _again(booked).state) == (BookingState.BOOKED, BookingState.CANCELLING)


def test_a_late_answer_about_a_move_that_was_given_up_changes_nothing(surgery: Surgery, booked: Booking) -> None:
    new = _moving(booked)
    surgery.sandbox.fault("gp_connect.book", "refuse", status=422, code="INVALID_RESOURCE")
    work(new)

    settle.settle(new, Made("77"))

    assert (_again(new).state, _again(booked).state) == (BookingState.FAILED, BookingState.BOOKED)
