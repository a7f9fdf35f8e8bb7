"""A sent batch's page on its further invitations: how many have gone, when the next go, and the button to stop them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Reminder
from campaigns.models.states import CampaignState
from campaigns.sending import further
from campaigns.sequences import editing
from campaigns.sequences.editing import Written
from campaigns.workspace import plan_parts
from integrations.models.outbox import Message, Purpose
from integrations.models.states import CodeState, MessageState
from practices.models import AuditEvent, Practice, Role
from tests.campaigns.wizard import Wizard, goes_to
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_message, make_staff
from tests.html import text_of

pytestmark = pytest.mark.django_db

TEXT = "Dear {name}, you can still book at {practice}: {link} Or phone us."


@pytest.fixture
def batch(wizard: Wizard, practice: Practice) -> Campaign:
    """A sent batch of three patients with three invitations, the second of which one has had."""
    batch = make_campaign(practice, wizard.staff, started=True, rows=3)
    editing.save(batch, 2, Written(TEXT, 14))
    editing.save(batch, 3, Written(TEXT, 5, working_days=True))
    for number in range(3):
        invitation = make_invitation(batch)
        make_message(invitation, state=MessageState.DELIVERED, sent_at=timezone.now())
        if number == 0:
            second: dict[str, Any] = {"purpose": Purpose.NEXT_INVITATION, "step": 2, "body": TEXT}
            make_message(invitation, state=MessageState.SENT, sent_at=timezone.now(), **second)
    batch.next_invitation_at = timezone.now() + timedelta(days=3)
    batch.save()
    wizard.of(batch)
    return batch


def test_each_invitation_has_a_row_and_a_bar(wizard: Wizard, batch: Campaign) -> None:
    page = wizard.see("progress")
    bars = {text_of(term): text_of(value) for term, value in zip(page.all("dt"), page.all("dd"), strict=True)}
    assert [bars[f"Invitation {number} sent"] for number in (1, 2, 3)] == ["3", "1", "0"]
    text = " ".join(page.text.split())
    assert "14 days after invitation 1" in text
    assert "5 working days after invitation 2" in text
    assert "Dear Joe, you can still book at Example Surgery" in text
    assert "list of patients to phone" in text


def test_before_anything_has_gone_the_others_are_still_to_come(wizard: Wizard, practice: Practice) -> None:
    batch = make_campaign(practice, wizard.staff, started=True, state=CampaignState.SCHEDULED)
    editing.save(batch, 2, Written(TEXT, 14))
    part = plan_parts.part(batch)
    assert part is not None
    assert [row.next for row in part.rows] == ["", "Once the first has gone"]
    assert "No more to come" not in wizard.of(batch).see("progress").text


def test_a_batch_of_one_invitation_says_nothing_of_it(wizard: Wizard, practice: Practice) -> None:
    batch = make_campaign(practice, wizard.staff, started=True)
    assert plan_parts.part(batch) is None
    assert "No further invitations" not in wizard.of(batch).see("progress").text


def test_staff_stop_the_further_invitations_for_good(wizard: Wizard, batch: Campaign) -> None:
    today = timezone.localdate()
    Reminder.objects.create(campaign=batch, number=1, invitation=2, day=today, patients=2)
    assert "No further invitations" in wizard.see("progress").text
    assert goes_to(wizard.answer("stop-plan"), wizard.address("batch"))
    assert wizard.campaign.next_invitation_at is None
    assert not batch.reminders.filter(written_at=None).exists()
    page = wizard.see("progress")
    assert "No further invitations go. What has been sent cannot be taken back." in page.text
    assert "Stopped by staff" in page.text
    assert wizard.address("stop-plan") not in [form.get("action") for form in page.all("form")]
    assert goes_to(wizard.answer("stop-plan"), wizard.address("batch"))
    (event,) = AuditEvent.objects.filter(action="campaign.plan_stopped")
    assert (event.object_id, event.actor) == (batch.id, wizard.staff)


def test_what_has_not_left_is_withdrawn_with_its_code(wizard: Wizard, batch: Campaign) -> None:
    second: dict[str, Any] = {"purpose": Purpose.NEXT_INVITATION, "step": 2}
    again = Message.objects.filter(purpose=Purpose.NEXT_INVITATION).values("subject_id")
    patient = batch.invitations.exclude(id__in=again)[0]
    waiting = make_message(patient, state=MessageState.DUE, due_at=timezone.now(), **second)
    code = make_coded_entry(patient, after_message=waiting, purpose=Purpose.NEXT_INVITATION, step=3)
    wizard.answer("stop-plan")
    waiting.refresh_from_db()
    code.refresh_from_db()
    assert (waiting.state, code.state) == (MessageState.WITHDRAWN, CodeState.WITHDRAWN)
    states = Message.objects.of_batch(batch.id).exclude(id=waiting.id).values_list("state", flat=True)
    assert set(states) == {MessageState.DELIVERED, MessageState.SENT}
    assert AuditEvent.objects.get(action="campaign.plan_stopped").data == {"withdrawn": 1}


def test_it_is_stopped_before_it_has_begun_and_does_not_begin_with_later_patients(
    wizard: Wizard, batch: Campaign
) -> None:
    Campaign.objects.filter(id=batch.id).update(next_invitation_at=None)
    batch.waves.create(number=2, due_at=timezone.now() + timedelta(days=1), size=1)
    wizard.answer("stop-plan")
    stopped = wizard.campaign
    assert stopped.plan_stopped_at is not None
    further.begin(stopped)
    assert wizard.campaign.next_invitation_at is None


def test_a_plan_that_is_over_has_nothing_to_stop(wizard: Wizard, batch: Campaign) -> None:
    Campaign.objects.filter(id=batch.id).update(next_invitation_at=None)
    assert "No more to come" in wizard.see("progress").text
    wizard.answer("stop-plan")
    assert wizard.campaign.plan_stopped_at is None


def test_those_who_may_only_look_cannot_stop_it(wizard: Wizard, batch: Campaign) -> None:
    wizard.client.force_login(make_staff(batch.practice, Role.VIEWER))
    page = wizard.see("progress")
    assert "Invitation 2 sent" in page.text
    assert wizard.address("stop-plan") not in [form.get("action") for form in page.all("form")]
    assert wizard.answer("stop-plan").status_code == 403


def test_a_cancelled_batch_has_nothing_to_stop(wizard: Wizard, batch: Campaign) -> None:
    Campaign.objects.filter(id=batch.id).update(state=CampaignState.CANCELLED)
    page = wizard.see("progress")
    assert wizard.address("stop-plan") not in [form.get("action") for form in page.all("form")]
    wizard.answer("stop-plan")
    assert not AuditEvent.objects.filter(action="campaign.plan_stopped").exists()


def test_a_paused_batch_says_that_none_goes_now(wizard: Wizard, batch: Campaign) -> None:
    Campaign.objects.filter(id=batch.id).update(state=CampaignState.PAUSED)
    assert "Not while the batch is paused" in wizard.see("progress").text
