"""A batch that waits for its time, goes out over days, is undone, or comes to its end."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.drafts import services
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.models.states import CampaignState
from campaigns.sending import control, issuing, waves
from integrations.models.outbox import Message
from integrations.models.states import CodeState, MessageState
from patients.models import OptOutSource, Recipient, Verdict
from patients.opt_outs.services import add
from practices.models import Alert, AlertKind, AuditEvent
from tests.factories import make_campaign, make_coded_entry, make_invitation, make_message, make_staff

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=LONDON)


def sent(rows: int = 5, **fields: Any) -> Campaign:
    batch = make_campaign(rows=rows, **fields)
    return services.start(campaign=batch, longest_name="Asha", by=batch.created_by)


def issue(batch: Campaign) -> int:
    """Let a worker look at the batch; how many texts there are then."""
    issuing.issue(batch.id)
    batch.refresh_from_db()
    return Message.objects.count()


def test_a_batch_goes_when_its_time_has_come_and_not_before() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        batch = sent(send_at=MONDAY + timedelta(hours=4))
        assert (batch.state, issue(batch)) == (CampaignState.SCHEDULED, 0)
        assert waves.due() == []
        clock.move_to(MONDAY + timedelta(hours=4))
        assert waves.due() == [batch.id]
        assert issue(batch) == 5
        assert batch.state == CampaignState.RUNNING
        assert waves.due() == []
        expiry = set(Invitation.objects.values_list("expires_at", flat=True))
    assert expiry == {MONDAY + timedelta(hours=4, days=7)}


def test_a_batch_over_days_goes_in_like_parts_and_everybody_gets_one_text() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        batch = sent(7, spread_days=3)
        counts = []
        for day in range(4):
            clock.move_to(MONDAY + timedelta(days=day))
            counts.append(issue(batch))
            assert batch.state == (CampaignState.RUNNING if day >= 2 else CampaignState.STARTING)
    assert counts == [3, 5, 7, 7]
    assert Invitation.objects.values("recipient").distinct().count() == 7


def test_parts_are_made_in_chunks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "CHUNK", 2)
    with time_machine.travel(MONDAY, tick=False) as clock:
        batch = sent(7, spread_days=2)
        assert issue(batch) == 4
        clock.move_to(MONDAY + timedelta(days=1))
        assert issue(batch) == 7


def test_who_opts_out_between_the_days_is_held_back_and_those_invited_keep_their_verdict() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        batch = sent(4, spread_days=2)
        assert issue(batch) == 2
        rows = list(Recipient.objects.order_by("row_number"))
        for row in (rows[0], rows[-1]):
            add(practice=batch.practice, by=batch.created_by, source=OptOutSource.STAFF, nhs_number=row.nhs_number)
        clock.move_to(MONDAY + timedelta(days=1))
        assert issue(batch) == 3
    invited = Recipient.objects.exclude(invitation=None)
    assert set(invited.values_list("verdict", flat=True)) == {Verdict.CAN}
    assert Recipient.objects.filter(invitation=None).get().verdict == Verdict.CANNOT


def test_undo_makes_a_draft_again_that_can_be_changed_and_sent(settings: Settings) -> None:
    settings.UNDO_SECONDS = 30
    batch = sent()
    assert issue(batch) == 0
    colleague = make_staff(batch.practice)
    assert control.undo(campaign=batch, by=colleague)
    assert not control.undo(campaign=batch, by=colleague)
    batch.refresh_from_db()
    assert (batch.state, batch.started_by, batch.started_at, batch.starts_at) == (CampaignState.DRAFT, None, None, None)
    assert issue(batch) == 0
    settings.UNDO_SECONDS = 0
    services.start(campaign=batch, longest_name="Asha", by=colleague)
    assert issue(batch) == 5
    actions = list(AuditEvent.objects.filter(object_id=batch.id).order_by("id").values_list("action", flat=True))
    assert actions == ["campaign.sent", "campaign.undone", "campaign.sent"]


def test_it_is_too_late_to_undo_once_an_invitation_has_been_made() -> None:
    batch = sent()
    assert issue(batch) == 5
    assert not control.undo(campaign=batch, by=batch.created_by)
    assert Message.objects.count() == 5


def test_a_batch_that_waits_can_be_cancelled() -> None:
    batch = sent(send_at=timezone.now() + timedelta(days=1))
    assert control.cancel(campaign=batch, by=batch.created_by)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert waves.due() == []
        assert issue(batch) == 0


def test_a_pause_does_not_heap_the_days_that_it_lasted_on_one() -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        batch = sent(6, spread_days=3)
        assert issue(batch) == 2
        control.pause(campaign=batch, by=batch.created_by)
        clock.move_to(MONDAY + timedelta(days=4, hours=1))
        assert issue(batch) == 2
        control.resume(campaign=batch, by=batch.created_by)
        assert issue(batch) == 4
        clock.move_to(MONDAY + timedelta(days=5))
        assert issue(batch) == 4
        clock.move_to(MONDAY + timedelta(days=5, hours=1))
        assert issue(batch) == 6


def test_texts_of_a_batch_stay_away_from_the_night_unless_staff_say_any_hour() -> None:
    for any_hour in (False, True):
        batch = sent(2, any_hour=any_hour)
        issuing.issue(batch.id)
        assert set(Message.objects.of_batch(batch.id).values_list("any_hour", flat=True)) == {any_hour}


@pytest.mark.parametrize(
    ("invitation", "message", "code", "over"),
    [
        ({"state": InvitationState.BOOKED}, {"state": MessageState.DELIVERED}, {"state": CodeState.FILED}, True),
        ({}, {"state": MessageState.DELIVERED}, {"state": CodeState.FILED}, False),
        ({"expires_at": timezone.now()}, {"state": MessageState.NO_NEWS}, {"state": CodeState.NOT_FILED}, True),
        (
            {"state": InvitationState.BOOKING, "expires_at": timezone.now()},
            {"state": MessageState.DELIVERED},
            {},
            False,
        ),
    ],
)
def test_a_batch_is_finished_when_nothing_more_happens_by_itself(
    invitation: dict[str, Any], message: dict[str, Any], code: dict[str, Any], over: bool
) -> None:
    batch = make_campaign(started=True)
    invited = make_invitation(batch, **invitation)
    make_message(invited, **{"due_at": None, **message})
    make_coded_entry(invited, None, **{"due_at": None, "state": CodeState.FILED, **code})
    control.finish()
    control.finish()
    batch.refresh_from_db()
    assert batch.state == (CampaignState.FINISHED if over else CampaignState.RUNNING)
    noted = list(Alert.objects.values_list("practice_id", "kind", "about"))
    assert noted == [(batch.practice_id, AlertKind.BATCH_FINISHED, batch.id)] * over


@pytest.mark.parametrize("due", ["message", "code"])
def test_a_text_or_code_on_its_way_keeps_a_batch_open(due: str) -> None:
    batch = make_campaign(started=True)
    invited = make_invitation(batch, state=InvitationState.BOOKED)
    make_message(invited, **({} if due == "message" else {"state": MessageState.DELIVERED, "due_at": None}))
    make_coded_entry(invited, None, **({} if due == "code" else {"state": CodeState.FILED, "due_at": None}))
    control.finish()
    batch.refresh_from_db()
    assert batch.state == CampaignState.RUNNING
