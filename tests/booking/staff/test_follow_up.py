"""What appointments add to a batch's follow-up list: in doubt, not cancelled, wished for."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.models import Booking, BookingState, WaitingPatient
from campaigns.follow_up import entries as follow_up
from campaigns.follow_up.entries import Kind
from campaigns.models import Campaign, Invitation, InvitationState
from integrations.models.states import MessageState
from tests.booking.surgery import made_up_slot
from tests.factories import make_campaign, make_invitation, make_message, make_recipient

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(started=True, rows=0)


def invite(campaign: Campaign, name: str, **fields: object) -> Invitation:
    assert campaign.patient_list is not None
    return make_invitation(campaign, make_recipient(campaign.patient_list, given_name=name), **fields)


def book(invitation: Invitation, state: BookingState, reason: str = "") -> Booking:
    slot = made_up_slot(Booking.objects.count())
    return Booking.objects.create(
        practice=invitation.practice, invitation=invitation, slot_id=slot.id, slot={}, starts_at=slot.start,
        ends_at=slot.end, state=state, appointment_id="1", reason=reason,
    )  # fmt: skip


def wait(invitation: Invitation, *, notified: bool = False) -> None:
    notified_at = timezone.now() if notified else None
    WaitingPatient.objects.create(invitation=invitation, practice=invitation.practice, told_at=notified_at)


def listed(campaign: Campaign, kind: Kind | None = None) -> list[tuple[Kind, str]]:
    return [
        (entry.kind, entry.recipient.given_name)
        for entry in follow_up.entries(list(follow_up.keys(follow_up.Batches.of(campaign), kind)))
    ]


def of_each(campaign: Campaign) -> None:
    wait(invite(campaign, "Wes"))
    book(invite(campaign, "Dot", state=InvitationState.BOOKING), BookingState.CHECK)
    book(invite(campaign, "Nat", state=InvitationState.BOOKED), BookingState.NOT_CANCELLED, "Your rules forbid it.")
    make_message(invite(campaign, "Fay"), state=MessageState.FAILED)


def test_they_stand_among_the_others_the_most_pressing_first(campaign: Campaign) -> None:
    of_each(campaign)

    assert listed(campaign) == [
        (Kind.NOT_CANCELLED, "Nat"),
        (Kind.IN_DOUBT, "Dot"),
        (Kind.NOT_DELIVERED, "Fay"),
        (Kind.WAITING, "Wes"),
    ]
    kinds = [Kind.NOT_CANCELLED, Kind.IN_DOUBT, Kind.NOT_DELIVERED, Kind.WAITING]
    assert follow_up.counts_of(campaign) == dict.fromkeys(kinds, 1)
    for kind in kinds:
        assert [entry_kind for entry_kind, _ in listed(campaign, kind)] == [kind]


def test_each_says_what_happened_and_what_to_do(campaign: Campaign) -> None:
    of_each(campaign)

    entries = {
        entry.recipient.given_name: (entry.happened, entry.to_do)
        for entry in follow_up.entries(list(follow_up.keys(follow_up.Batches.of(campaign))))
    }

    assert entries["Nat"][0].endswith("Your rules forbid it.")
    assert entries["Nat"][1].startswith("Cancel it in your book")
    assert entries["Dot"][1].startswith("Look in your book")
    assert entries["Wes"][0].startswith("The patient found no time")
    assert len(list(follow_up.csv(follow_up.Batches.of(campaign)))) == 5


def test_who_has_been_told_or_has_answered_waits_no_more(campaign: Campaign) -> None:
    wait(invite(campaign, "Tam"), notified=True)
    wait(invite(campaign, "Bea", state=InvitationState.BOOKED))
    book(invite(campaign, "Sue", state=InvitationState.BOOKED), BookingState.BOOKED)

    assert follow_up.counts_of(campaign) == {}


def test_another_batchs_patients_are_not_there(campaign: Campaign) -> None:
    of_each(campaign)

    assert listed(make_campaign(campaign.practice, campaign.created_by, started=True)) == []


def test_many_take_no_more_queries_than_one_of_each(campaign: Campaign) -> None:
    of_each(campaign)
    with CaptureQueriesContext(connection) as few:
        listed(campaign)
        follow_up.counts_of(campaign)

    for _ in range(5):
        of_each(campaign)
    with CaptureQueriesContext(connection) as many:
        assert len(listed(campaign)) == 24
        follow_up.counts_of(campaign)

    assert len(many) == len(few) <= 20
