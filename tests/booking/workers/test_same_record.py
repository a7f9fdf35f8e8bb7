"""Nothing is booked in a record that is not the one its patient was checked against, and somebody looks at it."""

import logging
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from booking.appointments import cancel, change, services
from booking.models import Booking, BookingState
from booking.slots import offered as slots
from booking.staff.patient import answer_for
from booking.workers import book
from campaigns.follow_up import entries as follow_up
from campaigns.follow_up.entries import Batches, Kind
from campaigns.models import Invitation, InvitationState
from campaigns.results import followed_up
from campaigns.workspace import figures
from integrations.clinical.errors import RecordFault
from integrations.models.outbox import Message, Purpose
from integrations.record_faults import HAPPENED, IN_DOUBT
from practices.models import AuditEvent
from selfbook.rehearsal import changed_records
from selfbook.rehearsal.books import TheirBooks
from tests.booking.surgery import BORN, Patient, Surgery, age, undo, work
from tests.factories import make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db

OTHER = date(1961, 5, 3)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.clinical.calls.PAUSE_SECONDS", 0)


def change_record(surgery: Surgery, invitation: Invitation, **changes: Any) -> None:
    """Somebody at the practice changes what stands behind the NHS number."""
    wanted = {"ods": surgery.practice.ods_code, "nhs_number": invitation.recipient.nhs_number, **changes}
    assert surgery.sandbox.control("change-record", wanted)["changed"]


def confirmed(surgery: Surgery) -> Booking:
    surgery.session()
    return surgery.confirmed(surgery.invite())


def to_look_at(surgery: Surgery) -> list[follow_up.Entry]:
    batches = Batches.of(surgery.campaign)
    return follow_up.entries(list(follow_up.keys(batches, Kind.RECORD)))


def texts(invitation: Invitation) -> list[Message]:
    return list(Message.objects.filter(subject_id=invitation.id).order_by("created_at"))


FAULTS = [
    ({"dob": OTHER.isoformat()}, RecordFault.BIRTH_DIFFERS),
    ({"dob": OTHER.isoformat(), "given": "Joe", "family": "Bloggs"}, RecordFault.BIRTH_DIFFERS),
    ({"dob": ""}, RecordFault.NO_BIRTH),
    ({"dob": "1958"}, RecordFault.NO_BIRTH),
    ({"deceased": True}, RecordFault.NOT_FOUND),
    ({"inactive": True}, RecordFault.NOT_FOUND),
    ({"sensitive": True}, RecordFault.NOT_FOUND),
]


@pytest.mark.hazard("H-08.1")
@pytest.mark.parametrize(("changes", "fault"), FAULTS)
def test_nothing_is_booked_and_everybody_is_told(
    surgery: Surgery, caplog: pytest.LogCaptureFixture, changes: dict[str, Any], fault: RecordFault
) -> None:
    caplog.set_level(logging.INFO)
    booking = confirmed(surgery)
    invitation = booking.invitation
    change_record(surgery, invitation, **changes)

    booking = work(booking)

    assert booking.state == BookingState.FAILED
    assert booking.reason.startswith(HAPPENED[fault])
    assert ("Find out whose record it is" in booking.reason) is (fault in IN_DOUBT)
    assert surgery.books() == []
    assert surgery.calls("gp_connect.book") == 0
    (text,) = texts(invitation)
    assert text.purpose == Purpose.NOT_BOOKED
    assert f"phone {surgery.practice.phone}" in text.body
    (entry,) = to_look_at(surgery)
    assert (entry.invitation, entry.can_be_done) == (invitation, True)
    assert entry.happened.startswith(HAPPENED[fault])
    assert figures.of_practice([surgery.campaign], [surgery.campaign])[surgery.campaign.id].needs[Kind.RECORD] == 1
    event = AuditEvent.objects.get(action="invitation.record_fault", object_id=invitation.id)
    assert event.data["fault"] == fault.value
    page = check_page(Patient(invitation).identified().client.get("/b/done/"))
    assert "Your appointment is not booked" in page.text
    assert f"phone {surgery.practice.name} on {surgery.practice.phone}" in page.text
    for private in (invitation.recipient.nhs_number, BORN.isoformat(), OTHER.isoformat(), "Bloggs"):
        assert private not in caplog.text
        assert private not in page.text
        assert private not in booking.reason + text.body + entry.happened


@pytest.mark.hazard("H-08.1", guard_off=True)
def test_with_the_look_off_another_persons_record_gets_the_appointment(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.clinical.gp_connect.client.check_birth", lambda patient, recorded: None)
    booking = confirmed(surgery)
    change_record(surgery, booking.invitation, dob=OTHER.isoformat(), given="Joe", family="Bloggs")
    assert work(booking).state == BookingState.BOOKED
    assert len(surgery.appointments_of(booking.invitation)) == 1


def test_the_rehearsal_speaks_up_about_what_was_written_to_a_changed_record(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disagreements() -> int:
        theirs = TheirBooks(surgery.books(), surgery.books("codes"), [], surgery.books("slots"))
        return len(list(changed_records.disagreements(surgery.campaign, theirs, changed)))

    booking = confirmed(surgery)
    changed = {booking.invitation.recipient.nhs_number}
    assert disagreements() == 3, "the booking is not settled, and nobody is told"
    with monkeypatch.context() as off:
        off.setattr("integrations.clinical.gp_connect.client.check_birth", lambda patient, recorded: None)
        change_record(surgery, booking.invitation, dob=OTHER.isoformat())
        work(booking)
    assert disagreements() == 4, "the appointment is there too"
    invitation = surgery.invite()
    changed = {invitation.recipient.nhs_number}
    change_record(surgery, invitation, dob=OTHER.isoformat())
    work(surgery.confirmed(invitation))
    assert disagreements() == 0


def test_staff_see_it_on_the_batch_and_on_the_home_page(surgery: Surgery, client: Client) -> None:
    booking = confirmed(surgery)
    change_record(surgery, booking.invitation, dob=OTHER.isoformat())
    work(booking)
    client.force_login(make_staff(surgery.practice))
    home = check_page(client.get(reverse("campaigns:home")))
    assert "Patient's record to check" in home.text
    batch = check_page(client.get(reverse("campaigns:progress", args=[surgery.campaign.id])))
    assert "Patient's record to check" in batch.text
    shown = check_page(client.get(reverse("campaigns:follow-up", args=[surgery.campaign.id])))
    assert HAPPENED[RecordFault.BIRTH_DIFFERS] in shown.text
    patients = check_page(client.get(reverse("staff:recipients", args=[surgery.campaign.id])))
    assert "Nothing booked: look at the record" in patients.text
    patient = check_page(client.get(reverse("staff:patient", args=[booking.invitation.id])))
    assert Booking.objects.get().reason in patient.text


def test_a_record_that_is_put_right_is_booked_and_off_the_list(surgery: Surgery) -> None:
    booking = confirmed(surgery)
    invitation = booking.invitation
    change_record(surgery, invitation, dob=OTHER.isoformat())
    work(booking)
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.OPEN, "as after any other refusal"
    change_record(surgery, invitation, dob=BORN.isoformat())
    assert work(surgery.confirmed(invitation)).state == BookingState.BOOKED
    assert to_look_at(surgery) == []
    assert len(surgery.appointments_of(invitation)) == 1


def test_what_staff_are_done_with_is_on_the_list_again_when_it_happens_again(surgery: Surgery) -> None:
    booking = confirmed(surgery)
    invitation = booking.invitation
    change_record(surgery, invitation, dob=OTHER.isoformat())
    work(booking)
    staff = make_staff(surgery.practice)
    followed_up.mark(campaign=surgery.campaign, invitation=invitation, kind=Kind.RECORD, about=invitation.id, by=staff)
    assert to_look_at(surgery) == []
    work(surgery.confirmed(Invitation.objects.get()))
    assert len(to_look_at(surgery)) == 1


def _moved(surgery: Surgery, invitation: Invitation) -> Booking:
    """The patient asks for another time."""
    slot = slots.available(invitation)[-1]
    change.hold(invitation_id=invitation.id, slot=slot)
    return change.confirm(invitation_id=invitation.id)


def test_a_move_leaves_the_appointment_that_there_is(surgery: Surgery) -> None:
    surgery.session(count=3)
    invitation = surgery.invite()
    former = surgery.booked(invitation)
    change_record(surgery, invitation, dob=OTHER.isoformat())

    moved = work(_moved(surgery, invitation))

    former.refresh_from_db()
    assert (moved.state, former.state) == (BookingState.FAILED, BookingState.BOOKED)
    assert [appointment["status"] for appointment in surgery.appointments_of(invitation)] == ["booked"]
    message = texts(invitation)[-1]
    assert (message.purpose, message.state) == (Purpose.NOT_BOOKED, "due")
    assert f"stays as it was. To move it, phone {surgery.practice.phone}" in message.body
    assert len(to_look_at(surgery)) == 1
    page = check_page(Patient(invitation).back().client.get("/b/done/"))
    assert "Your appointment has not moved" in page.text
    assert f"To move it, phone {surgery.practice.name} on {surgery.practice.phone}" in page.text
    assert "You do not need to do anything else" not in page.text
    assert "Choose another time" not in page.text, "it would be refused as well"
    assert "Cancel this appointment" in page.text


@pytest.mark.hazard("H-08.4")
@pytest.mark.parametrize("changes", [{"dob": OTHER.isoformat()}, {"dob": ""}, {"inactive": True}])
def test_an_appointment_can_always_be_cancelled(surgery: Surgery, changes: dict[str, Any]) -> None:
    """By its own id. In a record that is somebody else's it would only be one appointment too many."""
    surgery.session()
    invitation = surgery.invite()
    booking = surgery.booked(invitation)
    change_record(surgery, invitation, **changes)
    cancel.cancel(booking_id=booking.id)
    assert undo(booking).state == BookingState.CANCELLED
    assert [appointment["status"] for appointment in surgery.appointments_of(invitation)] == ["cancelled"]


def test_staff_who_book_for_a_patient_are_refused_too(surgery: Surgery) -> None:
    surgery.session()
    invitation = surgery.invite()
    staff = make_staff(surgery.practice)
    slot = slots.available(invitation)[0]
    answer_for.hold(invitation=invitation, slot_id=slot.id, moving=False, by=staff)
    booking = answer_for.confirm(invitation=invitation, slot_id=slot.id, moving=False, by=staff)
    change_record(surgery, invitation, dob=OTHER.isoformat())
    assert work(booking).state == BookingState.FAILED
    assert surgery.books() == []
    assert len(to_look_at(surgery)) == 1


def test_another_try_is_refused_as_soon(surgery: Surgery) -> None:
    """The first try met a system that was busy; the record was changed before the second."""
    booking = confirmed(surgery)
    surgery.sandbox.fault("gp_connect.patient", "status", status=503)
    assert work(booking).state == BookingState.PENDING
    change_record(surgery, booking.invitation, inactive=True)
    assert work(booking).state == BookingState.FAILED
    assert HAPPENED[RecordFault.NOT_FOUND] in Booking.objects.get().reason


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"kind": "status", "status": 503}, BookingState.PENDING),
        ({"kind": "timeout_before", "times": 3, "seconds": 0.1}, BookingState.PENDING),
        ({"kind": "status", "status": 200, "body": "<html>"}, BookingState.UNKNOWN),
    ],
)
def test_a_record_that_cannot_be_read_is_waited_for(
    surgery: Surgery, fault: dict[str, Any], state: BookingState
) -> None:
    """Nothing is guessed: nothing booked and nobody told until the record has been read."""
    booking = confirmed(surgery)
    invitation = booking.invitation
    surgery.sandbox.fault("gp_connect.patient", **fault)
    assert work(booking).state == state
    assert (surgery.books(), texts(invitation), to_look_at(surgery)) == ([], [], [])
    for _ in range(3):
        age(booking, seconds=20)
        booking = work(booking)
    assert booking.state == BookingState.BOOKED
    assert len(surgery.appointments_of(invitation)) == 1


def test_what_was_booked_before_the_record_changed_is_found(surgery: Surgery) -> None:
    """The answer was lost: it is among the patient's appointments, so nobody is told that it is not booked."""
    booking = confirmed(surgery)
    surgery.sandbox.fault("gp_connect.book", "timeout_after", seconds=0.1)
    assert work(booking).state == BookingState.UNKNOWN
    change_record(surgery, booking.invitation, dob=OTHER.isoformat())
    assert work(booking).state == BookingState.BOOKED
    assert surgery.calls("gp_connect.book") == 1


def test_a_booking_takes_as_many_calls_as_before(surgery: Surgery) -> None:
    booking = confirmed(surgery)
    before = [entry["target"] for entry in surgery.books("journal")]
    book.make(booking.id)
    after = [entry["target"] for entry in surgery.books("journal")]
    assert after[len(before) :] == ["gp_connect.patient", "gp_connect.book"]


def test_a_decline_is_taken_whatever_the_record_says(surgery: Surgery) -> None:
    """The patient has answered. Only the code stays out of the record."""
    invitation = surgery.invite()
    change_record(surgery, invitation, dob=OTHER.isoformat())
    services.decline(invitation_id=invitation.id)
    assert Invitation.objects.get().state == InvitationState.DECLINED
