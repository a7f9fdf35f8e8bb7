"""The texts after a booking: short enough with any name, and nothing about why somebody comes."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.appointments import texts
from booking.models import Booking
from booking.slots.offered import to_json
from campaigns.models import Invitation
from integrations.messaging.text import measure
from integrations.models.outbox import Message
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
    makers = (
        texts.confirmation,
        texts.moved,
        texts.slot_gone,
        texts.not_booked,
        texts.not_known,
        texts.not_cancelled,
    )
    return [
        *(maker(booking, invitation) for maker in makers),
        texts.not_moved(booking, booking, invitation),
        *(texts.cancelled(booking, invitation, may_choose=may_choose) for may_choose in (True, False)),
    ]


def test_the_confirmation_has_all_that_a_patient_needs() -> None:
    invitation = make_invitation()

    text = texts.confirmation(_booking(invitation), invitation)

    assert text.body == (
        "Dear Asha, your appointment at Example Surgery is booked for Wednesday 1 July 2026 at 5:30pm. "
        "Place: Branch Surgery, 1 High Street, Leeds LS1 6AE. To change or cancel it: {link} or phone 01632 960000."
    )
    assert text.fragments == 2


def test_a_locked_link_is_not_offered() -> None:
    invitation = make_invitation(locked_at=timezone.now())

    assert texts.confirmation(_booking(invitation), invitation).body.endswith("cancel it, phone 01632 960000.")


def test_the_texts_about_a_change_of_mind_say_when_and_what_to_do() -> None:
    invitation = make_invitation()
    booking = _booking(invitation)

    assert texts.moved(booking, invitation).body == (
        "Dear Asha, your appointment at Example Surgery has moved. It is now on Wednesday 1 July 2026 at 5:30pm. "
        "Place: Branch Surgery, 1 High Street, Leeds LS1 6AE. To change or cancel it: {link} or phone 01632 960000."
    )
    assert texts.not_moved(booking, booking, invitation).body == (
        "Dear Asha, sorry, we could not move your appointment at Example Surgery to Wednesday 1 July 2026 at 5:30pm. "
        "Your appointment on Wednesday 1 July 2026 at 5:30pm stays as it was. Questions? Phone 01632 960000."
    )
    assert texts.cancelled(booking, invitation, may_choose=True).body == (
        "Dear Asha, your appointment at Example Surgery on Wednesday 1 July 2026 at 5:30pm is cancelled. "
        "To book another time: {link} or phone 01632 960000."
    )
    assert texts.cancelled(booking, invitation, may_choose=False).body == (
        "Dear Asha, your appointment at Example Surgery on Wednesday 1 July 2026 at 5:30pm is cancelled. "
        "To book another time, phone 01632 960000."
    )
    assert texts.not_cancelled(booking, invitation).body == (
        "Dear Asha, sorry, we could not cancel your appointment at Example Surgery on Wednesday 1 July 2026 at 5:30pm "
        "for you. Please phone 01632 960000 to cancel it."
    )


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


@pytest.mark.parametrize(
    ("name", "greeting"),
    [("Łukasz", "Dear Lukasz, "), ("Siân", "Dear Sian, "), ("José", "Dear José, "), ("D\u2019Arcy", "Dear D'Arcy, ")],
)
def test_nobodys_letters_cost_them_the_place_or_the_link(name: str, greeting: str) -> None:
    """As the invitation has it: plain letters where their own would cost a fragment, in the place's name as well."""
    invitation = make_invitation()
    plain = [text.body for text in _all(invitation)]
    invitation.recipient.given_name = name
    invitation.practice.address = invitation.practice.address.replace("High", "H\u0177gh")
    Booking.objects.all().delete()

    lettered = _all(invitation)

    assert [text.body for text in lettered] == [
        body.replace("Dear Asha, ", greeting).replace("High", "Hygh") for body in plain
    ]
    assert all(measure(text.body).encoding == "GSM-7" for text in lettered)


def test_a_name_without_plain_letters_gives_way_to_the_place_and_the_link() -> None:
    invitation = make_invitation()
    invitation.recipient.given_name = "علي"

    body = texts.confirmation(_booking(invitation), invitation).body

    assert body.startswith("Hello, your appointment")
    assert "Place: Branch Surgery" in body
    assert "{link}" in body


def test_who_has_no_name_on_the_list_is_greeted_all_the_same() -> None:
    invitation = make_invitation()
    invitation.recipient.given_name = ""

    assert texts.not_booked(_booking(invitation), invitation).body.startswith("Hello, sorry")
