"""Who is invited already: left out unless staff say otherwise, by NHS number and within one practice."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.drafts import services
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.models.states import CampaignState
from campaigns.sending import issuing, screening
from campaigns.sending.screening import Inclusion
from integrations.models.states import MessageState
from patients.lists.screening import screen
from patients.models import Recipient, Verdict
from patients.reasons import Reason
from practices.models import Practice
from tests.factories import make_campaign, make_invitation, make_message, make_practice, make_recipient
from tests.threads import at_once

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def practice(db: None) -> Practice:
    return make_practice()


def row_of(batch: Campaign, **fields: Any) -> Recipient:
    assert batch.patient_list is not None
    return make_recipient(batch.patient_list, **fields)


def invited_before(row: Recipient, practice: Practice, *, batch: dict[str, Any] | None = None, **fields: Any) -> None:
    """The same patient in another batch."""
    other = make_campaign(practice, rows=0, started=True, **(batch or {}))
    make_invitation(other, row_of(other, nhs_number=row.nhs_number), **fields)


def reasons(batch: Campaign, row: Recipient) -> list[str]:
    assert batch.patient_list is not None
    screen(batch.patient_list)
    row.refresh_from_db()
    return row.reasons


@pytest.mark.parametrize("state", [InvitationState.OPEN, InvitationState.BOOKING])
def test_a_patient_with_a_live_invitation_is_left_out(practice: Practice, state: InvitationState) -> None:
    """Another mobile, another slot type, the same patient."""
    batch = make_campaign(practice, rows=0)
    row, other = row_of(batch), row_of(batch)
    invited_before(row, practice, state=state, batch={"slot_type": "Blood test"})
    assert reasons(batch, row) == [Reason.ALREADY_INVITED]
    assert reasons(batch, other) == []


@pytest.mark.parametrize(
    "over",
    [
        {"state": InvitationState.BOOKED},
        {"state": InvitationState.DECLINED},
        {"expires_at": timezone.now() - DAY},
        {"locked_at": timezone.now() - DAY},
    ],
)
def test_an_invitation_that_cannot_be_answered_any_more_leaves_nobody_out(
    practice: Practice, over: dict[str, Any]
) -> None:
    batch = make_campaign(practice, rows=0)
    row = row_of(batch)
    invited_before(row, practice, **over)
    assert reasons(batch, row) == []


def test_another_practice_s_invitation_leaves_nobody_out(practice: Practice) -> None:
    batch = make_campaign(practice, rows=0)
    row = row_of(batch)
    invited_before(row, make_practice())
    assert reasons(batch, row) == []


@pytest.mark.parametrize("state", [MessageState.FAILED, MessageState.WITHDRAWN, MessageState.DELIVERED])
def test_an_invitation_whose_text_never_went_leaves_nobody_out(practice: Practice, state: MessageState) -> None:
    """The number has been mended, and the patient was never asked."""
    batch = make_campaign(practice, rows=0)
    row = row_of(batch)
    invited_before(row, practice)
    make_message(Invitation.objects.get(), state=state, due_at=None)
    assert reasons(batch, row) == ([Reason.ALREADY_INVITED] if state == MessageState.DELIVERED else [])


def test_another_draft_leaves_nobody_out(practice: Practice) -> None:
    batch, other = make_campaign(practice, rows=0), make_campaign(practice, rows=0)
    row = row_of(batch)
    row_of(other, nhs_number=row.nhs_number)
    assert reasons(batch, row) == []


def test_a_batch_that_has_been_sent_counts_before_its_invitations_are_made(practice: Practice) -> None:
    batch = make_campaign(practice, rows=0)
    row, held_back = row_of(batch), row_of(batch)
    other = make_campaign(practice, rows=0, started=True, state=CampaignState.STARTING)
    row_of(other, nhs_number=row.nhs_number)
    row_of(other, nhs_number=held_back.nhs_number, verdict=Verdict.CANNOT, reasons=[Reason.OPTED_OUT])
    assert reasons(batch, row) == [Reason.ALREADY_INVITED]
    assert reasons(batch, held_back) == []
    issuing.issue(other.id)
    assert reasons(batch, row) == [Reason.ALREADY_INVITED]


def test_staff_may_include_them(practice: Practice) -> None:
    batch = make_campaign(practice, rows=1)
    row = row_of(batch)
    invited_before(row, practice)
    assert reasons(batch, row) == [Reason.ALREADY_INVITED]
    assert screening.choices(batch) == [Inclusion(Reason.ALREADY_INVITED, 1, included=False)]
    changed = services.choose_included(campaign=batch, invited=True, booked=False, by=batch.created_by)
    row.refresh_from_db()
    assert (row.verdict, row.reasons) == (Verdict.CAN, [])
    assert screening.choices(changed) == [Inclusion(Reason.ALREADY_INVITED, 1, included=True)]
    services.choose_included(campaign=batch, invited=False, booked=False, by=batch.created_by)
    row.refresh_from_db()
    assert row.reasons == [Reason.ALREADY_INVITED]


def test_a_choice_counts_those_whom_it_changes(practice: Practice) -> None:
    batch = make_campaign(practice, rows=3)
    assert screening.choices(batch) == []
    free = row_of(batch)
    without_mobile = row_of(batch, verdict=Verdict.CANNOT, reasons=[Reason.MOBILE_MISSING], mobile="")
    for row in (free, without_mobile):
        invited_before(row, practice)
        invited_before(row, practice)  # twice is one patient still
    other = make_campaign(practice, rows=0, started=True, state=CampaignState.STARTING)
    row_of(other, nhs_number=free.nhs_number)
    assert reasons(batch, without_mobile) == [Reason.MOBILE_MISSING, Reason.ALREADY_INVITED]
    assert screening.choices(batch) == [Inclusion(Reason.ALREADY_INVITED, 1, included=False)]


def test_a_batch_without_a_list_has_no_choices(practice: Practice) -> None:
    assert screening.choices(make_campaign(practice, patient_list=None)) == []


@pytest.mark.django_db(transaction=True)
def test_two_batches_for_the_same_patients_sent_at_the_same_moment(practice: Practice) -> None:
    """Each patient gets one of the two texts."""
    batches = [make_campaign(practice, rows=0) for _ in range(2)]
    for _ in range(5):
        row = row_of(batches[0])
        row_of(batches[1], nhs_number=row.nhs_number)
    row_of(batches[1])
    row_of(batches[0])

    def send(batch: Campaign) -> Campaign:
        return services.start(campaign=batch, longest_name="Asha", by=batch.created_by)

    at_once(lambda: send(batches[0]), lambda: send(batches[1]))
    for batch in batches:
        issuing.issue(batch.id)
    assert Invitation.objects.count() == Invitation.objects.values("recipient__nhs_number").distinct().count() == 7
