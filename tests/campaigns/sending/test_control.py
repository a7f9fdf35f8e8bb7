"""A batch in staff's hands: paused, resumed, cancelled; and nothing that was stopped ever leaves."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.models.states import MOVES, CampaignState
from campaigns.sending import control, issuing
from integrations.links import token_for
from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import CodeState, MessageState
from integrations.outbox.messages import claiming
from practices.models import AuditEvent, Practice
from tests.campaigns.wizard import Wizard
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_message
from tests.html import check_page
from tests.threads import at_once

pytestmark = pytest.mark.django_db
parallel = pytest.mark.django_db(transaction=True)


def issued(rows: int = 3) -> Campaign:
    """A batch whose texts all wait to be sent."""
    batch = make_campaign(rows=rows, started=True, state=CampaignState.STARTING)
    issuing.issue(batch.id)
    batch.refresh_from_db()
    return batch


def claim(practice_id: UUID, limit: int = claiming.CLAIM) -> list[Message]:
    return claiming.take(Practice.objects.get(id=practice_id), limit).rows


def states(batch: Campaign) -> set[str]:
    return set(Message.objects.of_batch(batch.id).values_list("state", flat=True))


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(CampaignState.values)
    assert not MOVES[CampaignState.CANCELLED]
    to_draft = {before for before, after in MOVES.items() if CampaignState.DRAFT in after}
    assert to_draft == {CampaignState.AWAITING, CampaignState.SCHEDULED}


def test_the_database_refuses_a_state_that_there_is_not() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_campaign(started=True, state="lost")


def test_the_database_itself_holds_the_table() -> None:
    batch = make_campaign(started=True, state=CampaignState.CANCELLED)
    with pytest.raises(ProgrammingError, match="Invalid transition"):
        Campaign.objects.filter(id=batch.id).update(state=CampaignState.RUNNING)


def test_a_paused_batch_lets_nothing_leave_until_it_goes_on() -> None:
    batch = issued()
    assert control.pause(campaign=batch, by=batch.created_by)
    assert claim(batch.practice_id) == []
    assert control.resume(campaign=batch, by=batch.created_by)
    assert len(claim(batch.practice_id)) == 3
    issuing.issue(batch.id)
    batch.refresh_from_db()
    assert batch.state == CampaignState.RUNNING


def test_a_text_that_comes_back_unsent_stays_while_its_batch_is_paused() -> None:
    batch = issued(rows=1)
    (row,) = claim(batch.practice_id)
    control.pause(campaign=batch, by=batch.created_by)
    Message.objects.filter(id=row.id).update(state=MessageState.DUE, due_at=row.created_at)
    assert claim(batch.practice_id) == []


def test_pausing_one_batch_leaves_the_others_alone() -> None:
    batch = issued(rows=1)
    other = make_message(make_invitation(make_campaign(batch.practice, batch.created_by, started=True)))
    control.pause(campaign=batch, by=batch.created_by)
    assert claim(batch.practice_id) == [other]


def test_a_batch_paused_while_its_invitations_are_made_gets_the_rest_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "CHUNK", 2)
    batch = make_campaign(rows=5, started=True, state=CampaignState.STARTING)
    assert issuing._issue_chunk(batch.id)
    control.pause(campaign=batch, by=batch.created_by)
    issuing.issue(batch.id)
    assert Message.objects.count() == 2
    control.resume(campaign=batch, by=batch.created_by)
    issuing.issue(batch.id)
    assert len(claim(batch.practice_id)) == Message.objects.count() == 5


def test_cancelling_withdraws_what_has_not_left_with_its_code_and_its_link() -> None:
    batch = issued()
    control.cancel(campaign=batch, by=batch.created_by)
    assert states(batch) == {MessageState.WITHDRAWN}
    assert set(CodedEntry.objects.values_list("state", flat=True)) == {CodeState.WITHDRAWN}
    assert set(Invitation.objects.values_list("state", flat=True)) == {InvitationState.WITHDRAWN}
    assert AuditEvent.objects.get(action="campaign.cancelled").data == {"withdrawn": 3, "sent_links_too": False}


def test_cancelling_while_invitations_are_made_makes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "CHUNK", 2)
    batch = make_campaign(rows=5, started=True, state=CampaignState.STARTING)
    assert issuing._issue_chunk(batch.id)
    control.cancel(campaign=batch, by=batch.created_by)
    issuing.issue(batch.id)
    assert Message.objects.count() == 2
    assert states(batch) == {MessageState.WITHDRAWN}


@pytest.mark.parametrize(("too", "state"), [(False, InvitationState.OPEN), (True, InvitationState.WITHDRAWN)])
def test_links_that_have_gone_work_on_unless_staff_withdraw_them(too: bool, state: str) -> None:
    batch = make_campaign(started=True)
    gone, booked = make_invitation(batch), make_invitation(batch, state=InvitationState.BOOKED)
    message = make_message(gone, state=MessageState.DELIVERED, due_at=None)
    code = make_coded_entry(gone, state=CodeState.FILED, due_at=None)
    control.cancel(campaign=batch, by=batch.created_by, sent_links_too=too)
    for row in (gone, booked, message, code):
        row.refresh_from_db()
    assert (gone.state, booked.state) == (state, InvitationState.BOOKED)
    assert (message.state, code.state) == (MessageState.DELIVERED, CodeState.FILED)


@pytest.mark.parametrize("state", [MessageState.STARTED, MessageState.UNKNOWN])
def test_a_text_in_the_air_when_its_batch_is_cancelled_is_withdrawn_if_it_comes_back(state: str) -> None:
    batch = make_campaign(started=True)
    message = make_message(make_invitation(batch), state=state)
    control.cancel(campaign=batch, by=batch.created_by)
    assert states(batch) == {state}
    Message.objects.update(state=MessageState.DUE, due_at=message.created_at)
    assert claim(batch.practice_id) == []
    control.sweep()
    assert states(batch) == {MessageState.WITHDRAWN}
    assert Invitation.objects.get().state == InvitationState.WITHDRAWN


def test_the_sweeper_leaves_a_paused_batch_alone() -> None:
    batch = issued()
    control.pause(campaign=batch, by=batch.created_by)
    control.sweep()
    assert states(batch) == {MessageState.DUE}


@pytest.mark.parametrize("state", [CampaignState.DRAFT, CampaignState.CANCELLED])
@pytest.mark.parametrize("action", [control.pause, control.resume, control.cancel])
def test_neither_a_draft_nor_a_cancelled_batch_moves(action: Callable[..., bool], state: str) -> None:
    batch = make_campaign(started=True, state=state)
    assert not action(campaign=batch, by=batch.created_by)
    batch.refresh_from_db()
    assert batch.state == state
    assert not AuditEvent.objects.filter(object_id=batch.id).exists()


def test_staff_pause_go_on_and_cancel_on_the_page_of_the_batch(wizard: Wizard, practice: Practice) -> None:
    batch = make_campaign(practice, wizard.staff, rows=2, started=True, state=CampaignState.STARTING)
    issuing.issue(batch.id)
    wizard.of(batch)
    assert "Pause this batch" in wizard.see("progress").text
    wizard.answer("pause")
    assert "Paused: 0 of 2 texts gone" in wizard.see("progress").text
    assert "Paused" in check_page(wizard.client.get(reverse("campaigns:home"))).text
    wizard.answer("resume")
    assert "Pause this batch" in wizard.see("progress").text
    assert "Cancel this batch?" in wizard.see("cancel").text
    assert states(batch) == {MessageState.DUE}
    wizard.answer("cancel")
    wizard.answer("cancel")
    page = wizard.see("progress").text
    assert "Cancelled: 0 of 2 texts had gone" in page
    assert "Pause this batch" not in page
    assert AuditEvent.objects.filter(action="campaign.cancelled").count() == 1


@pytest.mark.parametrize("page", ["pause", "resume", "cancel"])
def test_another_practices_batch_is_out_of_reach(wizard: Wizard, page: str) -> None:
    batch = issued(rows=1)
    assert wizard.of(batch).answer(page).status_code == 404
    assert states(batch) == {MessageState.DUE}


def test_a_withdrawn_link_says_so(client: Client) -> None:
    batch = issued(rows=1)
    control.cancel(campaign=batch, by=batch.created_by)
    response = client.get(reverse("booking:follow", args=[token_for(Invitation.objects.get().id)]))
    assert response.status_code == 410
    page = check_page(response).text
    assert "This link has been withdrawn" in page
    assert batch.practice.phone in page


@parallel
@pytest.mark.parametrize("action", [control.cancel, control.pause])
def test_stopping_and_claiming_at_once_never_share_a_text(action: Callable[..., bool]) -> None:
    batch = issued(rows=60)

    def take() -> list[UUID]:
        return [row.id for row in claim(batch.practice_id, 20)]

    def stop() -> list[UUID]:
        assert action(campaign=batch, by=batch.created_by)
        return []

    taken = at_once(take, take, stop)
    claimed = [message_id for rows in taken for message_id in rows]
    assert len(claimed) == len(set(claimed))
    started = Message.objects.filter(state=MessageState.STARTED)
    assert set(started.values_list("id", flat=True)) == set(claimed)
    assert claim(batch.practice_id) == []


@parallel
def test_two_people_who_cancel_at_once_cancel_once() -> None:
    batch = issued()
    results = at_once(lambda: control.cancel(campaign=batch, by=batch.created_by), times=4)
    assert sorted(results) == [False, False, False, True]
    assert AuditEvent.objects.filter(action="campaign.cancelled").count() == 1


@parallel
def test_cancelling_while_workers_make_invitations_leaves_none_to_send(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "CHUNK", 3)
    batch = make_campaign(rows=30, started=True, state=CampaignState.STARTING)

    def cancel() -> None:
        assert control.cancel(campaign=batch, by=batch.created_by)

    at_once(partial(issuing.issue, batch.id), partial(issuing.issue, batch.id), cancel)
    issuing.issue(batch.id)
    assert states(batch) <= {MessageState.WITHDRAWN}
    assert not Invitation.objects.exclude(state=InvitationState.WITHDRAWN).exists()


@pytest.mark.parametrize("act", [control.pause, control.cancel])
def test_a_batch_is_stopped_in_a_few_statements_however_long_it_is(
    act: Callable[..., bool], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    batch = issued(rows=25)
    with django_assert_max_num_queries(25):
        act(campaign=batch, by=batch.created_by)
    assert claim(batch.practice_id) == []
