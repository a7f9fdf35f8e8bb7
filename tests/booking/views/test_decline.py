"""Declining: consequences first, then recorded once, with its code for the record."""

import pytest
from django.test import Client
from django.utils import timezone

from booking.appointments import services
from booking.models import Decline, SlotHold
from campaigns.models import Invitation, InvitationState
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState
from practices.models import AuditEvent
from tests.booking.surgery import Patient, made_up_slot
from tests.factories import make_campaign, make_invitation, make_practice, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db


def test_the_consequences_are_shown_and_nothing_happens_yet(client: Client) -> None:
    invitation = make_invitation()
    patient = Patient(invitation, client)
    patient.open_link()
    patient.choose("decline")
    assert patient.tell_birth()["Location"] == "/b/decline/"

    page = check_page(client.get("/b/decline/"))

    assert invitation.campaign.decline_message in page.text
    assert "/b/times/" in [link.get("href") for link in page.all("a")]
    assert not Decline.objects.exists()


def test_to_confirm_records_it_and_queues_the_code(client: Client) -> None:
    invitation = make_invitation()
    Patient(invitation, client).identified("decline")

    answer = client.post("/b/decline/")

    assert (answer.status_code, answer["Location"]) == (303, "/b/declined/")
    page = check_page(client.get("/b/declined/"))
    assert invitation.practice.phone in page.text
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.DECLINED
    entry = CodedEntry.objects.get()
    campaign = invitation.campaign
    assert campaign.decline_code is not None
    assert (entry.purpose, entry.state, entry.subject_id) == (Purpose.DECLINE, CodeState.DUE, invitation.id)
    assert (entry.concept_id, entry.actor_id) == (campaign.decline_code.concept_id, campaign.started_by_id)
    assert (entry.local_scheme, entry.local_code) == ("READ2", "9OX51")
    assert entry.nhs_number == invitation.recipient.nhs_number
    assert entry.happened_at is not None
    assert entry.after_message is None
    assert not Message.objects.exists()
    assert AuditEvent.objects.filter(action="invitation.declined", object_id=invitation.id).exists()


def test_systmone_takes_the_concept_as_it_is() -> None:
    practice = make_practice(clinical_system="systmone")
    invitation = make_invitation(make_campaign(practice, started=True))

    services.decline(invitation_id=invitation.id)

    assert CodedEntry.objects.get().local_code == ""


def test_pressing_again_changes_nothing(client: Client) -> None:
    Patient(make_invitation(), client).identified("decline")

    answered = {client.post("/b/decline/")["Location"] for _ in range(5)}

    assert answered == {"/b/declined/"}
    assert (Decline.objects.count(), CodedEntry.objects.count()) == (1, 1)
    assert client.get("/b/")["Location"] == "/b/declined/"


def test_a_second_press_that_overtook_the_first_page_is_answered_with_the_same_decline() -> None:
    invitation = make_invitation()

    assert services.decline(invitation_id=invitation.id) == services.decline(invitation_id=invitation.id)
    assert CodedEntry.objects.count() == 1


def test_a_held_slot_is_free_again() -> None:
    invitation = make_invitation()
    services.hold(invitation_id=invitation.id, slot=made_up_slot())

    services.decline(invitation_id=invitation.id)

    assert not SlotHold.objects.exists()


def test_where_the_batch_does_not_offer_it_nothing_is_recorded() -> None:
    campaign = make_campaign(started=True, allow_decline=False, decline_message="", decline_code=None)
    invitation = make_invitation(campaign)

    with pytest.raises(services.MayNotDecline):
        services.decline(invitation_id=invitation.id)

    assert Invitation.objects.get().state == InvitationState.OPEN


def test_after_staff_have_reversed_it_a_patient_may_decline_again_and_no_second_code_is_filed() -> None:
    invitation = make_invitation()
    by = make_staff(invitation.practice)
    first = services.decline(invitation_id=invitation.id)
    Decline.objects.update(reversed_at=timezone.now(), reversed_by=by)
    Invitation.objects.update(state=InvitationState.OPEN)

    again = services.decline(invitation_id=invitation.id, by=by)

    assert (again.pk, again.reversed_at, again.made_by) == (first.pk, None, by)
    assert again.declined_at > first.declined_at
    assert Invitation.objects.get().state == InvitationState.DECLINED
    assert CodedEntry.objects.count() == 1
    assert AuditEvent.objects.filter(action="invitation.declined", actor=by).exists()
