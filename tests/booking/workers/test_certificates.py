"""Without a certificate that GP Connect takes: an administrator's matter, and it goes on once that is mended."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from booking.appointments.cancel import cancel
from booking.models import Booking, BookingState, ClinicalOutage
from booking.slots import offered as slots
from booking.slots import outage_checks
from booking.workers import settle
from booking.workers.cancel import WITHIN
from integrations.models import ClinicalConnection
from tests.booking.surgery import Surgery, undo, work
from tests.factories import make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db
NOT_SECURE = "There is no secure connection to the clinical system. Ask an administrator, and"


def demand_certificate(surgery: Surgery) -> None:
    """Have the practice's system ask for one; none is stored."""
    row = ClinicalConnection.objects.get(practice=surgery.practice)
    row.gp_connect_url = row.gp_connect_url.replace(surgery.sandbox.url, surgery.sandbox.secure_url)
    row.spine_ca = surgery.sandbox.authority.certificate
    row.save()


def enter_certificate(surgery: Surgery) -> None:
    client = surgery.sandbox.authority.client()
    row = ClinicalConnection.objects.get(practice=surgery.practice)
    row.client_certificate, row.client_key = client.certificate, client.key
    row.save()


def test_a_booking_is_neither_a_refused_log_in_nor_in_doubt(surgery: Surgery, caplog: pytest.LogCaptureFixture) -> None:
    surgery.session()
    booking = surgery.confirmed(surgery.invite())
    demand_certificate(surgery)
    booking = work(booking)
    assert booking.state == BookingState.PENDING
    assert ClinicalOutage.objects.get().by_certificate
    Booking.objects.update(attempts=len(settle.BUSY_SCHEDULE))
    booking = work(booking)
    assert (booking.state, booking.reason) == (BookingState.FAILED, f"{NOT_SECURE} book by phone.")
    assert surgery.books() == []
    assert "our certificate: one is demanded, and none is stored" in str([line.__dict__ for line in caplog.records])


def test_a_cancellation_is_for_staff(surgery: Surgery) -> None:
    surgery.session()
    booking = surgery.booked(surgery.invite())
    cancel(booking_id=booking.id)
    demand_certificate(surgery)
    assert undo(Booking.objects.get(id=booking.id)).state == BookingState.CANCELLING
    Booking.objects.update(cancel_asked_at=timezone.now() - WITHIN)
    booking = undo(booking)
    assert (booking.state, booking.reason) == (BookingState.NOT_CANCELLED, f"{NOT_SECURE} cancel it there.")


@pytest.mark.hazard("H-14.3")
@pytest.mark.django_db(transaction=True)
def test_staff_read_why_patients_cannot_book_until_it_is_mended(surgery: Surgery, client: Client) -> None:
    surgery.session()
    invitation = surgery.invite()
    demand_certificate(surgery)
    with pytest.raises(slots.Unavailable):
        slots.available(invitation)
    ClinicalOutage.objects.update(began_at=timezone.now() - timedelta(hours=1))
    client.force_login(make_staff(surgery.practice))
    text = check_page(client.get("/")).text
    assert "We cannot reach your appointment book" in text
    assert "Ask your administrator to test the practice's connection" in text
    assert "does not answer" not in text
    enter_certificate(surgery)
    outage_checks.try_again()
    assert ClinicalOutage.objects.get().ended_at is not None
    assert "We had no secure connection to your appointment book from" in check_page(client.get("/")).text
    assert slots.available(invitation)
