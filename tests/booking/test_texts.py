"""The texts after a booking: short enough with any name, and nothing about why somebody comes."""

from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from booking import texts
from booking.models import Booking
from booking.slots import to_json
from campaigns.models import Invitation
from integrations.messaging.text import measure
from integrations.outbox.models import Message
from tests.booking.surgery import made_up_slot
from tests.factories import make_campaign, make_invitation, make_list, make_practice, make_recipient, make_staff

pytestmark = pytest.mark.django_db


def _booking(invitation: Invitation) -> Booking:
    slot = made_up_slot()
    return Booking.objects.create(
        practice=invitation.practice,
        invitation=invitation,
        slot_id=slot.id,
        slot=to_json(slot),
        starts_at=datetime(2026, 7, 1, 16, 30, tzinfo=UTC),
        ends_at=slot.end,
    )


def _all(invitation: Invitation) -> list[Message]:
    booking = _booking(invitation)
    makers = (texts.confirmation, texts.slot_gone, texts.not_booked, texts.not_known)
    return [maker(booking, invitation) for maker in makers]


def test_the_confirmation_has_all_that_a_patient_needs() -> None:
    invitation = make_invitation()

    text = texts.confirmation(_booking(invitation), invitation)

    assert text.body == (
        "Dear Asha, your appointment at Example Surgery is booked for Wednesday 1 July 2026 at 5:30pm. "
        "Place: Branch Surgery, 1 High Street, Leeds LS1 6AE. To change or cancel it, phone 01632 960000."
    )
    assert text.fragments == 2


def test_no_text_says_what_the_appointment_is_for() -> None:
    for text in _all(make_invitation()):
        assert "flu" not in text.body.lower()


@pytest.mark.parametrize("name", ["", "Al", "Łukasz", "X" * 100, "{link}", "{practice}"])
def test_every_text_fits_with_any_name(name: str, settings: Settings) -> None:
    practice = make_practice(
        name="The Very Long-Named Health Centre of Saint Bartholomew by the Sea", address="A" * 190
    )
    staff = make_staff(practice)
    campaign = make_campaign(practice, staff, started=True, patient_list=make_list(practice, staff, rows=0))
    assert campaign.patient_list is not None
    recipient = make_recipient(campaign.patient_list, given_name=name)

    for text in _all(make_invitation(campaign, recipient)):
        assert text.body.count("{") == (1 if "{link}" in text.body else 0)
        if name.isascii() and len(name) < 100:
            assert text.fragments <= settings.MESSAGE_FRAGMENTS_MAX
            assert measure(text.body).encoding == "GSM-7"


def test_who_has_no_name_on_the_list_is_greeted_all_the_same() -> None:
    invitation = make_invitation()
    invitation.recipient.given_name = ""

    assert texts.not_booked(_booking(invitation), invitation).body.startswith("Hello, sorry")
