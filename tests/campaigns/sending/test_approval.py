"""A large batch waits until somebody else has looked at it; what was approved is what goes."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.drafts import services
from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from campaigns.sending import approval, control
from practices.models import AuditEvent, Practice, Role, User
from practices.models.accounts import UsedBrowser
from practices.staff import services as staffing
from tests.factories import make_campaign, make_practice, make_staff
from tests.html import Page, check_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def practice() -> Practice:
    return make_practice(clinical_system="systmone", second_person_over=2)


@pytest.fixture
def maker(practice: Practice) -> User:
    return make_staff(practice, given_name="Mo", family_name="Ali")


@pytest.fixture
def other(practice: Practice, client: Client) -> User:
    user = make_staff(practice, given_name="Zoe", family_name="Hall")
    client.force_login(user)
    return user


@pytest.fixture
def batch(practice: Practice, maker: User) -> Campaign:
    """Three patients, and Send was pressed."""
    return services.start(campaign=make_campaign(practice, maker, rows=3), longest_name="", by=maker, seen=3)


def path(batch: Campaign, step: str = "approval") -> str:
    return reverse(f"campaigns:{step}", args=[batch.id])


def actions(batch: Campaign) -> list[tuple[str, User | None]]:
    events = AuditEvent.objects.filter(object_id=batch.id).select_related("actor").order_by("id")
    return [(event.action, event.actor) for event in events]


def page(client: Client, address: str) -> Page:
    return check_page(client.get(address))


def test_a_large_batch_waits(batch: Campaign, maker: User) -> None:
    assert batch.state == CampaignState.AWAITING
    assert (batch.asked_by, batch.started_by, batch.waves.count()) == (maker, None, 0)
    assert actions(batch) == [("campaign.approval_asked", maker)]


@pytest.mark.parametrize(("over", "state"), [(3, "scheduled"), (None, "scheduled"), (2, "awaiting"), (0, "awaiting")])
def test_only_batches_over_the_practices_number_wait(over: int | None, state: str) -> None:
    practice = make_practice(second_person_over=over)
    maker = make_staff(practice)
    batch = services.start(campaign=make_campaign(practice, maker, rows=3), longest_name="", by=maker)
    assert batch.state == state


def test_another_sender_approves_and_it_goes(client: Client, batch: Campaign, maker: User, other: User) -> None:
    home = page(client, reverse("campaigns:home"))
    assert "Waiting for approval" in home.text
    assert "Check and approve" in home.text
    shown = page(client, path(batch))
    assert "Mo Ali asked for approval" in shown.text
    assert "Flu clinic" in shown.text
    assert client.post(path(batch), {"seen": "3"}).headers["Location"] == path(batch, "batch")
    batch.refresh_from_db()
    assert batch.state == CampaignState.SCHEDULED
    assert (batch.started_by, batch.approved_by) == (maker, other)
    assert batch.waves.count() == 1
    assert actions(batch)[1:] == [("campaign.approved", other), ("campaign.sent", maker)]
    client.post(path(batch), {"seen": "3"})
    assert len(actions(batch)) == 3


def test_a_manager_may_approve_and_a_viewer_may_not(practice: Practice, batch: Campaign) -> None:
    viewer, manager = make_staff(practice, Role.VIEWER), make_staff(practice, Role.MANAGER)
    with pytest.raises(approval.CannotApprove, match="Only staff who may send"):
        services.approve(campaign=batch, longest_name="", by=viewer)
    with pytest.raises(approval.CannotApprove, match="Only staff who may send"):
        approval.send_back(campaign=batch, comment="No", by=viewer)
    assert services.approve(campaign=batch, longest_name="", by=manager).approved_by == manager


@pytest.mark.hazard("H-19.1")
def test_nobody_approves_their_own(client: Client, batch: Campaign, maker: User) -> None:
    client.force_login(maker)
    shown = page(client, path(batch))
    assert "You made this batch. Somebody else must check it." in shown.text
    assert "Approve and send" not in shown.text
    assert "Somebody else must check it" in check_page(client.post(path(batch), {"seen": "3"})).text
    batch.refresh_from_db()
    assert batch.state == CampaignState.AWAITING


def test_who_asked_for_somebody_elses_batch_cannot_approve_it_either(practice: Practice, maker: User) -> None:
    asker = make_staff(practice)
    batch = services.start(campaign=make_campaign(practice, maker, rows=3), longest_name="", by=asker)
    for person in (maker, asker):
        with pytest.raises(approval.CannotApprove):
            services.approve(campaign=batch, longest_name="", by=person)


def test_the_database_refuses_the_makers_approval(batch: Campaign, maker: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.filter(id=batch.id).update(
            state=CampaignState.SCHEDULED,
            started_by=maker,
            started_at=timezone.now(),
            approved_by=maker,
            approved_at=timezone.now(),
        )


def test_it_is_sent_back_with_words(client: Client, batch: Campaign, maker: User, other: User) -> None:
    refused = check_page(client.post(path(batch, "send-back"), {"words": " "}))
    assert "Say what should be different" in refused.text
    client.post(path(batch, "send-back"), {"words": "Leave out the under 65s"})
    batch.refresh_from_db()
    assert batch.is_draft
    assert actions(batch)[-1] == ("campaign.sent_back", other)
    assert "65" not in str(AuditEvent.objects.latest("id").data)
    client.force_login(maker)
    text = page(client, path(batch, "summary")).text
    assert "Zoe Hall sent this batch back: Leave out the under 65s" in text
    assert services.start(campaign=batch, longest_name="", by=maker).sent_back_words == ""


@pytest.mark.parametrize("step", ["slot-type", "message", "decline", "upload", "patients", "when", "summary", "delete"])
def test_nothing_can_be_changed_while_it_waits(client: Client, batch: Campaign, other: User, step: str) -> None:
    for response in (client.get(path(batch, step)), client.post(path(batch, step), {})):
        assert response.headers["Location"] == path(batch)
    assert client.get(path(batch, "batch")).headers["Location"] == path(batch)
    with pytest.raises(services.AlreadySent):
        services.choose_slot_type(campaign=batch, slot_type="Other", by=other)


def test_a_change_needs_a_new_approval(batch: Campaign, maker: User, other: User) -> None:
    approved = services.approve(campaign=batch, longest_name="", by=other)
    assert control.undo(campaign=approved, by=maker)
    batch.refresh_from_db()
    assert (batch.approved_by, batch.approved_at, batch.asked_by) == (None, None, None)
    services.choose_slot_type(campaign=batch, slot_type="Other", by=maker)
    batch.refresh_from_db()
    Campaign.objects.filter(id=batch.id).update(list_agreed=True)
    assert services.start(campaign=batch, longest_name="", by=maker).state == CampaignState.AWAITING


def test_it_is_taken_back_to_change_it(client: Client, batch: Campaign, maker: User) -> None:
    client.force_login(maker)
    assert client.post(path(batch, "take-back")).headers["Location"] == path(batch, "batch")
    batch.refresh_from_db()
    assert batch.is_draft
    assert not approval.take_back(campaign=batch, by=maker)


def test_what_the_approver_did_not_see_does_not_go(client: Client, batch: Campaign, other: User) -> None:
    answer = check_page(client.post(path(batch), {"seen": "2"}))
    assert "was 2 and is now 3" in answer.text
    batch.refresh_from_db()
    assert (batch.state, batch.approved_by) == (CampaignState.AWAITING, None)


@pytest.mark.parametrize("step", ["approval", "send-back", "take-back"])
def test_another_practices_batch_is_not_there(client: Client, batch: Campaign, step: str) -> None:
    client.force_login(make_staff(make_practice()))
    assert client.post(path(batch, step), {"words": "No", "seen": "3"}).status_code == 404
    assert client.get(path(batch)).status_code == 404


def test_the_summary_says_that_it_will_wait(client: Client, practice: Practice, maker: User) -> None:
    client.force_login(maker)
    draft = make_campaign(practice, maker, rows=3)
    shown = page(client, path(draft, "summary"))
    assert "Ask for approval" in shown.text
    assert "more than 2 patients" in shown.text
    assert client.post(path(draft, "summary"), {"seen": "3"}).headers["Location"] == path(draft)
    draft.refresh_from_db()
    assert draft.state == CampaignState.AWAITING


def test_a_waiting_batch_has_no_progress_yet(client: Client, batch: Campaign, other: User) -> None:
    assert client.get(path(batch, "progress")).headers["Location"] == path(batch, "batch")
    assert client.get(path(batch, "follow-up")).status_code == 404


def test_what_waits_is_not_undone_or_cancelled(batch: Campaign, maker: User) -> None:
    assert not control.undo(campaign=batch, by=maker)
    assert not control.cancel(campaign=batch, by=maker)
    batch.refresh_from_db()
    assert batch.state == CampaignState.AWAITING


# One person with two accounts


def refused(batch: Campaign, by: User) -> str:
    with pytest.raises(approval.CannotApprove) as refusal:
        services.approve(campaign=batch, longest_name="", by=by)
    batch.refresh_from_db()
    assert (batch.state, batch.approved_by) == (CampaignState.AWAITING, None)
    return str(refusal.value)


def test_an_account_that_shares_an_address_is_no_second_person(
    client: Client, batch: Campaign, maker: User, other: User
) -> None:
    User.objects.filter(pk=other.pk).update(email=maker.email.replace("@", "+two@"))
    why = "This account and the one that made the batch seem to be the same person (they share an address)."
    assert why in page(client, path(batch)).text
    assert why in check_page(client.post(path(batch), {"seen": "3"})).text
    assert why in check_page(client.post(path(batch, "send-back"), {"words": "No"})).text
    batch.refresh_from_db()
    assert batch.state == CampaignState.AWAITING
    tries = AuditEvent.objects.filter(action="campaign.approval_refused", object_id=batch.id, actor=other)
    assert [event.data["reason"] for event in tries] == ["an address in common"] * 2


def test_both_who_made_it_and_who_asked_are_looked_at(practice: Practice, maker: User) -> None:
    asker = make_staff(practice)
    batch = services.start(campaign=make_campaign(practice, maker, rows=3), longest_name="", by=asker)
    for person in (maker, asker):
        twin = make_staff(practice, email=person.email.replace("@", "+two@"))
        assert "they share an address" in refused(batch, twin)


def test_an_invited_account_approves_once_it_has_been_used_elsewhere(
    practice: Practice, batch: Campaign, maker: User
) -> None:
    invitation, _ = staffing.invite(practice=practice, by=maker, email="mo.private@example.org", role=Role.SENDER)
    twin = staffing.join(invitation=invitation, new=User(given_name="M", family_name="A"))
    assert "one invited the other" in refused(batch, twin)
    UsedBrowser.objects.create(user=twin, browser=uuid4())
    assert services.approve(campaign=batch, longest_name="", by=twin).approved_by == twin
    event = AuditEvent.objects.get(action="campaign.approved")
    assert (event.data["relation"], event.data["of"]) == ("another person", [str(maker.id)])
