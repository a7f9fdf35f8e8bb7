"""A patient who wants no texts, and books all the same, is promised none (contact#opted-out)."""

import pytest
from django.test import Client

from booking.models import Booking
from patients.models import OptOutSource
from patients.opt_outs import services as opt_outs
from tests.booking.surgery import Patient, Surgery, work
from tests.html import check_page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("by", ["nhs_number", "mobile"])
def test_the_page_asks_to_write_the_details_down(surgery: Surgery, client: Client, by: str) -> None:
    slot_id = surgery.session()
    invitation = surgery.invite()
    patient = Patient(invitation, client).identified()
    patient.take(slot_id)
    patient.confirm()
    promised = "send you a text message"
    assert promised in check_page(client.get("/b/done/")).text

    of = {by: getattr(invitation.recipient, by)}
    opt_outs.add(practice=surgery.practice, by=None, source=OptOutSource.PATIENT, **of)
    waiting = check_page(client.get("/b/done/")).text
    assert promised not in waiting.replace("not to send you text messages", "")
    assert "Stay on this page" in waiting

    work(Booking.objects.get())
    booked = check_page(client.get("/b/done/")).text
    assert "Appointment booked" in booked
    assert "sending you a text message" not in booked
    assert "Write these details down" in booked


def test_another_patients_opt_out_changes_nothing(surgery: Surgery, client: Client) -> None:
    slot_id = surgery.session()
    patient = Patient(surgery.invite(), client).identified()
    other = surgery.invite().recipient
    opt_outs.add(practice=surgery.practice, by=None, source=OptOutSource.STAFF, nhs_number=other.nhs_number)
    patient.take(slot_id)
    patient.confirm()
    work(Booking.objects.get())
    assert "We are sending you a text message" in check_page(client.get("/b/done/")).text
