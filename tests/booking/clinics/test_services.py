"""A clinic falls out: nobody is told twice, and nobody is left out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from booking.appointments.outcomes import Cancelled, Refused
from booking.clinics import hooks, parts, progress, services
from booking.clinics.parts import Part
from booking.clinics.progress import Progress
from booking.models import Booking, BookingState, CancelledClinic, ClinicPatient, PhoneReason
from booking.workers import cancel as worker
from campaigns.follow_up import entries as follow_up
from campaigns.follow_up.entries import Kind
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.results import followed_up
from core.wording import LONDON
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from patients.models import OptOutSource, Recipient, Verdict
from patients.opt_outs import services as opt_outs
from practices.models import AuditEvent, Practice, User
from tests.booking.surgery import make_booking
from tests.factories import make_campaign, make_invitation, make_message, make_practice, make_recipient, make_staff
from tests.threads import at_once

pytestmark = pytest.mark.django_db

SESSION, OTHER = "Flu session", "Blood tests"


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def staff(practice: Practice) -> User:
    return make_staff(practice)


@pytest.fixture
def batch(practice: Practice, staff: User) -> Campaign:
    return make_campaign(practice, staff, started=True, rows=0)


def book(batch: Campaign, state: BookingState = BookingState.BOOKED, *, session: str = SESSION, **row: str) -> Booking:
    """An appointment at noon in three days."""
    assert batch.patient_list is not None
    number = Booking.objects.count() + 1
    booking = make_booking(make_invitation(batch, make_recipient(batch.patient_list, **row)), state)
    starts = timezone.localtime(timezone=LONDON).replace(hour=12, minute=0, second=0, microsecond=0)
    booking.starts_at = starts + timedelta(days=3, minutes=number)
    booking.ends_at = booking.starts_at + timedelta(minutes=1)
    booking.slot |= {"session_name": session, "clinician": f"Dr {session}"}
    booking.save(update_fields=["starts_at", "ends_at", "slot"])
    return booking


def the_day() -> date:
    return timezone.localtime(timezone=LONDON).date() + timedelta(days=3)


Cancel = Callable[..., CancelledClinic]


@pytest.fixture
def cancel(practice: Practice, staff: User) -> Cancel:
    def run(*, at_once: bool = False, **part: Any) -> CancelledClinic:
        clinic = services.cancel(practice=practice, day=the_day(), part=Part(**part), at_once=at_once, by=staff)
        services.see_to(clinic.id)
        return clinic

    return run


def texts() -> list[Message]:
    return list(Message.objects.filter(purpose=Purpose.CLINIC).order_by("created_at"))


def stands(clinic: CancelledClinic) -> dict[Progress, int]:
    return {one: count for one, count in progress.counts([clinic])[clinic.id].items() if count}


def test_a_day_is_offered_by_session_and_clinician(batch: Campaign, practice: Practice) -> None:
    book(batch)
    book(batch, session=OTHER)
    book(batch, BookingState.CANCELLED)

    assert parts.days(practice) == [(the_day(), 2)]
    found = parts.parts(practice, the_day())
    assert [(part.label, part.count) for part in found] == [
        ("The whole day", 2),
        (f"Session: {OTHER}", 1),
        (f"Session: {SESSION}", 1),
        (f"Clinician: Dr {OTHER}", 1),
        (f"Clinician: Dr {SESSION}", 1),
    ]
    assert len({part.key for part in found}) == 5
    assert parts.days(make_practice()) == []


@pytest.mark.parametrize(("part", "number"), [({}, 2), ({"session": OTHER}, 1), ({"clinician": f"Dr {SESSION}"}, 1)])
def test_each_of_the_part_gets_one_text_and_nobody_else_any(
    batch: Campaign, cancel: Cancel, part: dict[str, str], number: int
) -> None:
    book(batch)
    book(batch, session=OTHER)

    clinic = cancel(**part)

    assert len(texts()) == number
    assert stands(clinic) == {Progress.ON_THE_WAY: number}
    assert all("cannot go ahead" in text.body and "{link}" in text.body and not text.any_hour for text in texts())
    assert AuditEvent.objects.filter(action="booking.clinic_cancelled").count() == number


@pytest.mark.hazard("H-10.4")
def test_a_second_press_and_a_second_worker_text_nobody_twice(batch: Campaign, cancel: Cancel) -> None:
    book(batch)
    book(batch)
    first = cancel()

    assert cancel() == first
    cancel(session=SESSION)
    services.sweep()

    assert len(texts()) == 2
    assert CancelledClinic.objects.count() == 2
    assert AuditEvent.objects.filter(action="clinic.cancelled").count() == 2


@pytest.mark.hazard("H-10.4")
@pytest.mark.parametrize("at_once", [False, True])
def test_with_the_guard_off_the_database_still_allows_one_text(batch: Campaign, cancel: Cancel, at_once: bool) -> None:
    booking = book(batch)
    clinic = cancel(at_once=at_once)
    (text,) = texts()

    ClinicPatient.objects.update(handled_at=None)
    Booking.objects.filter(id=booking.id).exclude(state=BookingState.BOOKED).update(state=BookingState.CANCELLED)
    services.see_to(clinic.id)
    assert [each.id for each in texts()] == [text.id]

    with pytest.raises(IntegrityError, match="clinic_patient_once_per_booking"), transaction.atomic():
        ClinicPatient.objects.create(practice=clinic.practice, clinic=clinic, booking=booking)
    text.pk, text._state.adding = None, True
    with pytest.raises(IntegrityError, match="message_once"), transaction.atomic():
        text.save(force_insert=True)


@contextmanager
def without_constraint() -> Iterator[None]:
    """Take the database's last guard over texts away, and put it back."""
    (guard,) = [each for each in Message._meta.constraints if each.name == "message_once"]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Message, guard)
    try:
        yield
    finally:
        Message.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Message, guard)


@pytest.mark.hazard("H-10.4", guard_off=True)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "unguarded"])
def test_where_a_row_was_lost_the_text_still_goes_once(batch: Campaign, cancel: Cancel, guarded: bool) -> None:
    book(batch)
    clinic = cancel()
    Message.objects.update(state=MessageState.STARTED)
    Message.objects.update(state=MessageState.SENT, due_at=None)
    ClinicPatient.objects.all().delete()
    with nullcontext() if guarded else without_constraint():
        services.sweep()
        services.see_to(clinic.id)
        sent = len(texts())

    assert sent == (1 if guarded else 2)


@pytest.mark.hazard("H-10.4")
@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_text_each_patient_once(batch: Campaign, practice: Practice, staff: User) -> None:
    for _ in range(3):
        book(batch)

    def press() -> None:
        clinic = services.cancel(practice=practice, day=the_day(), part=Part(), at_once=True, by=staff)
        services.see_to(clinic.id)

    at_once(press, times=4)

    assert len(texts()) == 3
    assert CancelledClinic.objects.count() == 1
    assert set(Booking.objects.values_list("state", flat=True)) == {BookingState.CANCELLING}


def test_cancelled_at_once_in_the_book_or_only_when_the_other_is_in_it(batch: Campaign, cancel: Cancel) -> None:
    booking = book(batch)
    cancel()
    booking.refresh_from_db()
    assert booking.state == BookingState.BOOKED

    now = book(batch, session=OTHER)
    cancel(session=OTHER, at_once=True)
    now.refresh_from_db()
    assert now.state == BookingState.CANCELLING
    booking.refresh_from_db()
    assert booking.state == BookingState.BOOKED, "that of the other clinic stays"


def test_cancelled_at_once_opens_an_old_link_and_sends_no_second_text(batch: Campaign, cancel: Cancel) -> None:
    booking = book(batch)
    Invitation.objects.filter(id=booking.invitation_id).update(expires_at=timezone.now() - timedelta(days=9))
    cancel(at_once=True)
    claimed = worker.claim(booking.id)
    assert claimed is not None
    worker.settle(claimed, Cancelled())

    invitation = Invitation.objects.get(id=booking.invitation_id)
    assert (invitation.state, invitation.is_expired) == (InvitationState.OPEN, False)
    assert list(Message.objects.values_list("purpose", flat=True)) == [Purpose.CLINIC]


def test_what_could_not_be_cancelled_is_for_staff_and_not_for_the_patient(batch: Campaign, cancel: Cancel) -> None:
    booking = book(batch)
    cancel(at_once=True)
    claimed = worker.claim(booking.id)
    assert claimed is not None
    worker.settle(claimed, Refused("Your rules forbid it."))

    assert list(Message.objects.values_list("purpose", flat=True)) == [Purpose.CLINIC]
    assert follow_up.counts_of(batch) == {Kind.NOT_CANCELLED: 1}


@pytest.mark.hazard("H-05.3")
def test_whom_no_text_serves_staff_are_to_phone(
    batch: Campaign, cancel: Cancel, practice: Practice, staff: User
) -> None:
    without = book(batch)
    Recipient.objects.filter(id=without.invitation.recipient_id).update(
        mobile="", verdict=Verdict.CANNOT, reasons=["no_mobile"]
    )
    stopped = book(batch)
    opt_outs.add(
        practice=practice, by=staff, source=OptOutSource.STAFF, nhs_number=stopped.invitation.recipient.nhs_number
    )
    locked = book(batch)
    Invitation.objects.filter(id=locked.invitation_id).update(locked_at=timezone.now())
    book(batch, BookingState.CHECK)

    clinic = cancel()

    assert texts() == []
    assert stands(clinic) == {Progress.TO_PHONE: 4}
    reasons = set(ClinicPatient.objects.values_list("phone_reason", flat=True))
    assert reasons == {
        PhoneReason.NO_MOBILE, PhoneReason.OPTED_OUT, PhoneReason.NO_LINK, PhoneReason.IN_DOUBT
    }  # fmt: skip
    assert follow_up.counts_of(batch)[Kind.CLINIC] == 4


@pytest.mark.hazard("H-05.3")
def test_an_appointment_too_soon_for_a_text_is_phoned(batch: Campaign, practice: Practice, staff: User) -> None:
    booking = book(batch)
    soon = timezone.now() + timedelta(minutes=30)
    Booking.objects.filter(id=booking.id).update(starts_at=soon, ends_at=soon)
    day = soon.astimezone(LONDON).date()

    clinic = services.cancel(practice=practice, day=day, part=Part(), at_once=False, by=staff)
    services.see_to(clinic.id)

    assert texts() == []
    assert ClinicPatient.objects.get().phone_reason == PhoneReason.NO_TIME


def test_a_booking_on_its_way_is_seen_to_once_it_is_settled(batch: Campaign, cancel: Cancel) -> None:
    booking = book(batch, BookingState.PENDING)
    clinic = cancel()
    assert texts() == []
    assert stands(clinic) == {Progress.ON_THE_WAY: 1}

    Booking.objects.filter(id=booking.id).update(state=BookingState.STARTED)
    Booking.objects.filter(id=booking.id).update(state=BookingState.BOOKED)
    services.see_to(clinic.id)

    assert len(texts()) == 1


def test_who_gets_in_at_the_last_moment_is_seen_to_by_the_sweep(batch: Campaign, cancel: Cancel) -> None:
    book(batch)
    clinic = cancel()
    book(batch)

    services.sweep()
    services.see_to(clinic.id)

    assert len(texts()) == 2


@pytest.mark.hazard("H-05.3")
@pytest.mark.parametrize("state", [MessageState.FAILED, MessageState.CHECK, MessageState.NO_NEWS])
def test_a_text_that_did_not_arrive_makes_a_patient_to_phone_until_done(
    batch: Campaign, cancel: Cancel, staff: User, state: MessageState
) -> None:
    booking = book(batch)
    clinic = cancel()
    Message.objects.all().delete()
    row = ClinicPatient.objects.get()
    make_message(booking.invitation, id=row.id, purpose=Purpose.CLINIC, state=state)
    assert stands(clinic) == {Progress.TO_PHONE: 1}
    (entry,) = follow_up.entries(list(follow_up.keys(follow_up.Batches.of(batch), Kind.CLINIC)))
    assert (entry.about, entry.can_be_done) == (row.id, True)

    followed_up.mark(campaign=batch, invitation=booking.invitation, kind=Kind.CLINIC, about=row.id, by=staff)

    assert stands(clinic) == {Progress.PHONED: 1}
    assert progress.untold(progress.counts([clinic])[clinic.id]) == 0
    assert follow_up.counts_of(batch) == {}


def test_delivered_and_then_chosen_or_cancelled(batch: Campaign, cancel: Cancel) -> None:
    chosen, cancelled, quiet = book(batch), book(batch), book(batch)
    clinic = cancel()
    Message.objects.all().delete()
    for row in ClinicPatient.objects.select_related("booking__invitation"):
        make_message(row.booking.invitation, id=row.id, purpose=Purpose.CLINIC, state=MessageState.DELIVERED)
    assert stands(clinic) == {Progress.TEXTED: 3}

    Booking.objects.filter(id=chosen.id).update(state=BookingState.MOVING)
    make_booking(chosen.invitation, BookingState.PENDING, replaces=chosen)
    Booking.objects.filter(id=cancelled.id).update(state=BookingState.CANCELLING)

    assert stands(clinic) == {Progress.TEXTED: 1, Progress.CHOSEN: 1, Progress.CANCELLED: 1}
    # Whoever has not chosen and no longer can may come after all.
    Booking.objects.filter(id=quiet.id).update(starts_at=timezone.now() + timedelta(minutes=1))
    assert stands(clinic)[Progress.TO_PHONE] == 1


def test_a_text_that_waits_is_withdrawn_where_it_is_true_no_more(batch: Campaign, cancel: Cancel) -> None:
    chosen, stays = book(batch), book(batch)
    clinic = cancel()
    Booking.objects.filter(id=chosen.id).update(state=BookingState.MOVING)
    make_booking(chosen.invitation, BookingState.PENDING, replaces=chosen)

    gone = hooks.not_needed(clinic.practice, texts())

    rows = dict(ClinicPatient.objects.values_list("booking", "id"))
    assert set(gone) == {rows[chosen.id]}
    assert set(hooks.begins(clinic.practice, texts())) == {rows[chosen.id], rows[stays.id]}


def test_reopened_its_times_are_offered_and_nobody_more_is_told(batch: Campaign, cancel: Cancel, staff: User) -> None:
    book(batch, BookingState.PENDING)
    clinic = cancel()

    assert services.reopen(clinic=clinic, by=staff)
    assert not services.reopen(clinic=clinic, by=staff)

    services.sweep()
    assert not ClinicPatient.objects.exists()
    assert texts() == []


def test_a_booking_that_was_never_made_needs_no_text(batch: Campaign, cancel: Cancel) -> None:
    booking = book(batch, BookingState.PENDING)
    clinic = cancel()
    Booking.objects.filter(id=booking.id).update(state=BookingState.STARTED)
    Booking.objects.filter(id=booking.id).update(state=BookingState.SLOT_GONE)
    services.see_to(clinic.id)

    assert texts() == []
    assert stands(clinic) == {Progress.CANCELLED: 1}


def test_nobody_booked_is_no_clinic(cancel: Cancel) -> None:
    with pytest.raises(services.NobodyBooked):
        cancel()
    assert not CancelledClinic.objects.exists()
