"""A batch's plan in the course of its days: pauses, holds, a clinical system that is down, and its end."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from campaigns.follow_up import entries as follow_up
from campaigns.models import AfterLast, Invitation, InvitationState, RecordCheck, Reminder
from campaigns.models.states import CampaignState
from campaigns.reminders import automatic, writing
from campaigns.results.funnel import as_json, from_json, funnel
from campaigns.sending import control
from campaigns.sending.paced import control as pace
from campaigns.sending.rechecks import remaking
from campaigns.sequences import schedule
from campaigns.sequences.progress import progress
from integrations import record_reading
from integrations.clinical import errors
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState, MessageState
from integrations.outbox.messages import claiming, routes
from practices.holds import services as holds
from practices.models import AuditEvent, Practice, User
from selfbook.retention import closing
from tests.campaigns.sequences.plans import (
    add_codes,
    days,
    invited,
    leave,
    make_plan,
    on,
    run,
    sent_on,
    steps_of,
    write,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_book")]


def answering(monkeypatch: pytest.MonkeyPatch, error: errors.ClinicalError) -> None:
    """The clinical system says this of every patient."""

    def read(_practice: Practice, _by: User, questions: Sequence[object], *_: object) -> list[record_reading.Answer]:
        return [error for _ in questions]

    monkeypatch.setattr(record_reading, "read", read)


def texts() -> int:
    return Message.objects.filter(purpose=Purpose.NEXT_INVITATION).count()


def test_a_paused_batch_waits_and_goes_on(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    control.pause(campaign=batch, by=batch.created_by)
    assert sent_on(clock, patient, 3, 12) == {}
    control.resume(campaign=batch, by=batch.created_by)
    assert sent_on(clock, patient, 13, 13) == {2: 13}


def test_a_pause_while_the_record_is_read_stops_it(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    clock.move_to(on(9), tick=False)
    schedule.sweep()
    claimed = writing.claim(batch.reminders.get().id)
    assert claimed is not None
    control.pause(campaign=batch, by=batch.created_by)
    writing.settle(claimed, writing.call(claimed))
    assert texts() == 0
    control.resume(campaign=batch, by=batch.created_by)
    run()
    assert steps_of(patient) == [2]


def test_a_pause_holds_what_is_written_and_a_cancellation_withdraws_it_with_its_code(
    clock: time_machine.Traveller,
) -> None:
    batch = make_plan(7)
    add_codes(batch, 2, 1)
    patient = invited(batch)
    clock.move_to(on(9), tick=False)
    write()
    control.pause(campaign=batch, by=batch.created_by)
    assert Message.objects.get(purpose=Purpose.NEXT_INVITATION).held
    control.cancel(campaign=batch, by=batch.created_by)
    assert Message.objects.get(purpose=Purpose.NEXT_INVITATION).state == MessageState.WITHDRAWN
    assert CodedEntry.objects.get().state == CodeState.WITHDRAWN
    patient.refresh_from_db()
    batch.refresh_from_db()
    assert patient.state == InvitationState.OPEN  # the first text has gone, and its link works on
    assert batch.next_invitation_at is None
    assert sent_on(clock, patient, 10, 20) == {2: 10}


def test_a_worker_that_dies_leaves_nobody_out_and_nobody_twice(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    clock.move_to(on(9), tick=False)
    schedule.sweep()
    assert writing.claim(batch.reminders.get().id) is not None
    write()
    assert steps_of(patient) == []  # its claim holds
    clock.move_to(on(9) + record_reading.LASTS + timedelta(minutes=1), tick=False)
    run()
    run()
    assert steps_of(patient) == [2]


@pytest.fixture
def looked_up_daily(settings: Settings) -> None:
    settings.RECHECK_AFTER_HOURS = 24


@pytest.mark.usefixtures("looked_up_daily")
def test_what_waited_for_too_long_is_taken_back_with_its_codes_and_written_anew(
    clock: time_machine.Traveller,
) -> None:
    batch = make_plan(7)
    add_codes(batch, 2, 1)
    patient = invited(batch)
    clock.move_to(on(9), tick=False)
    write()
    control.pause(campaign=batch, by=batch.created_by)
    patient.recipient.mobile = "+447700900999"
    patient.recipient.save()
    clock.move_to(on(12), tick=False)
    control.resume(campaign=batch, by=batch.created_by)
    assert (texts(), CodedEntry.objects.count()) == (0, 0)
    assert sent_on(clock, patient, 12, 12) == {2: 12}
    assert Message.objects.get(purpose=Purpose.NEXT_INVITATION).to == "+447700900999"
    assert CodedEntry.objects.count() == 1


@pytest.mark.usefixtures("looked_up_daily")
def test_the_sweep_takes_back_too(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    invited(batch)
    clock.move_to(on(9), tick=False)
    write()
    clock.move_to(on(11), tick=False)
    remaking.sweep()
    assert texts() == 0
    batch.refresh_from_db()
    assert batch.next_invitation_at is not None
    assert batch.next_invitation_at <= on(11)


def test_while_the_practice_is_on_hold_nothing_is_written(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    clock.move_to(on(9), tick=False)
    schedule.sweep()
    holds.hold(batch.practice, by=batch.created_by, reason="Made up")
    write()
    assert sent_on(clock, patient, 10, 11) == {}
    holds.release(batch.practice, by=batch.created_by)
    assert sent_on(clock, patient, 12, 13) == {2: 13}  # the day's own row had ended; the next day's follows


@pytest.mark.parametrize("error", [record_reading.NOT_ASKED, errors.UnreadableAnswer("made up")])
@pytest.mark.hazard("H-20.10")
def test_nobody_is_lost_to_a_clinical_system_that_cannot_be_read(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch, error: errors.ClinicalError
) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    with monkeypatch.context() as down:
        answering(down, error)
        assert sent_on(clock, patient, 9, 11) == {}
    assert set(sent_on(clock, patient, 12, 13)) == {2}
    assert batch.reminders.count() >= 3


def test_one_who_can_never_be_read_does_not_keep_a_batch_open_for_ever(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = make_plan(7)
    invited(batch)
    answering(monkeypatch, errors.UnreadableAnswer("made up"))
    for _ in days(clock, 9, 31):
        run()
    batch.refresh_from_db()
    assert (texts(), batch.next_invitation_at) == (0, None)


@pytest.mark.hazard("H-20.1")
def test_who_has_died_or_left_gets_none_and_is_not_read_again(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = make_plan(7, 7)
    patient = invited(batch)
    answering(monkeypatch, errors.PatientNotFound("made up"))
    assert sent_on(clock, patient, 9, 30) == {}
    assert batch.reminders.count() == 1
    assert RecordCheck.objects.get(recipient=patient.recipient).change


def test_a_batch_is_not_finished_and_its_retention_does_not_begin_before_its_plan_is_over(
    clock: time_machine.Traveller,
) -> None:
    batch = make_plan(14)
    invited(batch)
    for day in days(clock, 3, 24):
        run()
        control.finish()
        closing.note()
        batch.refresh_from_db()
        assert (batch.state == CampaignState.RUNNING, batch.closed_at) == (day < 17, None) or day >= 17
    assert batch.state == CampaignState.FINISHED


def test_a_forgotten_pause_closes_later_where_the_plan_has_somebody_to_invite(clock: time_machine.Traveller) -> None:
    batch = make_plan(14)
    invited(batch)
    control.pause(campaign=batch, by=batch.created_by)
    clock.move_to(on(60), tick=False)
    closing.note()
    batch.refresh_from_db()
    assert batch.closed_at is None
    clock.move_to(on(120), tick=False)
    closing.note()
    batch.refresh_from_db()
    assert batch.closed_at is not None


def test_reminders_are_of_the_first_invitation_only(clock: time_machine.Traveller) -> None:
    batch = make_plan(3, reminder_days=[2, 4, 6], next_reminder_at=on(4))
    patient = invited(batch)
    seen: dict[str, int] = {}
    for day in days(clock, 3, 12):
        run()
        automatic.sweep()
        for reminder in Reminder.objects.filter(written_at=None):
            writing.write(reminder.id)
        leave()
        for text in Message.objects.filter(subject_id=patient.id).exclude(purpose=Purpose.INVITATION):
            seen.setdefault(f"{text.purpose} {text.step}", day)
    assert seen == {"reminder 1": 4, "next_invitation 2": 6}


def test_stopping_to_invite_others_does_not_stop_the_plan_of_those_invited(clock: time_machine.Traveller) -> None:
    batch = make_plan(7, paced=True)
    patient = invited(batch)
    assert pace.stop(campaign=batch, by=batch.created_by)
    assert sent_on(clock, patient, 3, 9) == {2: 9}


@pytest.mark.parametrize(("after", "to_do"), [
    (AfterLast.CALL, "Phone the patient."), (AfterLast.LETTER, "Write the patient a letter."),
])  # fmt: skip
def test_only_after_the_last_are_they_for_staff(clock: time_machine.Traveller, after: str, to_do: str) -> None:
    batch = make_plan(7, 7, after_last=after)
    patient = invited(batch)
    seen: dict[int, int] = {}
    for day in days(clock, 3, 20):
        run()
        seen.setdefault(follow_up.counts_of(batch).get(follow_up.Kind.UNANSWERED, 0), day)
    assert seen == {0: 3, 1: 19}
    (entry,) = follow_up.entries(list(follow_up.keys(follow_up.Batches.of(batch))))
    assert (entry.invitation.id, entry.to_do) == (patient.id, to_do)
    assert entry.happened.startswith("The patient has had 3 invitations, the last on Monday 16 November 2026")
    assert to_do in list(follow_up.csv(follow_up.Batches.of(batch)))[1]


def test_when_the_plan_is_stopped_they_are_for_staff_too(clock: time_machine.Traveller) -> None:
    batch = make_plan(14)
    invited(batch)
    control.cancel(campaign=batch, by=batch.created_by)
    clock.move_to(on(5), tick=False)
    assert follow_up.counts_of(batch) == {follow_up.Kind.UNANSWERED: 1}


def test_a_second_one_that_did_not_arrive_is_for_staff_though_the_link_was_opened(
    clock: time_machine.Traveller,
) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    Invitation.objects.update(opened_at=on(3))
    sent_on(clock, patient, 3, 9)
    Message.objects.filter(step=2).update(state=MessageState.FAILED)
    assert follow_up.counts_of(batch) == {follow_up.Kind.NOT_DELIVERED: 1}
    Invitation.objects.update(state=InvitationState.BOOKED)
    assert follow_up.counts_of(batch) == {}


def test_the_first_without_news_is_overtaken_by_the_second(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch, MessageState.NO_NEWS)
    assert follow_up.counts_of(batch) == {follow_up.Kind.NO_NEWS: 1}
    sent_on(clock, patient, 3, 9)
    assert follow_up.counts_of(batch) == {}


def test_the_funnel_counts_patients_once(clock: time_machine.Traveller) -> None:
    batch = make_plan(7, 7)
    patient = invited(batch)
    assert funnel(batch).unsent
    sent_on(clock, patient, 3, 16)
    numbers = funnel(batch)
    assert (numbers.sent, numbers.invited_again, numbers.invitations) == (1, 2, 1)
    assert from_json(as_json(numbers)).invited_again == 2


def test_progress_tells_each_of_them(clock: time_machine.Traveller) -> None:
    batch = make_plan(7, 14)
    patient = invited(batch)
    first, second, third = progress(batch)
    assert (first.sent, second.waiting, third.waiting) == (1, 1, 0)
    assert (second.next_at, third.next_at) == (on(9), None)
    sent_on(clock, patient, 3, 9)
    batch.refresh_from_db()
    first, second, third = progress(batch)
    assert [(one.sent, one.on_the_way, one.waiting) for one in (first, second, third)] == [
        (1, 0, 0),
        (1, 0, 0),
        (0, 0, 1),
    ]
    assert third.next_at == on(23)


def test_what_is_to_go_by_text_goes_by_no_other_channel(clock: time_machine.Traveller) -> None:
    batch = make_plan(7, text_only=True)
    invited(batch)
    clock.move_to(on(9), tick=False)
    write()
    assert claiming.take(batch.practice, route=routes.BY_APP).rows == []
    assert claiming.take(batch.practice, route=routes.BY_NOTIFY).rows == []
    assert len(claiming.take(batch.practice).rows) == 1


def test_its_link_has_its_life_again_when_the_text_is_taken(clock: time_machine.Traveller) -> None:
    batch = make_plan(14)
    patient = invited(batch)
    clock.move_to(on(16), tick=False)
    write()
    claiming.take(batch.practice)
    patient.refresh_from_db()
    assert patient.expires_at == on(16) + timedelta(days=batch.link_lifetime_days)


def test_it_is_on_the_audit_trail(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    invited(batch)
    clock.move_to(on(9), tick=False)
    write()
    event = AuditEvent.objects.get(action="campaign.invited_again")
    assert (event.object_id, event.actor, event.data["invitation"], event.data["patients"]) == (batch.id, None, 2, 1)


def test_the_database_keeps_it_to_one_a_day_and_number() -> None:
    batch = make_plan(7)
    values = {"campaign": batch, "invitation": 2, "day": on(9).date(), "patients": 1}
    Reminder.objects.create(number=1, **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reminder.objects.create(number=2, **values)
