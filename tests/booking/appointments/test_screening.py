"""Who has booked already: left out of a batch for the same slot type, unless staff say otherwise."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from booking.models import Booking, BookingState
from campaigns.drafts import services
from campaigns.models import Campaign, InvitationState
from campaigns.sending import screening
from campaigns.sending.screening import Inclusion
from patients.lists.screening import screen
from patients.models import Recipient
from patients.reasons import Reason
from practices.models import Practice
from tests.factories import make_campaign, make_invitation, make_practice, make_recipient

pytestmark = pytest.mark.django_db

FLU, BLOOD = "Flu clinic", "Blood test"


@pytest.fixture
def practice(db: None) -> Practice:
    return make_practice()


@pytest.fixture
def batch(practice: Practice) -> Campaign:
    return make_campaign(practice, rows=0, slot_type=FLU)


@pytest.fixture
def row(batch: Campaign) -> Recipient:
    assert batch.patient_list is not None
    return make_recipient(batch.patient_list)


def booked(row: Recipient, practice: Practice, slot_type: str = FLU, **fields: Any) -> Booking:
    """The same patient's booking by way of another batch."""
    other = make_campaign(practice, rows=0, started=True, slot_type=slot_type)
    assert other.patient_list is not None
    recipient = make_recipient(other.patient_list, nhs_number=row.nhs_number)
    invitation = make_invitation(other, recipient, state=InvitationState.BOOKED)
    starts_at = fields.pop("starts_at", timezone.now() + timedelta(days=3))
    values = {
        "slot_id": "1",
        "slot": {},
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=10),
        "state": BookingState.BOOKED,
        "appointment_id": "9",
    }
    return Booking.objects.create(practice=practice, invitation=invitation, **values | fields)


def reasons(batch: Campaign, row: Recipient) -> list[str]:
    assert batch.patient_list is not None
    screen(batch.patient_list)
    row.refresh_from_db()
    return row.reasons


@pytest.mark.parametrize("state", [BookingState.BOOKED, BookingState.PENDING, BookingState.UNKNOWN, BookingState.CHECK])
def test_a_patient_with_a_booking_of_the_slot_type_is_left_out(
    batch: Campaign, row: Recipient, state: BookingState
) -> None:
    """Also while nobody knows yet whether it was made."""
    booked(row, batch.practice, state=state)
    assert reasons(batch, row) == [Reason.ALREADY_BOOKED]


@pytest.mark.parametrize(
    "fields",
    [
        {"slot_type": BLOOD},
        {"state": BookingState.CANCELLED},
        {"state": BookingState.FAILED},
        {"starts_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_a_booking_that_leaves_nobody_out(batch: Campaign, row: Recipient, fields: dict[str, Any]) -> None:
    booked(row, batch.practice, **fields)
    assert reasons(batch, row) == []


def test_another_practice_s_booking_leaves_nobody_out(batch: Campaign, row: Recipient) -> None:
    booked(row, make_practice())
    assert reasons(batch, row) == []


def test_the_slot_type_that_is_chosen_counts(batch: Campaign, row: Recipient) -> None:
    booked(row, batch.practice, slot_type=BLOOD)
    assert reasons(batch, row) == []
    changed = services.choose_slot_type(campaign=batch, slot_type=BLOOD, by=batch.created_by)
    assert not changed.list_agreed
    row.refresh_from_db()
    assert row.reasons == [Reason.ALREADY_BOOKED]
    services.choose_slot_type(campaign=batch, slot_type=FLU, by=batch.created_by)
    row.refresh_from_db()
    assert row.reasons == []


def test_staff_may_include_them(batch: Campaign, row: Recipient) -> None:
    booked(row, batch.practice)
    assert reasons(batch, row) == [Reason.ALREADY_BOOKED]
    assert screening.choices(batch) == [Inclusion(Reason.ALREADY_BOOKED, 1, included=False)]
    changed = services.choose_included(campaign=batch, invited=False, booked=True, by=batch.created_by)
    assert screening.choices(changed) == [Inclusion(Reason.ALREADY_BOOKED, 1, included=True)]
    row.refresh_from_db()
    assert row.reasons == []


def test_one_who_is_invited_and_has_booked_takes_both_choices(batch: Campaign, row: Recipient) -> None:
    booked(row, batch.practice)
    other = make_campaign(batch.practice, rows=0, started=True)
    assert other.patient_list is not None
    make_invitation(other, make_recipient(other.patient_list, nhs_number=row.nhs_number))
    assert reasons(batch, row) == [Reason.ALREADY_INVITED, Reason.ALREADY_BOOKED]
    assert [(choice.reason, choice.count) for choice in screening.choices(batch)] == [
        (Reason.ALREADY_INVITED, 1),
        (Reason.ALREADY_BOOKED, 1),
    ]
    services.choose_included(campaign=batch, invited=True, booked=False, by=batch.created_by)
    row.refresh_from_db()
    assert row.reasons == [Reason.ALREADY_BOOKED]
    services.choose_included(campaign=batch, invited=True, booked=True, by=batch.created_by)
    row.refresh_from_db()
    assert row.reasons == []
