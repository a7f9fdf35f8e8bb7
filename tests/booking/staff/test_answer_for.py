"""Acting for a patient who phones: book, move, cancel, decline, take that back; and settling by hand."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from booking.models import Booking, BookingState, Decline
from booking.slots import offered as slots
from booking.staff.patient import answer_for, by_hand
from booking.staff.patient.refusals import CannotDo
from booking.staff.patient.reverse import reverse_decline
from campaigns.models import Campaign, Invitation, InvitationState
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState
from practices.models import AuditEvent, User
from tests.booking.surgery import Surgery, age, undo, work
from tests.factories import make_staff
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(surgery: Surgery) -> User:
    return make_staff(surgery.practice)


def again(invitation: Invitation) -> Invitation:
    return Invitation.objects.get(id=invitation.id)


def actors(*objects: Invitation | Booking) -> dict[str, User | None]:
    events = AuditEvent.objects.filter(object_id__in=[item.id for item in objects]).order_by("id")
    return {event.action: event.actor for event in events}


def book(invitation: Invitation, by: User, number: int = 0, *, moving: bool = False) -> Booking:
    """Take the slot of this number, and confirm it."""
    slot = slots.available(invitation)[number]
    answer_for.hold(invitation=invitation, slot_id=slot.id, moving=moving, by=by)
    return answer_for.confirm(invitation=invitation, slot_id=slot.id, moving=moving, by=by)


@pytest.mark.parametrize(
    "fields",
    [{}, {"expires_at": timezone.now() - timedelta(days=3)}, {"locked_at": timezone.now()}],
    ids=["open", "expired", "locked"],
)
def test_staff_book_whatever_has_become_of_the_link(surgery: Surgery, staff: User, fields: dict[str, Any]) -> None:
    surgery.session()
    invitation = surgery.invite(**fields)

    booking = work(book(invitation, staff))

    assert (booking.state, booking.made_by) == (BookingState.BOOKED, staff)
    (appointment,) = surgery.appointments_of(invitation)
    assert appointment["status"] == "booked"
    actors_by_action = actors(invitation, booking)
    assert actors_by_action["booking.confirmed"] == actors_by_action["invitation.caller_checked"] == staff


def test_not_once_the_link_was_withdrawn(surgery: Surgery, staff: User) -> None:
    surgery.session()
    invitation = surgery.invite(state=InvitationState.WITHDRAWN)

    with pytest.raises(CannotDo, match="withdrawn"):
        book(invitation, staff)
    with pytest.raises(CannotDo, match="withdrawn"):
        answer_for.decline(invitation=invitation, by=staff)
    assert not Booking.objects.exists()
    assert actors(invitation) == {}


def test_staff_move_and_cancel(surgery: Surgery, staff: User) -> None:
    surgery.session(count=3)
    invitation = surgery.invite()
    first = surgery.booked(invitation)

    second = work(book(again(invitation), staff, 1, moving=True))
    first = undo(first)
    assert (first.state, second.state) == (BookingState.CANCELLED, BookingState.BOOKED)
    assert first.cancelled_by == staff

    answer_for.cancel(invitation=again(invitation), booking_id=second.id, by=staff)
    assert undo(second).state == BookingState.CANCELLED
    assert {appointment["status"] for appointment in surgery.appointments_of(invitation)} == {"cancelled"}
    assert actors(second)["booking.cancel_asked"] == staff


def test_an_appointment_that_has_begun_is_not_ours_to_change(surgery: Surgery, staff: User) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.booked(invitation)
    Booking.objects.update(starts_at=timezone.now() - timedelta(minutes=1))

    with pytest.raises(CannotDo, match="has begun"):
        answer_for.cancel(invitation=invitation, booking_id=booking.id, by=staff)


def test_a_time_that_went_meanwhile_is_refused(surgery: Surgery, staff: User) -> None:
    surgery.session(count=1)
    invitation, other = surgery.invite(), surgery.invite()
    slot = slots.available(invitation)[0]
    answer_for.hold(invitation=other, slot_id=slot.id, moving=False, by=staff)

    with pytest.raises(CannotDo) as refusal:
        answer_for.hold(invitation=invitation, slot_id=slot.id, moving=False, by=staff)
    assert refusal.value.sentence == answer_for.TAKEN
    with pytest.raises(CannotDo) as refusal:
        answer_for.confirm(invitation=invitation, slot_id=slot.id, moving=False, by=staff)
    assert refusal.value.sentence == answer_for.RUN_OUT
    assert "invitation.caller_checked" not in actors(invitation)


def declined(surgery: Surgery, by: User) -> Invitation:
    invitation = surgery.invite()
    answer_for.decline(invitation=invitation, by=by)
    return again(invitation)


def test_staff_decline_and_the_code_follows(surgery: Surgery, staff: User) -> None:
    invitation = declined(surgery, staff)

    assert invitation.state == InvitationState.DECLINED
    assert invitation.decline.made_by == staff
    assert CodedEntry.objects.get(subject_id=invitation.id).purpose == Purpose.DECLINE
    assert actors(invitation)["invitation.declined"] == staff


def test_a_reversed_decline_lets_the_patient_answer_and_keeps_its_code(surgery: Surgery, staff: User) -> None:
    surgery.session()
    invitation = declined(surgery, staff)
    CodedEntry.objects.update(state=CodeState.STARTED)
    CodedEntry.objects.update(state=CodeState.FILED, due_at=None)

    assert reverse_decline(invitation_id=invitation.id, by=staff)
    assert not reverse_decline(invitation_id=invitation.id, by=staff)

    decline = Decline.objects.get()
    assert (decline.reversed_by, again(invitation).state) == (staff, InvitationState.OPEN)
    assert CodedEntry.objects.get().state == CodeState.FILED
    assert work(book(again(invitation), staff)).state == BookingState.BOOKED
    assert actors(invitation)["invitation.decline_reversed"] == staff


def test_declining_again_files_no_second_code(surgery: Surgery, staff: User) -> None:
    invitation = declined(surgery, staff)
    reverse_decline(invitation_id=invitation.id, by=staff)

    answer_for.decline(invitation=invitation, by=staff)

    assert CodedEntry.objects.filter(subject_id=invitation.id).count() == 1
    decline = Decline.objects.get()
    assert (decline.reversed_at, decline.reversed_by) == (None, None)
    assert again(invitation).state == InvitationState.DECLINED


def test_the_link_of_a_reversed_decline_works(surgery: Surgery, staff: User) -> None:
    invitation = declined(surgery, staff)
    Invitation.objects.filter(id=invitation.id).update(expires_at=timezone.now() - timedelta(days=1))

    reverse_decline(invitation_id=invitation.id, by=staff)

    lifetime = timedelta(days=surgery.campaign.link_lifetime_days)
    assert abs(again(invitation).expires_at - timezone.now() - lifetime) < timedelta(minutes=1)


def test_a_decline_is_not_reversed_where_the_links_were_withdrawn(surgery: Surgery, staff: User) -> None:
    invitation = declined(surgery, staff)
    Campaign.objects.update(links_withdrawn=True)

    with pytest.raises(CannotDo, match="withdrawn"):
        reverse_decline(invitation_id=invitation.id, by=staff)
    assert again(invitation).state == InvitationState.DECLINED


def in_doubt(surgery: Surgery, *, committed: bool) -> Booking:
    """A booking whose answer was lost, in the book or not, and that nobody could look for in time."""
    surgery.session()
    booking = surgery.confirmed(surgery.invite())
    kind = "timeout_after" if committed else "timeout_before"
    surgery.sandbox.fault("gp_connect.book", kind)
    surgery.sandbox.fault("gp_connect.appointments", "status", status=503, times=None)
    booking = work(booking)
    age(booking, hours=30)
    booking = work(booking)
    assert booking.state == BookingState.CHECK
    surgery.sandbox.control("faults", method="DELETE")
    return booking


def test_what_staff_see_in_the_book_is_booked_with_the_books_own_id(surgery: Surgery, staff: User) -> None:
    booking = in_doubt(surgery, committed=True)

    with pytest.raises(CannotDo, match="has an appointment"):
        by_hand.not_in_the_book(booking=booking, by=staff)
    assert by_hand.in_the_book(booking=booking, by=staff)
    assert not by_hand.in_the_book(booking=booking, by=staff)

    settled = Booking.objects.get(id=booking.id)
    (appointment,) = surgery.appointments_of(booking.invitation)
    assert (settled.state, settled.appointment_id) == (BookingState.BOOKED, str(appointment["id"]))
    assert again(booking.invitation).state == InvitationState.BOOKED
    assert Message.objects.filter(subject_id=booking.invitation_id, purpose=Purpose.CONFIRMATION).count() == 1
    assert actors(booking)["booking.checked"] == staff


def test_what_is_not_there_is_not_booked_and_the_link_works_again(surgery: Surgery, staff: User) -> None:
    booking = in_doubt(surgery, committed=False)

    with pytest.raises(CannotDo, match="no appointment at this time"):
        by_hand.in_the_book(booking=booking, by=staff)
    assert by_hand.not_in_the_book(booking=booking, by=staff)
    assert not by_hand.not_in_the_book(booking=booking, by=staff)

    assert Booking.objects.get(id=booking.id).state == BookingState.FAILED
    assert again(booking.invitation).state == InvitationState.OPEN


def test_nobody_says_booked_while_the_book_cannot_be_read(surgery: Surgery, staff: User) -> None:
    booking = in_doubt(surgery, committed=True)
    surgery.sandbox.fault("gp_connect.appointments", "status", status=503, times=None)

    with pytest.raises(CannotDo, match="cannot read the appointment book"):
        by_hand.in_the_book(booking=booking, by=staff)
    assert Booking.objects.get(id=booking.id).state == BookingState.CHECK


def test_one_that_is_over_is_settled_by_the_persons_word(surgery: Surgery, staff: User) -> None:
    booking = in_doubt(surgery, committed=True)
    Booking.objects.update(starts_at=timezone.now() - timedelta(days=2))
    booking.refresh_from_db()

    assert by_hand.in_the_book(booking=booking, by=staff)

    assert Booking.objects.get(id=booking.id).state == BookingState.BOOKED
    assert not Message.objects.filter(purpose=Purpose.CONFIRMATION).exists()


def test_what_staff_cancelled_themselves_is_cancelled(surgery: Surgery, staff: User) -> None:
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.booked(invitation)
    answer_for.cancel(invitation=invitation, booking_id=booking.id, by=staff)
    surgery.sandbox.fault("gp_connect.cancel", "refuse", status=403, code="ACCESS DENIED")
    assert undo(booking).state == BookingState.NOT_CANCELLED

    answer_for.cancelled_by_hand(booking_id=booking.id, by=staff)
    answer_for.cancelled_by_hand(booking_id=booking.id, by=staff)

    assert Booking.objects.get(id=booking.id).state == BookingState.CANCELLED
    assert actors(booking)["booking.cancelled"] == staff


@pytest.mark.django_db(transaction=True)
def test_two_staff_who_reverse_and_decline_at_once_come_one_after_the_other(surgery: Surgery, staff: User) -> None:
    invitation = declined(surgery, staff)
    colleague = make_staff(surgery.practice)

    done = at_once(
        lambda: reverse_decline(invitation_id=invitation.id, by=staff),
        lambda: reverse_decline(invitation_id=invitation.id, by=colleague),
        times=3,
    )

    assert sorted(done) == [False] * 5 + [True]
    assert AuditEvent.objects.filter(action="invitation.decline_reversed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_staff_who_settle_at_once_settle_once(surgery: Surgery, staff: User) -> None:
    booking = in_doubt(surgery, committed=True)
    colleague = make_staff(surgery.practice)

    done = at_once(
        lambda: by_hand.in_the_book(booking=booking, by=staff),
        lambda: by_hand.in_the_book(booking=booking, by=colleague),
    )

    assert sorted(done) == [False, True]
    assert Message.objects.filter(purpose=Purpose.CONFIRMATION).count() == 1
