"""What staff do with an appointment for a patient who phones, and where they may do more than the patient's link."""

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from booking.appointments import cancel, change, services
from booking.appointments.change import NothingToChange
from booking.appointments.services import NotOpen
from booking.models import Booking, BookingState
from booking.slots import offered as slots
from booking.visits.links import Standing
from booking.workers import cancel as workers_cancel
from campaigns.models import Invitation, InvitationState
from integrations.clinical.gp_connect import GpConnect
from integrations.links import LINK
from integrations.models.outbox import Message, Purpose
from practices.models import AuditEvent
from tests.booking.surgery import Surgery, made_up_slot, undo, work
from tests.factories import make_staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booked(surgery: Surgery) -> Booking:
    """An appointment in the book."""
    surgery.session()
    return surgery.booked(surgery.invite())


@pytest.mark.hazard("H-13.2")
def test_staff_book_and_move_for_a_patient_who_phones(surgery: Surgery) -> None:
    surgery.session(count=3)
    by = make_staff(surgery.practice)
    invitation = surgery.invite(expires_at=timezone.now() - timedelta(days=1), locked_at=timezone.now())
    first, *_, last = slots.available(invitation)
    services.hold(invitation_id=invitation.id, slot=first, by=by)

    with mock.patch.object(GpConnect, "book", autospec=True, side_effect=GpConnect.book) as call:
        booking = work(services.confirm(invitation_id=invitation.id, by=by))

    assert (booking.state, booking.made_by) == (BookingState.BOOKED, by)
    assert "by the practice" in call.call_args.args[3]
    Booking.objects.update(starts_at=timezone.now() + timedelta(minutes=30))
    change.hold_first_of(invitation_id=invitation.id, slots=[last], by=by)
    moved = work(change.confirm(invitation_id=invitation.id, slot_id=last.id, by=by))
    assert (moved.state, moved.made_by) == (BookingState.BOOKED, by)
    former = undo(booking)
    assert (former.state, former.cancelled_by) == (BookingState.CANCELLED, by)
    assert set(AuditEvent.objects.filter(action="booking.confirmed").values_list("actor", flat=True)) == {by.id}


def test_staff_answer_no_withdrawn_invitation(surgery: Surgery) -> None:
    by = make_staff(surgery.practice)
    invitation = surgery.invite(state=InvitationState.WITHDRAWN)

    for call in (
        lambda: services.hold(invitation_id=invitation.id, slot=made_up_slot(), by=by),
        lambda: services.decline(invitation_id=invitation.id, by=by),
        lambda: change.hold(invitation_id=invitation.id, slot=made_up_slot(), by=by),
    ):
        with pytest.raises(NotOpen) as closed:
            call()
        assert closed.value.standing == Standing.WITHDRAWN


def test_a_slot_that_goes_from_a_booking_of_staffs_leaves_a_locked_link_locked(surgery: Surgery) -> None:
    surgery.session()
    by = make_staff(surgery.practice)
    invitation = surgery.invite(locked_at=timezone.now())
    services.hold(invitation_id=invitation.id, slot=slots.available(invitation)[0], by=by)
    booking = services.confirm(invitation_id=invitation.id, by=by)
    surgery.sandbox.fault("gp_connect.book", "slot_taken")

    assert work(booking).state == BookingState.SLOT_GONE
    assert "{link}" not in Message.objects.get().body


def test_staff_may_cancel_until_it_begins_and_with_a_locked_link(surgery: Surgery, booked: Booking) -> None:
    by = make_staff(surgery.practice)
    Booking.objects.update(starts_at=timezone.now() + timedelta(minutes=5))
    Invitation.objects.update(locked_at=timezone.now())
    with pytest.raises(NotOpen) as closed:
        cancel.cancel(booking_id=booked.id)
    assert closed.value.standing == Standing.LOCKED

    asked = cancel.cancel(booking_id=booked.id, by=by)

    assert (asked.state, asked.cancelled_by) == (BookingState.CANCELLING, by)
    assert AuditEvent.objects.get(action="booking.cancel_asked").actor == by
    with mock.patch.object(GpConnect, "cancel", autospec=True, side_effect=GpConnect.cancel) as call:
        assert undo(booked).state == BookingState.CANCELLED
    assert call.call_args.args[1:] == (booked.appointment_id, workers_cancel.BY_STAFF)
    assert LINK not in Message.objects.get(purpose=Purpose.CANCELLATION).body, "the link is locked"


def test_what_staff_cancelled_by_hand_frees_the_slot_and_is_told_to_the_patient(
    surgery: Surgery, booked: Booking
) -> None:
    surgery.sandbox.fault("gp_connect.cancel", "refuse", status=403, code="ACCESS DENIED")
    cancel.cancel(booking_id=booked.id)
    undo(booked)
    by = make_staff(surgery.practice)

    for _ in range(2):
        assert cancel.cancelled_by_hand(booking_id=booked.id, by=by).state == BookingState.CANCELLED

    assert set(Message.objects.exclude(purpose=Purpose.CONFIRMATION).values_list("purpose", flat=True)) == {
        Purpose.NOT_CANCELLED,
        Purpose.CANCELLATION,
    }
    assert Invitation.objects.get().state == InvitationState.OPEN
    assert AuditEvent.objects.get(object_id=booked.id, action="booking.cancelled").actor == by


def test_only_what_could_not_be_cancelled_is_cancelled_by_hand(surgery: Surgery, booked: Booking) -> None:
    with pytest.raises(NothingToChange):
        cancel.cancelled_by_hand(booking_id=booked.id, by=make_staff(surgery.practice))
