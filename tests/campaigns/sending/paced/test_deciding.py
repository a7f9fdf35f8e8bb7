"""Each hour's decision of a paced batch: what it knows, how many it invites, and when it decides nothing."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.models import WaitingPatient
from campaigns.models import Campaign, Invitation, InvitationState, PacingDecision, Wave
from campaigns.models.states import CampaignState
from campaigns.pacing.decision import decide
from campaigns.pacing.known import Reason
from campaigns.sending import control, issuing, waves
from campaigns.sending.paced import deciding, facts
from integrations.models import Stoppage
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from practices.holds import services as holds
from tests.campaigns.sending.paced.conftest import MONDAY, Diary, Move, paced, work
from tests.factories import make_campaign, make_invitation, make_message, make_recipient

pytestmark = pytest.mark.django_db


def last(batch: Campaign) -> PacingDecision:
    return batch.decisions.latest("at")


def test_the_first_wave_is_as_large_as_the_free_times(diary: Diary, at: Move) -> None:
    batch = paced(20)
    assert (batch.state, batch.next_decision_at, batch.waves.count()) == (CampaignState.SCHEDULED, MONDAY, 0)
    assert work(batch) == 3
    decision = batch.decisions.get()
    assert (decision.free, decision.left, decision.number, decision.reason) == (3, 20, 3, Reason.FIRST_DAY)
    assert decision.wave == Wave.objects.get()
    assert decision.wave.made == 3
    assert decision.slot == MONDAY
    assert decision.forecast is not None
    assert decision.forecast["middle"]["reached"] >= 3
    assert batch.next_decision_at == MONDAY + timedelta(hours=1)
    assert batch.state == CampaignState.RUNNING


def test_a_decision_can_be_played_again_from_its_row(diary: Diary, at: Move) -> None:
    batch = paced(20)
    work(batch)
    Message.objects.update(state=MessageState.DELIVERED, sent_at=timezone.now())
    at(days=1, hours=1)
    work(batch)
    for row in batch.decisions.all():
        again = decide(facts.known_of(row))
        assert (again.number, again.reason.value) == (row.number, row.reason)
        assert again.will_book == pytest.approx(row.will_book)


def test_nothing_is_decided_twice_in_an_hour_or_before_the_next(diary: Diary, at: Move) -> None:
    batch = paced(20)
    assert [work(batch) for _ in range(3)] == [3, 3, 3]
    Campaign.objects.filter(id=batch.id).update(next_decision_at=timezone.now())  # as if staff had paused and resumed
    diary.free = 10
    assert work(batch) == 3
    assert batch.next_decision_at == MONDAY + timedelta(hours=1)
    assert batch.decisions.count() == 1


def test_the_database_holds_one_decision_an_hour_and_one_wave_for_each(diary: Diary, at: Move) -> None:
    batch = paced(20)
    work(batch)
    row = batch.decisions.get()
    row.pk, row.wave, row.number = None, None, 0
    with pytest.raises(IntegrityError, match="pacing_decision_once"), transaction.atomic():
        row.save()
    row.slot += timedelta(hours=1)
    row.number = 3
    with pytest.raises(IntegrityError, match="pacing_decision_wave"), transaction.atomic():
        row.save()


def test_it_stops_without_free_times_and_goes_on_when_they_return(diary: Diary, at: Move) -> None:
    batch = paced(20)
    work(batch)
    diary.free = 0
    at(days=1, hours=2)
    assert work(batch) == 3
    assert last(batch).reason == Reason.NO_TIMES
    diary.free = 40
    at(days=1, hours=3)
    assert work(batch) > 3


def test_it_ends_when_the_list_is_done_and_the_batch_can_finish(diary: Diary, at: Move) -> None:
    diary.free = 30
    batch = paced(4)
    assert work(batch) == 4
    control.finish()
    at(hours=1)
    work(batch)
    assert last(batch).reason == Reason.ALL_INVITED
    assert (batch.next_decision_at, batch.state) == (None, CampaignState.RUNNING)


def test_a_batch_that_still_decides_does_not_finish(diary: Diary, at: Move) -> None:
    batch = paced(20)
    work(batch)
    issuing.issue(batch.id)
    Invitation.objects.update(state=InvitationState.DECLINED)
    Message.objects.update(state=MessageState.DELIVERED, due_at=None, sent_at=timezone.now())
    Campaign.objects.filter(id=batch.id).update(invitation_code=None)
    batch.practice.refresh_from_db()
    control.finish()
    batch.refresh_from_db()
    assert batch.state == CampaignState.RUNNING


@pytest.mark.parametrize("stopped", ["book", "hold", "account", "night", "weekend", "paused", "cancelled"])
def test_when_nothing_is_decided(stopped: str, diary: Diary, at: Move) -> None:
    batch = paced(20)
    work(batch)
    issuing.issue(batch.id)
    batch.refresh_from_db()
    diary.free, diary.readable = 40, stopped != "book"
    at(days={"weekend": 5}.get(stopped, 1), hours=12 if stopped == "night" else 1)
    match stopped:
        case "hold":
            holds.hold(batch.practice, by=None)
        case "account":
            Stoppage.objects.create(practice=batch.practice, retry_at=timezone.now())
        case "paused":
            control.pause(campaign=batch, by=batch.created_by)
        case "cancelled":
            control.cancel(campaign=batch, by=batch.created_by)
    assert work(batch) == 3
    assert batch.decisions.count() == 1
    if stopped in ("paused", "cancelled"):
        assert deciding.due(timezone.now()) == []
    else:
        assert batch.next_decision_at is not None
        assert batch.next_decision_at > timezone.now()
    if stopped == "book":
        diary.readable = True
        at(days=1, hours=1, minutes=6)
        assert work(batch) > 3


def test_what_has_not_gone_in_an_hour_is_decided_anew(diary: Diary, at: Move) -> None:
    batch = paced(20)
    deciding.decide_now(batch.id)  # and no worker makes its invitations
    diary.readable = False
    at(hours=1, minutes=1)
    assert work(batch) == 0
    diary.readable = True
    at(hours=2, minutes=10)
    assert work(batch) == 3
    assert [decision.number for decision in batch.decisions.order_by("at")] == [3, 3]


def test_a_pause_has_what_was_left_decided_anew(diary: Diary, at: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "CHUNK", 1)
    batch = paced(20)
    deciding.decide_now(batch.id)
    issuing.issue(batch.id, chunks=1)
    assert control.pause(campaign=batch, by=batch.created_by)
    at(hours=3)
    assert control.resume(campaign=batch, by=batch.created_by)
    issuing.issue(batch.id)
    assert Invitation.objects.count() == 1
    diary.free = 1
    assert work(batch) == 1  # the open invitation may take it
    assert batch.decisions.count() == 2


def test_most_a_day_and_the_days_and_hours_that_staff_chose(diary: Diary, at: Move) -> None:
    diary.free = 30
    batch = paced(40, most_a_day=2, pace_days=[1, 2], pace_from=10, pace_until=12)
    assert (work(batch), batch.next_decision_at) == (0, MONDAY + timedelta(days=1, hours=1))
    at(days=1, hours=1)
    assert work(batch) == 2
    at(days=1, hours=2)
    assert work(batch) == 2
    assert last(batch).reason == Reason.MOST
    assert batch.next_decision_at == MONDAY + timedelta(days=2, hours=1)


def test_the_oldest_first(diary: Diary, at: Move) -> None:
    batch = paced(3, invite_order="oldest")
    assert batch.patient_list is not None
    oldest = make_recipient(batch.patient_list, date_of_birth="1930-01-01")
    diary.free = 1
    assert work(batch) == 1
    assert Invitation.objects.get().recipient == oldest


def test_batches_of_one_slot_type_share_its_times(diary: Diary, at: Move) -> None:
    other = make_campaign(rows=3, started=True)
    for _ in range(3):
        make_message(make_invitation(other), state=MessageState.DELIVERED, sent_at=timezone.now())
    batch = paced(20, practice=other.practice, by=other.created_by)
    assert work(batch) == 0
    assert batch.decisions.get().open == 3
    elsewhere = paced(20, practice=other.practice, by=other.created_by, slot_type="Blood test")
    assert work(elsewhere) == 3


def test_whoever_came_and_had_no_time_comes_before_new_invitations(diary: Diary, at: Move) -> None:
    batch = paced(20)
    work(batch)
    Message.objects.update(state=MessageState.DELIVERED, sent_at=timezone.now())
    at(hours=2)
    for invitation in Invitation.objects.all():
        WaitingPatient.objects.create(invitation=invitation, practice=batch.practice)
    assert work(batch) == 3
    decision = last(batch)
    assert (decision.waiting, decision.open, decision.reason) == (3, 0, Reason.WAITING)
    assert decision.known["answer_hours"] == {"2": 3}


def test_times_that_go_by_phone_are_counted(diary: Diary, at: Move) -> None:
    diary.free = 5
    batch = paced(20)
    work(batch)
    diary.free = 3
    at(hours=1)
    work(batch)
    at(hours=2)
    work(batch)
    assert [decision.phoned for decision in batch.decisions.order_by("at")] == [0, 2, 2]


def test_times_that_are_too_soon_to_book_have_not_gone_by_phone(diary: Diary, at: Move, settings: Settings) -> None:
    settings.BOOKING_NOTICE_MINUTES = 48 * 60
    diary.day = (MONDAY + timedelta(days=2)).date()
    batch = paced(20)
    work(batch)
    diary.free = 0
    at(hours=1)
    work(batch)
    assert last(batch).phoned == 0


def test_finished_batches_say_how_many_come_but_not_too_loudly(diary: Diary, at: Move) -> None:
    batch = paced(1)
    assert facts.past(batch).uptake == pytest.approx(0.3)
    former = make_campaign(batch.practice, batch.created_by, rows=0, started=True, state=CampaignState.FINISHED)
    for number in range(20):
        make_invitation(former, state=InvitationState.BOOKED if number < 12 else InvitationState.OPEN)
    learnt = facts.past(batch)
    assert 0.5 < learnt.uptake < 0.6
    assert learnt.strength == 6


def test_reminders_begin_with_the_first_wave(diary: Diary, at: Move) -> None:
    batch = paced(20, reminder_days=[2])
    assert batch.next_reminder_at is None
    work(batch)
    assert batch.next_reminder_at == MONDAY + timedelta(days=2, hours=1)


def test_the_part_is_no_last_one_that_takes_whoever_is_left(diary: Diary, at: Move) -> None:
    batch = paced(20)
    work(batch)
    wave = batch.waves.get()
    assert not waves.is_last(wave, batch)
    assert waves.room(wave, batch, 2000) == 0


def test_undo_leaves_no_trace_of_decisions(diary: Diary, at: Move) -> None:
    batch = paced(20)
    deciding.decide_now(batch.id)
    assert control.undo(campaign=batch, by=batch.created_by)
    batch.refresh_from_db()
    assert (batch.next_decision_at, PacingDecision.objects.count(), Wave.objects.count()) == (None, 0, 0)
    assert batch.paced
