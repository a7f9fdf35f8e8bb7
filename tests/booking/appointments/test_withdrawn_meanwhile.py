"""Staff withdraw a link while its patient's booking is on the way: what is booked stays, and nothing opens again."""

import pytest
from django.test import Client

from booking.models import Booking, BookingState
from campaigns.models import InvitationState
from campaigns.sending import control
from integrations.links import LINK
from integrations.models.outbox import Message, Purpose
from tests.booking.surgery import Patient, Surgery, work

pytestmark = pytest.mark.django_db(transaction=True)


def withdraw_under(surgery: Surgery, client: Client) -> Booking:
    """A booking that waits for its worker, of a batch that has been cancelled with its links meanwhile."""
    slot_id = surgery.session()
    invitation = surgery.invite()
    patient = Patient(invitation, client).identified()
    patient.take(slot_id)
    patient.confirm()
    control.cancel(campaign=invitation.campaign, by=invitation.campaign.created_by, sent_links_too=True)
    return Booking.objects.get()


def test_a_booking_that_was_on_its_way_is_made(surgery: Surgery, client: Client) -> None:
    booking = work(withdraw_under(surgery, client))
    assert (booking.state, booking.invitation.state) == (BookingState.BOOKED, InvitationState.BOOKED)


def test_a_slot_that_has_gone_leaves_the_link_withdrawn_and_the_patient_told_to_phone(
    surgery: Surgery, client: Client
) -> None:
    booking = withdraw_under(surgery, client)
    surgery.sandbox.fault("gp_connect.book", "slot_taken")
    booking = work(booking)
    assert (booking.state, booking.invitation.state) == (BookingState.SLOT_GONE, InvitationState.WITHDRAWN)
    text = Message.objects.get(purpose=Purpose.NOT_BOOKED)
    assert LINK not in text.body
    assert "phone" in text.body
