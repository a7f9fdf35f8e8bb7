"""A new draft like a batch that there is."""

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.drafts.duplicate import duplicate
from campaigns.models import Campaign
from practices.models import AuditEvent, Role
from tests.factories import make_campaign, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db


def test_it_has_the_same_words_and_limits_and_no_patients() -> None:
    batch = make_campaign(
        started=True, clinicians=["Dr Example"], sessions=["Flu session"], horizon_days=14, spread_days=3,
        any_hour=True, include_booked=True,
    )  # fmt: skip
    colleague = make_staff(batch.practice)
    draft = duplicate(campaign=batch, by=colleague)
    alike = ("practice", "slot_type", "clinicians", "sessions", "horizon_days", "message", "invitation_code")
    for name in (*alike, "allow_decline", "decline_message", "decline_code", "link_lifetime_days"):
        assert getattr(draft, name) == getattr(batch, name), name
    assert draft.is_draft
    assert (draft.patient_list, draft.list_agreed, draft.include_booked) == (None, False, False)
    assert (draft.send_at, draft.spread_days, draft.any_hour, draft.started_by) == (None, 1, False, None)
    assert draft.created_by == colleague
    event = AuditEvent.objects.get(action="campaign.duplicated")
    assert (event.object_id, event.actor, event.data) == (draft.id, colleague, {"campaign_id": str(batch.id)})


def test_the_button_leads_to_the_patient_list_of_the_new_draft(client: Client) -> None:
    batch = make_campaign(started=True)
    client.force_login(batch.created_by)
    assert (
        "Make a new draft like this batch"
        in check_page(client.get(reverse("campaigns:progress", args=[batch.id]))).text
    )
    answer = client.post(reverse("campaigns:duplicate", args=[batch.id]), follow=True)
    draft = Campaign.objects.exclude(id=batch.id).get()
    assert answer.redirect_chain[-1][0] == reverse("campaigns:upload", args=[draft.id])
    assert "It has no patients yet." in check_page(answer).text


def test_it_is_posted_by_those_who_may_prepare_batches(client: Client) -> None:
    batch = make_campaign(started=True)
    client.force_login(make_staff(batch.practice, Role.VIEWER))
    assert "Make a new draft" not in check_page(client.get(reverse("campaigns:progress", args=[batch.id]))).text
    assert client.post(reverse("campaigns:duplicate", args=[batch.id])).status_code == 403
    assert Campaign.objects.count() == 1
