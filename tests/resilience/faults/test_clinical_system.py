"""The clinical system fails, is slow (faults#slow-answers), or has given the slot away (faults#slot-taken)."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from booking.models import Booking, ClinicalOutage, Decline
from booking.slots import free_list
from booking.slots import offered as slots
from booking.slots.listing import FreeList
from campaigns.models import Campaign, CodeKind, Invitation
from integrations.models.outbox import CodedEntry, Message, Purpose
from tests.booking.surgery import Patient, Surgery, age, work
from tests.factories import make_code, make_staff
from tests.html import check_page
from tests.tab import Tab
from tests.threads import at_once
from tests.waiting import PATIENCE

HOUR = timedelta(hours=1)


@pytest.mark.hazard("H-04.1")
@pytest.mark.parametrize("kind", ["timeout_after", "status_after"])
def test_booked_and_the_answer_lost(surgery: Surgery, kind: str) -> None:
    surgery.session(count=1)
    patient = Patient(surgery.invite(), Tab()).identified()
    patient.take(slots.available(patient.invitation)[0].id)
    patient.confirm()
    surgery.sandbox.fault("gp_connect.book", kind, times=1, **({"status": 500} if kind == "status_after" else {}))

    booking = work(Booking.objects.get())
    page = check_page(patient.client.get("/b/done/"))
    assert "checking" in page.text
    assert "Do not book again" in page.text

    assert work(booking).state == "booked"
    assert "Appointment booked" in check_page(patient.client.get("/b/done/")).text
    assert len(surgery.books()) == Message.objects.filter(purpose=Purpose.CONFIRMATION).count() == 1


def test_nothing_booked_and_no_answer(surgery: Surgery) -> None:
    surgery.session(count=1)
    booking = surgery.confirmed(surgery.invite())
    surgery.sandbox.fault("gp_connect.book", "timeout_before", times=1)
    assert work(booking).state == "unknown"
    age(booking, seconds=20)
    work(booking)
    assert work(booking).state == "booked"
    assert len(surgery.books()) == 1


def test_a_conflict_that_is_our_own_appointment_is_a_booking(surgery: Surgery) -> None:
    """The answer was lost, the worker died, and the next try is told that the slot is taken: by this patient."""
    surgery.session(count=1)
    booking = surgery.confirmed(surgery.invite())
    surgery.sandbox.fault("gp_connect.book", "timeout_after", times=1)
    work(booking)
    Booking.objects.filter(id=booking.id).update(attempts=0)  # as if nothing were known of the first try
    surgery.sandbox.fault("gp_connect.appointments", "status", status=503, times=1)
    age(booking, seconds=20)
    for _ in range(3):
        booking = work(booking)
    assert booking.state == "booked"
    assert len(surgery.books()) == 1


def test_the_slot_goes_between_list_and_confirm(surgery: Surgery) -> None:
    slot_id = surgery.session(count=2)
    patient = Patient(surgery.invite(), Tab()).identified()
    patient.take(slot_id)
    surgery.sandbox.control("take", {"slot_id": slot_id})
    patient.confirm()
    work(Booking.objects.get())

    page = check_page(patient.client.get("/b/done/"))

    assert "just been taken" in page.text
    assert Message.objects.filter(purpose=Purpose.NOT_BOOKED).count() == 1
    offered = check_page(patient.client.get("/b/times/"))
    assert [button.get("value") for button in offered.all("button") if button.get("name") == "slot"] == [
        str(slot_id + 1)
    ]


def test_down_for_an_hour(surgery: Surgery, client: Client) -> None:
    """Declines are kept with their code, the link lives for longer by as much, and the practice is told."""
    surgery.campaign.allow_decline, surgery.campaign.decline_code = True, make_code(CodeKind.DECLINE)
    surgery.campaign.save()
    surgery.session(count=1)
    waits, declines = surgery.invite(), surgery.invite()
    surgery.sandbox.fault("gp_connect.slots", "status", status=503, times=None)
    books = Patient(waits, Tab()).identified()
    assert books.client.get("/b/times/").status_code == 503
    ClinicalOutage.objects.update(began_at=timezone.now() - HOUR)

    Patient(declines, Tab()).identified("decline").client.post("/b/decline/")
    assert Decline.objects.filter(invitation=declines).exists()
    assert CodedEntry.objects.filter(purpose=Purpose.DECLINE).count() == 1
    client.force_login(make_staff(surgery.practice))
    assert "Your appointment book does not answer" in check_page(client.get("/")).text

    surgery.sandbox.control("faults", method="DELETE")
    slots.forget(surgery.campaign)
    assert books.client.get("/b/times/").status_code == 200
    assert Invitation.objects.get(id=waits.id).expires_at >= waits.expires_at + HOUR
    assert "did not answer from" in check_page(client.get("/")).text


def test_a_slow_clinical_system_holds_up_no_other_page_and_no_connection(
    surgery: Surgery, monkeypatch: pytest.MonkeyPatch
) -> None:
    surgery.session(count=1)
    slow, other = (Patient(surgery.invite(), Tab()).identified() for _ in range(2))
    asked, go_on, held = Event(), Event(), []
    ask = free_list._ask

    def thirty_seconds(campaign: Campaign) -> FreeList:
        asked.set()
        assert go_on.wait(PATIENCE)
        return ask(campaign)

    def others() -> int:
        assert asked.wait(PATIENCE)
        try:
            return int(other.client.get("/b/").status_code)
        finally:
            go_on.set()

    def waits() -> int:
        status = int(slow.client.get("/b/times/").status_code)
        held.append(connection.connection)
        return status

    monkeypatch.setattr(free_list, "_ask", thirty_seconds)
    assert at_once(waits, others) == [200, 200]


def test_who_waits_for_the_list_holds_no_database_connection(surgery: Surgery, monkeypatch: pytest.MonkeyPatch) -> None:
    surgery.session(count=1)
    invitation = surgery.invite()
    free_list._may_ask(free_list._key(surgery.campaign))  # somebody else is asking, and does not come back
    seen: list[object] = []
    monkeypatch.setattr(free_list, "WAIT_SECONDS", 0.2)
    monkeypatch.setattr(free_list, "sleep", lambda seconds: seen.append(connection.connection))
    with pytest.raises(slots.Unavailable):
        slots.available(invitation)
    assert set(seen) == {None}
