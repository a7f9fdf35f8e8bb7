"""Who is due which invitation of a plan: after its gap, while there is no answer, and never one number twice."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns.models import FollowedUp, Invitation, InvitationState, RecordCheck
from campaigns.models.invitations import lifetime_end
from campaigns.sequences import hooks, schedule
from campaigns.sequences.plans import plan_of
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox.messages import hooks as message_hooks
from patients.models import OptOut
from tests.campaigns.sequences.plans import (
    WORDS,
    add_codes,
    days,
    invited,
    make_plan,
    on,
    run,
    sent_on,
    steps_of,
    write,
)
from tests.factories import make_message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_book")]


def test_each_goes_once_after_its_gap(clock: time_machine.Traveller) -> None:
    batch = make_plan(7, 7, 14)
    patient = invited(batch)
    assert sent_on(clock, patient, 2, 40) == {2: 9, 3: 16, 4: 30}
    batch.refresh_from_db()
    assert batch.next_invitation_at is None
    rows = batch.reminders.order_by("number").values_list("number", "invitation", "patients")
    assert list(rows) == [(1, 2, 1), (2, 3, 1), (3, 4, 1)]
    assert not Message.objects.filter(purpose=Purpose.REMINDER).exists()


def test_it_says_what_was_planned_with_the_same_link(clock: time_machine.Traveller) -> None:
    batch = make_plan(7, text_only=True)
    patient = invited(batch)
    clock.move_to(on(9), tick=False)
    write()
    text = Message.objects.get(purpose=Purpose.NEXT_INVITATION)
    assert (text.step, text.text_only, text.link_key, text.to) == (2, True, patient.link_key, patient.recipient.mobile)
    assert "time 2" in text.body
    assert WORDS[2] != batch.message


def test_working_days_are_counted_and_gone_on(clock: time_machine.Traveller) -> None:
    clock.move_to(on(6, 9), tick=False)  # a Friday
    batch = make_plan(1, 5, working_days=True)
    patient = invited(batch)
    assert sent_on(clock, patient, 6, 20) == {2: 9, 3: 16}


def test_each_patients_gap_counts_from_their_own_text(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    first = invited(batch)
    clock.move_to(on(5, 15), tick=False)
    second = invited(batch)
    went: dict[int, tuple[list[int], list[int]]] = {}
    for day in days(clock, 6, 13):
        run()
        went[day] = steps_of(first), steps_of(second)
    assert went[8] == ([], [])
    assert went[9] == went[11] == ([2], [])
    assert went[12] == ([2], [2])


def test_in_the_app_counts_as_left(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch, MessageState.NO_NEWS)
    assert sent_on(clock, patient, 3, 9) == {2: 9}


@pytest.mark.parametrize("state", [InvitationState.BOOKED, InvitationState.DECLINED, InvitationState.WITHDRAWN])
@pytest.mark.hazard("H-20.8")
def test_it_stops_for_who_has_answered(clock: time_machine.Traveller, state: str) -> None:
    patient = invited(make_plan(7))
    Invitation.objects.update(state=state)
    assert sent_on(clock, patient, 3, 12) == {}


def test_it_goes_on_where_the_link_has_run_out_and_gives_it_its_life_again(clock: time_machine.Traveller) -> None:
    batch = make_plan(14)
    patient = invited(batch)
    assert sent_on(clock, patient, 3, 15) == {}
    clock.move_to(on(16), tick=False)
    write()
    text = Message.objects.get(purpose=Purpose.NEXT_INVITATION)
    assert message_hooks.not_needed(batch.practice, [text]) == {}
    assert message_hooks.latest(batch.practice, [text]) == {text.id: lifetime_end(batch)}
    message_hooks.tell_of_departure(batch.practice, [text])
    patient.refresh_from_db()
    assert patient.expires_at == lifetime_end(batch)


@pytest.mark.parametrize("field", ["ended_at", "locked_at", "elsewhere_at"])
def test_it_stops_where_staff_ended_the_link_or_it_is_locked_or_they_are_booked(
    clock: time_machine.Traveller, field: str
) -> None:
    patient = invited(make_plan(7))
    Invitation.objects.update(**{field: timezone.now()})
    assert sent_on(clock, patient, 3, 12) == {}


@pytest.mark.hazard("H-20.4")
def test_it_stops_for_who_wants_no_texts(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    by_phone, by_number = invited(batch), invited(batch)
    OptOut.objects.create(practice=batch.practice, mobile=by_phone.recipient.mobile, source="text")
    OptOut.objects.create(practice=batch.practice, nhs_number=by_number.recipient.nhs_number, source="staff")
    assert sent_on(clock, by_phone, 3, 12) == {}
    assert steps_of(by_number) == []


def test_it_stops_for_whom_staff_have_followed_up_until_they_are_put_back(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    values = {"practice": batch.practice, "campaign": batch, "invitation": patient, "by": batch.created_by}
    done = FollowedUp.objects.create(kind="no-news", about=patient.id, **values)
    assert sent_on(clock, patient, 3, 8) == {}
    done.delete()
    assert sent_on(clock, patient, 9, 10) == {2: 9}


def test_a_link_that_staff_sent_to_choose_again_is_no_end(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    clock.move_to(on(3), tick=False)
    make_message(patient, purpose=Purpose.REBOOK, state=MessageState.DELIVERED, due_at=None, sent_at=on(3))
    values = {"practice": batch.practice, "campaign": batch, "invitation": patient, "by": batch.created_by}
    FollowedUp.objects.create(kind="cancelled", about=patient.id, **values)
    assert sent_on(clock, patient, 4, 10) == {2: 9}


def test_it_stops_for_whom_the_record_says_are_not_to_be_texted(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    RecordCheck.objects.create(recipient=patient.recipient, campaign=batch, change="not_in_record")
    assert sent_on(clock, patient, 3, 12) == {}
    assert not batch.reminders.exists()


@pytest.mark.parametrize("state", [MessageState.FAILED, MessageState.CHECK, MessageState.WITHDRAWN])
def test_whose_first_text_never_left_is_not_invited_again(clock: time_machine.Traveller, state: MessageState) -> None:
    patient = invited(make_plan(7), state)
    assert sent_on(clock, patient, 3, 12) == {}


def test_once_it_was_sent_again_the_gap_counts_from_that(clock: time_machine.Traveller) -> None:
    patient = invited(make_plan(7), MessageState.FAILED)
    clock.move_to(on(5), tick=False)
    make_message(patient, purpose=Purpose.RESENT, state=MessageState.DELIVERED, due_at=None, sent_at=on(5))
    assert sent_on(clock, patient, 6, 14) == {2: 12}


def test_one_that_failed_ends_it_for_that_patient(clock: time_machine.Traveller) -> None:
    patient = invited(make_plan(7, 7))
    assert sent_on(clock, patient, 3, 10) == {2: 9}
    Message.objects.filter(step=2).update(state=MessageState.FAILED)
    assert sent_on(clock, patient, 11, 30) == {2: 11}


def test_a_number_that_was_withdrawn_is_not_given_twice_and_the_next_one_follows(
    clock: time_machine.Traveller,
) -> None:
    patient = invited(make_plan(7, 7))
    clock.move_to(on(9), tick=False)
    write()
    Message.objects.filter(step=2).update(state=MessageState.WITHDRAWN, due_at=None)
    assert sent_on(clock, patient, 10, 30) == {2: 10, 3: 11}


def test_who_was_texted_lately_waits(clock: time_machine.Traveller) -> None:
    patient = invited(make_plan(7))
    clock.move_to(on(8, 15), tick=False)
    make_message(
        patient, purpose=Purpose.REMINDER, step=1, state=MessageState.DELIVERED, due_at=None, sent_at=on(8, 15)
    )
    assert sent_on(clock, patient, 9, 12) == {2: 10}


def test_its_codes_wait_for_its_own_text(clock: time_machine.Traveller) -> None:
    batch = make_plan(7, 7)
    add_codes(batch, 2, 1, 2)
    add_codes(batch, 3, 1)
    patient = invited(batch)
    sent_on(clock, patient, 3, 16)
    rows = CodedEntry.objects.filter(subject_id=patient.id).order_by("step")
    assert [(row.step, row.after_message.step) for row in rows if row.after_message] == [(3, 2), (4, 2), (6, 3)]
    assert {row.purpose for row in rows} == {Purpose.NEXT_INVITATION}
    assert len({row.id for row in rows}) == 3


@pytest.mark.hazard("H-20.8")
def test_who_answers_before_it_leaves_is_not_texted(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    invited(batch)
    clock.move_to(on(9), tick=False)
    write()
    text = Message.objects.get(purpose=Purpose.NEXT_INVITATION)
    assert message_hooks.not_needed(batch.practice, [text]) == {}
    Invitation.objects.update(state=InvitationState.BOOKED)
    assert message_hooks.not_needed(batch.practice, [text]) == {text.id: hooks.NO_MORE}


def test_an_appointment_cancelled_after_the_links_last_day_goes_back_and_is_opened(
    clock: time_machine.Traveller,
) -> None:
    batch = make_plan(14)
    patient = invited(batch)
    Invitation.objects.update(state=InvitationState.CANCELLED)
    assert sent_on(clock, patient, 15, 16) == {2: 16}
    text = Message.objects.get(purpose=Purpose.NEXT_INVITATION)
    message_hooks.tell_of_departure(batch.practice, [text])
    patient.refresh_from_db()
    assert (patient.state, patient.expires_at) == (InvitationState.OPEN, lifetime_end(batch))


def test_it_waits_for_the_hour_and_is_looked_at_once_a_day(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    patient = invited(batch)
    clock.move_to(on(8, 10), tick=False)
    run()
    batch.refresh_from_db()
    assert batch.next_invitation_at == on(9)
    clock.move_to(on(9, 9, 59), tick=False)
    run()
    assert steps_of(patient) == []
    clock.move_to(on(9), tick=False)
    run()
    assert steps_of(patient) == [2]
    assert schedule.next_look(on(9, 9)) == on(9)


def test_the_plan_is_read_in_two_queries(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    batch = make_plan(7, 14)
    add_codes(batch, 1, 2)
    add_codes(batch, 3, 1)
    with django_assert_num_queries(2):
        plan = plan_of(batch)
    assert [(step.number, step.gap_days, len(step.codes)) for step in plan.steps] == [(1, 0, 2), (2, 7, 0), (3, 14, 1)]
    assert plan.last == 3
    assert plan.last_day(on(2).date()) == (on(2) + timedelta(days=21)).date()
