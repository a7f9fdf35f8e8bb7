"""Patients who text that they cannot come: staff are told, nothing is done, and nobody is told anything untrue."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.appointments import replies
from booking.models import Booking, BookingState
from booking.models.requests import PatientReply
from booking.staff.patient.history import story
from campaigns.follow_up import entries as follow_up
from campaigns.follow_up.entries import Entry, Kind
from campaigns.models import Campaign, Invitation, InvitationState
from integrations.messaging.replies import Wish
from integrations.models import ChannelConnection, IncomingText
from integrations.webhooks import incoming
from patients.models import OptOut
from practices.models import AuditEvent
from tests.booking.surgery import make_booking
from tests.factories import make_campaign, make_invitation, make_practice, make_recipient, make_staff
from tests.html import check_page
from tests.integrations.webhooks.test_incoming import PHONE, deliver, form, reached
from tests.integrations.webhooks.test_twilio import make_connection
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_campaign(make_practice(name="Quay Street Surgery", phone="01632 960123"), started=True, rows=0)


@pytest.fixture
def channel(campaign: Campaign) -> ChannelConnection:
    return make_connection(campaign.practice)


def invite(campaign: Campaign, name: str = "Zoe", **fields: Any) -> Invitation:
    assert campaign.patient_list is not None
    recipient = make_recipient(campaign.patient_list, given_name=name, **({"mobile": PHONE} | fields))
    return make_invitation(campaign, recipient)


@pytest.fixture
def booking(campaign: Campaign) -> Booking:
    return make_booking(invite(campaign))


def entries(campaign: Campaign, kind: Kind = Kind.TEXTED) -> list[Entry]:
    return follow_up.entries(list(follow_up.keys(follow_up.Batches.of(campaign), kind)))


@pytest.mark.hazard("H-04.3")
@pytest.mark.parametrize(
    ("fields", "opts_out"),
    [
        (form("CANCEL"), True),
        (form("Cancel", OptOutType="STOP"), True),
        (form("Cancel."), False),
        (form("cancel my appointment"), False),
        (form("Sorry can't make it, Zoe"), False),
        (form("STOP. I can't come"), True),
    ],
)
def test_who_has_an_appointment_and_cannot_come_is_on_needs_you(
    channel: ChannelConnection, booking: Booking, fields: dict[str, str], opts_out: bool
) -> None:
    deliver(channel, fields)
    (entry,) = entries(booking.invitation.campaign)
    assert entry.invitation == booking.invitation
    assert "that they cannot come. Their appointment is on" in entry.happened
    assert "Cancel it on the patient's page, or phone them." in entry.to_do
    assert ("No texts of ours reach this phone" in entry.happened) == opts_out
    assert OptOut.objects.live().exists() == opts_out
    booking.refresh_from_db()
    assert booking.state == BookingState.BOOKED


def test_the_opt_out_list_says_that_the_word_was_cancel(channel: ChannelConnection, booking: Booking) -> None:
    deliver(channel, form("CANCEL"))
    assert OptOut.objects.get().how == "Texted CANCEL. The text service takes that as STOP and blocks our texts"


@pytest.mark.parametrize("how", ["none", "past", "cancelled", "cancelling", "not_cancelled", "another phone"])
def test_without_an_appointment_to_come_there_is_nothing_to_see_to(
    channel: ChannelConnection, campaign: Campaign, how: str
) -> None:
    invitation = invite(campaign, mobile="+447700900002") if how == "another phone" else invite(campaign)
    if how in BookingState.values:
        make_booking(invitation, BookingState(how))
    elif how != "none":
        past: dict[str, Any] = {"starts_at": timezone.now() - timedelta(minutes=1)} if how == "past" else {}
        make_booking(invitation, **past)
    reached(channel)
    assert "<Message>" not in deliver(channel, form("CANCEL"))[1]
    assert OptOut.objects.get().word == "cancel"
    assert "Nobody reads texts" in deliver(channel, form("I can't come", "SM2"))[1]
    assert not PatientReply.objects.exists()


@pytest.mark.parametrize("state", [state for state in replies.STANDS if state != BookingState.BOOKED])
def test_an_appointment_that_is_under_way_counts(channel: ChannelConnection, campaign: Campaign, state: str) -> None:
    make_booking(invite(campaign), BookingState(state))
    deliver(channel, form("cannot attend"))
    assert len(entries(campaign)) == 1


def test_of_a_shared_phone_everybody_who_has_an_appointment_is_shown(
    channel: ChannelConnection, booking: Booking, campaign: Campaign
) -> None:
    make_booking(invite(campaign, "Abe"))
    invite(campaign, "Cleo")
    elsewhere = make_campaign(started=True, rows=0)
    make_booking(invite(elsewhere, "Eve"))
    deliver(channel, form("cant make it"))
    listed = entries(campaign)
    assert {entry.recipient.given_name for entry in listed} == {"Zoe", "Abe"}
    for entry in listed:
        assert entry.happened.startswith("One of 2 patients with this phone texted")
        assert "ask whose appointment it is about" in entry.to_do
    assert entries(elsewhere) == []


@pytest.mark.parametrize(
    ("body", "meaning", "to_do"),
    [
        ("Can I have another time", "that they want another time", "Move it"),
        ("do I need to cancel?", "about coming. We cannot tell whether they will", "Phone them"),
    ],
)
def test_other_meanings(channel: ChannelConnection, booking: Booking, body: str, meaning: str, to_do: str) -> None:
    assert "To be sure, phone 01632 960123" in deliver(channel, form(body))[1]
    (entry,) = entries(booking.invitation.campaign)
    assert meaning in entry.happened
    assert to_do in entry.to_do


def test_the_plainest_of_several_texts_counts(channel: ChannelConnection, booking: Booking) -> None:
    for number, body in enumerate(["do I need to cancel?", "I can't come", "did you cancel it?"]):
        deliver(channel, form(body, f"SM{number}"))
    assert PatientReply.objects.get().wish == Wish.CANCEL


def test_what_is_settled_is_off_the_list_and_a_new_text_puts_it_back(
    client: Client, channel: ChannelConnection, booking: Booking, campaign: Campaign
) -> None:
    client.force_login(make_staff(campaign.practice))
    deliver(channel, form("I can't come"))
    (entry,) = entries(campaign)
    page = check_page(client.get(reverse("campaigns:to-do")))
    assert "Texted that they cannot come, or want a change" in page.text
    assert reverse("staff:patient", args=[booking.invitation_id]) in [link.get("href") for link in page.all("a")]
    done = {"kind": entry.kind, "invitation": entry.invitation.id, "about": entry.about}
    client.post(reverse("campaigns:done", args=[campaign.id]), done)
    assert entries(campaign) == []
    deliver(channel, form("I said I can't come", "SM2"))
    assert len(entries(campaign)) == 1
    Booking.objects.filter(id=booking.id).update(state=BookingState.CANCELLING)
    assert entries(campaign) == []


def test_it_is_in_the_story_and_the_words_are_nowhere(
    client: Client, channel: ChannelConnection, booking: Booking
) -> None:
    deliver(channel, form("I can't come, my chest hurts"))
    events = [(event.said, event.who) for event in story(booking.invitation, [booking])]
    assert any(label.startswith("Texted that they cannot come") and who == "The patient" for label, who in events)
    rows = [*PatientReply.objects.values(), *IncomingText.objects.values(), *AuditEvent.objects.values("data")]
    assert "chest" not in str(rows)


def test_the_answer_is_true_and_comes_once_a_day_whatever_else_was_answered(
    channel: ChannelConnection, booking: Booking
) -> None:
    reached(channel)
    assert "Nobody reads" in deliver(channel, form("Is there parking?"))[1]
    answer = deliver(channel, form("I can't come", "SM2"))[1]
    assert "Quay Street Surgery has been told that you cannot come. Your appointment is not cancelled yet." in answer
    assert "<Message>" not in deliver(channel, form("I can't come", "SM3"))[1]
    IncomingText.objects.update(received_at=timezone.now() - incoming.APART)
    assert "<Message>" in deliver(channel, form("I can't come", "SM4"))[1]
    both = deliver(channel, form("STOP texting me. I want another time", "SM5"))[1]
    assert "no more texts like this" in both
    assert "has been told that you want another time" in both


def test_a_text_that_is_delivered_twice_is_heard_once(channel: ChannelConnection, booking: Booking) -> None:
    for _ in range(2):
        deliver(channel, form("I can't come"))
    assert AuditEvent.objects.filter(action="booking.texted", object_id=booking.id).count() == 1


@pytest.mark.django_db(transaction=True)
def test_several_texts_at_once_are_one_entry(campaign: Campaign) -> None:
    make_booking(invite(campaign))
    wishes = [Wish.CANCEL, Wish.UNSURE, Wish.CHANGE]
    at_once(*[lambda wish=wish: replies.hear(campaign.practice, PHONE, wish) for wish in wishes], times=2)
    assert PatientReply.objects.get().wish == Wish.CANCEL
    assert AuditEvent.objects.filter(action="booking.texted").count() == 6


def test_a_wrong_number_is_to_be_put_right(channel: ChannelConnection, campaign: Campaign) -> None:
    former = invite(campaign)
    newer = make_campaign(campaign.practice, campaign.created_by, started=True, rows=0)
    latest = invite(newer, nhs_number=former.recipient.nhs_number)
    Invitation.objects.filter(id=latest.id).update(state=InvitationState.DECLINED)
    answer = deliver(channel, form("Sorry, wrong number"))[1]
    assert "has been told that this is the wrong number. To get no more texts, text STOP." in answer
    assert not OptOut.objects.exists()
    assert entries(campaign, Kind.WRONG_NUMBER) == []
    (entry,) = entries(newer, Kind.WRONG_NUMBER)
    assert "wrong number" in entry.happened
    assert "right number" in entry.to_do
    assert any("wrong number" in event.said for event in story(latest, []))
    deliver(channel, form("STOP wrong number", "SM2"))
    assert OptOut.objects.get().how == "Texted STOP"
    assert PatientReply.objects.count() == 1


def test_a_stranger_who_has_the_wrong_number_is_nobodys(channel: ChannelConnection) -> None:
    assert "<Message>" not in deliver(channel, form("wrong number"))[1]
    assert not PatientReply.objects.exists()
