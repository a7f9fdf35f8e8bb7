"""Patients who had an appointment and have none now: staff see why, and send a link to choose another time."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.appointments import cancel
from booking.models import Booking, BookingState, CancelReason
from booking.staff.patient import cancelled
from booking.staff.patient.refusals import CannotDo
from campaigns.follow_up import entries as follow_up
from campaigns.follow_up.entries import Kind
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.results import followed_up
from integrations.models.outbox import Message, Purpose
from patients.models import OptOutSource
from patients.opt_outs import services as opt_outs
from practices.models import AuditEvent, Practice, User
from tests.booking.surgery import Patient, Surgery, make_booking, undo
from tests.factories import make_campaign, make_invitation, make_practice, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def staff(practice: Practice) -> User:
    return make_staff(practice)


@pytest.fixture
def batch(practice: Practice, staff: User) -> Campaign:
    return make_campaign(practice, staff, started=True)


def lost(batch: Campaign, state: BookingState = BookingState.CANCELLED, **fields: object) -> Booking:
    """A booking that came to nothing, of a patient who may choose another time."""
    ago = fields.pop("settled_at", timezone.now())
    booking = make_booking(make_invitation(batch), state, settled_at=ago, **fields)
    Invitation.objects.filter(id=booking.invitation_id).update(state=InvitationState.OPEN)
    return booking


def listed(batch: Campaign) -> list[follow_up.Entry]:
    return follow_up.entries(list(follow_up.keys(follow_up.Batches.of(batch), Kind.CANCELLED)))


def test_the_inbox_has_who_has_no_appointment_any_more_the_oldest_first(batch: Campaign, staff: User) -> None:
    hour = timedelta(hours=1)
    by_patient = lost(batch, cancel_reason=CancelReason.ILL, settled_at=timezone.now() - hour)
    by_staff = lost(batch, cancelled_by=staff, settled_at=timezone.now() - 3 * hour)
    failed = lost(batch, BookingState.FAILED, reason="Your rules forbid it.", settled_at=timezone.now() - 2 * hour)

    entries = listed(batch)

    assert [entry.about for entry in entries] == [by_staff.id, failed.id, by_patient.id]
    assert entries[0].happened.startswith("Your practice cancelled")
    assert entries[1].happened.endswith("Your rules forbid it.")
    assert entries[2].happened.endswith("Why: I am not well enough to come.")
    assert follow_up.counts_of(batch)[Kind.CANCELLED] == 3


def test_who_has_booked_again_or_declined_or_was_seen_elsewhere_is_not_in_it(batch: Campaign) -> None:
    again, declined, elsewhere = lost(batch), lost(batch), lost(batch)
    make_booking(again.invitation, BookingState.PENDING)
    Invitation.objects.filter(id=declined.invitation_id).update(state=InvitationState.DECLINED)
    Invitation.objects.filter(id=elsewhere.invitation_id).update(elsewhere_at=timezone.now())

    assert listed(batch) == []


def test_a_patient_who_cancelled_twice_is_in_it_once(batch: Campaign) -> None:
    first = lost(batch)
    second = make_booking(first.invitation, BookingState.CANCELLED, settled_at=timezone.now())

    assert [entry.about for entry in listed(batch)] == [second.id]


def test_done_takes_off_one_and_a_later_cancellation_is_news(batch: Campaign, staff: User) -> None:
    booking = lost(batch)
    (entry,) = listed(batch)
    followed_up.mark(campaign=batch, invitation=entry.invitation, kind=entry.kind, about=entry.about, by=staff)
    assert listed(batch) == []

    later = make_booking(booking.invitation, BookingState.CANCELLED, settled_at=timezone.now())

    assert [entry.about for entry in listed(batch)] == [later.id]


def test_a_link_goes_once_however_often_it_is_pressed(batch: Campaign, staff: User) -> None:
    booking = lost(batch)
    Invitation.objects.filter(id=booking.invitation_id).update(expires_at=timezone.now())

    assert cancelled.send_link(booking_id=booking.id, by=staff)
    assert not cancelled.send_link(booking_id=booking.id, by=staff)

    text = Message.objects.get(subject_id=booking.invitation_id)
    assert (text.purpose, text.any_hour) == (Purpose.REBOOK, False)
    assert "{link}" in text.body
    invitation = Invitation.objects.get(id=booking.invitation_id)
    assert invitation.state == InvitationState.OPEN
    assert not invitation.is_expired
    assert listed(batch) == []
    event = AuditEvent.objects.get(action="booking.link_sent")
    assert (event.actor, event.object_id) == (staff, booking.id)


def test_the_database_refuses_a_second_link_for_a_booking(batch: Campaign, staff: User) -> None:
    booking = lost(batch)
    cancelled.send_link(booking_id=booking.id, by=staff)
    text = Message.objects.get(subject_id=booking.invitation_id)

    text.pk, text._state.adding = None, True
    with pytest.raises(IntegrityError, match="message_once"), transaction.atomic():
        text.save(force_insert=True)


def test_no_link_goes_where_it_is_of_no_use(batch: Campaign, staff: User, practice: Practice) -> None:
    again, stopped, record = lost(batch), lost(batch), lost(batch)
    make_booking(again.invitation, BookingState.PENDING)
    number = stopped.invitation.recipient.nhs_number
    opt_outs.add(practice=practice, by=staff, source=OptOutSource.STAFF, nhs_number=number)
    Invitation.objects.filter(id=record.invitation_id).update(
        record_fault="birth_differs", record_fault_at=timezone.now()
    )

    for booking, sentence in ((again, "booked again"), (stopped, "asked not to get texts"), (record, "record first")):
        with pytest.raises(CannotDo) as refused:
            cancelled.send_link(booking_id=booking.id, by=staff)
        assert sentence in refused.value.sentence
    assert not Message.objects.exists()


def test_staff_find_it_under_follow_up_and_press(batch: Campaign, staff: User, client: Client) -> None:
    booking = lost(batch, cancel_reason=CancelReason.TIME)
    client.force_login(staff)
    page = check_page(client.get(reverse("campaigns:to-do"), {"show": "cancelled"}))
    path = reverse("staff:choose-again", args=[booking.invitation_id, booking.id])
    assert "I cannot come at that time" in page.text
    assert path in [link.get("href") for link in page.all("a")]

    asked = check_page(client.get(path))
    assert asked.title.startswith("Send a link to choose another time?")
    assert not Message.objects.exists(), "looking sends nothing"
    done = check_page(client.post(path, follow=True))
    assert "The text is on its way." in done.text
    again = check_page(client.post(path, follow=True))
    assert "done already" in again.text

    assert Message.objects.filter(purpose=Purpose.REBOOK).count() == 1
    page = check_page(client.get(reverse("campaigns:to-do"), {"show": "cancelled"}))
    assert "Nothing needs you now" in page.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("answer", "stored"), [({"reason": "ill"}, "ill"), ({}, ""), ({"reason": "<odd>"}, "")])
def test_a_patient_may_say_why_and_need_not(
    surgery: Surgery, client: Client, answer: dict[str, str], stored: str
) -> None:
    surgery.session()
    booked = surgery.booked(surgery.invite())
    Patient(booked.invitation, client).back()
    page = check_page(client.get("/b/cancel/"))
    assert "Why are you cancelling? (optional)" in page.text

    assert client.post("/b/cancel/", {"booking": str(booked.id), **answer}).status_code == 303

    done = undo(booked)
    assert (done.state, done.cancel_reason) == (BookingState.CANCELLED, stored)
    (entry,) = listed(surgery.campaign)
    assert entry.happened.startswith("The patient cancelled")


def test_a_reason_is_kept_with_the_first_cancelling(batch: Campaign) -> None:
    booking = make_booking(make_invitation(batch))
    cancel.cancel(booking_id=booking.id, reason=CancelReason.ELSEWHERE)
    cancel.cancel(booking_id=booking.id, reason=CancelReason.OTHER)

    assert Booking.objects.get(id=booking.id).cancel_reason == CancelReason.ELSEWHERE
