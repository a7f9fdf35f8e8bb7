"""Reminding those who have not answered: whom, once, by the gates that every text goes by, and counted apart."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from campaigns.follow_up import entries as follow_up
from campaigns.messages import texts
from campaigns.models import Campaign, Invitation, InvitationState, Reminder
from campaigns.models.states import CampaignState
from campaigns.reminders import services as reminders
from campaigns.reminders import writing as reminder_writing
from campaigns.results.funnel import funnel
from campaigns.sending import control
from campaigns.wording import advice
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox.messages import claiming
from patients.models import OptOutSource
from patients.opt_outs import services as opt_outs
from practices.models import AuditEvent, Role
from tests.factories import make_campaign, make_invitation, make_message, make_practice, make_recipient, make_staff
from tests.html import check_page
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_book")]
parallel = pytest.mark.django_db(transaction=True)

LONG_AGO = timedelta(hours=30)


@pytest.fixture
def batch() -> Campaign:
    return make_campaign(started=True, rows=0)


def invited(
    batch: Campaign, *, ago: timedelta = LONG_AGO, state: str = MessageState.DELIVERED, **of: object
) -> Invitation:
    """A patient whose invitation's text left so long ago."""
    assert batch.patient_list is not None
    invitation = make_invitation(batch, make_recipient(batch.patient_list), **of)
    at = timezone.now() - ago
    make_message(invitation, state=state, due_at=None, created_at=at, sent_at=at)
    return invitation


def press(batch: Campaign, number: int = 1, seen: int = 1000) -> bool:
    asked = reminders.ask(campaign=batch, number=number, seen=seen, by=batch.created_by)
    for reminder in Reminder.objects.filter(campaign=batch, number=number):
        reminder_writing.write(reminder.id)
    return asked


def written(batch: Campaign) -> list[Message]:
    return list(Message.objects.of_batch(batch.id).filter(purpose=Purpose.REMINDER))


def reminded(batch: Campaign) -> set[str]:
    return {str(message.subject_id) for message in written(batch)}


def test_who_has_not_answered_gets_one_text_with_the_same_link(batch: Campaign) -> None:
    invitation = invited(batch)
    assert press(batch)
    (text,) = written(batch)
    assert (text.subject_id, text.step, text.link_key) == (invitation.id, 1, invitation.link_key)
    assert text.to == invitation.recipient.mobile
    assert text.body.startswith("Dear Asha, a reminder from Example Surgery")
    assert "{link}" in text.body
    assert (
        text.fragments
        == texts.preview(reminders.message_of(batch), practice=batch.practice, name="Asha").measure.fragments
    )


def test_nobody_else_does(batch: Campaign) -> None:
    due = invited(batch)
    invited(batch, state=MessageState.FAILED)
    invited(batch, state=MessageState.CHECK)
    invited(batch, ago=timedelta(hours=23))
    for state in (InvitationState.BOOKED, InvitationState.DECLINED, InvitationState.WITHDRAWN, InvitationState.BOOKING):
        Invitation.objects.filter(id=invited(batch).id).update(state=state)
    invited(batch, locked_at=timezone.now())
    invited(batch, expires_at=timezone.now() - timedelta(minutes=1))
    by_phone, by_number = invited(batch).recipient, invited(batch).recipient
    opt_outs.add(practice=batch.practice, by=None, source=OptOutSource.PATIENT, mobile=by_phone.mobile)
    opt_outs.add(practice=batch.practice, by=None, source=OptOutSource.PATIENT, nhs_number=by_number.nhs_number)
    other = make_campaign(batch.practice, batch.created_by, started=True, rows=0)
    invited(other)
    assert reminders.plan(batch).patients == 1
    assert reminders.plan(batch).lately == 1
    press(batch)
    assert reminded(batch) == {str(due.id)}
    assert written(other) == []


def test_a_text_sent_again_by_hand_counts_as_the_last(batch: Campaign) -> None:
    invitation = invited(batch)
    make_message(invitation, purpose=Purpose.RESENT, state=MessageState.SENT, sent_at=timezone.now())
    assert reminders.plan(batch).patients == 0


def test_the_same_press_twice_texts_nobody_twice(batch: Campaign) -> None:
    invited(batch)
    assert press(batch)
    assert not press(batch)
    assert len(written(batch)) == 1
    assert AuditEvent.objects.filter(action="campaign.reminded").count() == 1


@parallel
def test_two_tabs_at_the_same_moment() -> None:
    batch = make_campaign(started=True, rows=0)
    for _ in range(3):
        invited(batch)
    answers = at_once(lambda: press(batch), lambda: press(batch))
    assert sorted(answers) == [False, True]
    assert len(written(batch)) == 3


@parallel
def test_two_workers_write_each_text_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminder_writing, "READ", 2)
    batch = make_campaign(started=True, rows=0)
    for _ in range(5):
        invited(batch)
    reminders.ask(campaign=batch, number=1, seen=5, by=batch.created_by)
    reminder = batch.reminders.get()
    at_once(lambda: reminder_writing.write(reminder.id), lambda: reminder_writing.write(reminder.id))
    assert len(written(batch)) == len(reminded(batch)) == 5
    reminder.refresh_from_db()
    assert reminder.written_at is not None


def test_the_next_one_has_to_wait_for_a_day(batch: Campaign) -> None:
    invited(batch)
    press(batch)
    with pytest.raises(reminders.CannotRemind) as refused:
        press(batch, 2)
    assert "nobody" in refused.value.sentence
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        Message.objects.filter(purpose=Purpose.REMINDER).update(
            state="delivered", due_at=None, sent_at=timezone.now() - LONG_AGO
        )
        assert press(batch, 2)
    assert sorted(message.step for message in written(batch)) == [1, 2]


def test_not_before_the_one_before_is_written(batch: Campaign) -> None:
    invited(batch)
    reminders.ask(campaign=batch, number=1, seen=1, by=batch.created_by)
    assert reminders.plan(batch).under_way
    with pytest.raises(reminders.CannotRemind) as refused:
        press(batch, 2)
    assert "on its way now" in refused.value.sentence


def test_no_more_patients_than_staff_were_told(batch: Campaign) -> None:
    invited(batch)
    invited(batch)
    with pytest.raises(reminders.CannotRemind) as refused:
        press(batch, seen=1)
    assert "was 1 and is now 2" in refused.value.sentence
    assert written(batch) == []


@pytest.mark.parametrize(
    "state", [CampaignState.PAUSED, CampaignState.CANCELLED, CampaignState.FINISHED, CampaignState.SCHEDULED]
)
def test_a_batch_that_does_not_go_reminds_nobody(state: str) -> None:
    batch = make_campaign(started=True, rows=0, state=state)
    invited(batch)
    with pytest.raises(reminders.CannotRemind) as refused:
        press(batch)
    assert "not being sent" in refused.value.sentence


def test_who_answers_before_it_leaves_gets_none(batch: Campaign) -> None:
    answered, locked, expired, unanswered = (invited(batch) for _ in range(4))
    press(batch)
    now = timezone.now()
    Invitation.objects.filter(id=answered.id).update(state=InvitationState.BOOKED)
    Invitation.objects.filter(id=locked.id).update(locked_at=now)
    Invitation.objects.filter(id=expired.id).update(expires_at=now)
    Message.objects.update(any_hour=True)
    claim = claiming.take(batch.practice)
    assert [row.subject_id for row in claim.rows] == [unanswered.id]
    assert claim.size == 4
    withdrawn = Message.objects.filter(state=MessageState.WITHDRAWN)
    assert {row.subject_id for row in withdrawn} == {answered.id, locked.id, expired.id}
    assert {(row.reason, row.due_at, row.error_code) for row in withdrawn} == {(reminders.NO_MORE, None, "")}
    assert follow_up.counts_of(batch).keys() <= {follow_up.Kind.LOCKED}


def test_what_is_no_reminder_costs_no_question(
    batch: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    text = make_message(make_invitation(batch))
    with django_assert_num_queries(0):
        assert reminders.not_needed(batch.practice, [text]) == {}
        reminders.lengthen_links(batch.practice, [text])


def test_an_opt_out_after_the_press_stops_it(batch: Campaign) -> None:
    invitation = invited(batch)
    press(batch)
    opt_outs.add(practice=batch.practice, by=None, source=OptOutSource.PATIENT, mobile=invitation.recipient.mobile)
    Message.objects.update(any_hour=True)
    assert claiming.take(batch.practice).rows == []
    assert written(batch)[0].error_code == "opted_out"


def test_its_link_works_for_two_days_at_least(batch: Campaign) -> None:
    ending = invited(batch, expires_at=timezone.now() + timedelta(hours=13))
    lasting = invited(batch, expires_at=timezone.now() + timedelta(days=5))
    press(batch)
    Message.objects.update(any_hour=True)
    claiming.take(batch.practice)
    before = lasting.expires_at
    ending.refresh_from_db()
    lasting.refresh_from_db()
    assert ending.expires_at > timezone.now() + timedelta(days=1, hours=23)
    assert lasting.expires_at == before


def test_at_night_it_waits_for_the_morning(batch: Campaign, settings: Settings) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20
    with time_machine.travel(datetime(2026, 11, 30, 23, tzinfo=UTC), tick=False):
        invited(batch)
        plan = reminders.plan(batch)
        assert (plan.patients, plan.leaves_at) == (1, datetime(2026, 12, 1, 8, tzinfo=UTC))
        press(batch)
        assert claiming.take(batch.practice).rows == []


def test_a_pause_holds_it_and_a_cancellation_withdraws_it(batch: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminder_writing, "READ", 1)
    links = [invited(batch), invited(batch)]
    reminders.ask(campaign=batch, number=1, seen=2, by=batch.created_by)
    reminder = batch.reminders.get()
    assert reminder_writing.write(reminder.id, chunks=1)
    Message.objects.update(any_hour=True)
    control.pause(campaign=batch, by=batch.created_by)
    assert not reminder_writing.write(reminder.id)
    assert claiming.take(batch.practice).rows == []
    control.resume(campaign=batch, by=batch.created_by)
    reminder_writing.write(reminder.id)
    assert len(written(batch)) == 2
    control.cancel(campaign=batch, by=batch.created_by)
    assert {row.state for row in written(batch)} == {MessageState.WITHDRAWN}
    assert {row.state for row in Invitation.objects.filter(id__in=[link.id for link in links])} == {"open"}


def test_a_cancelled_batch_s_reminder_comes_to_an_end(batch: Campaign) -> None:
    invited(batch)
    reminders.ask(campaign=batch, number=1, seen=1, by=batch.created_by)
    control.cancel(campaign=batch, by=batch.created_by)
    reminder_writing.write(batch.reminders.get().id)
    assert written(batch) == []
    assert batch.reminders.get().written_at is not None


def test_a_batch_with_a_reminder_to_write_is_not_finished(batch: Campaign) -> None:
    invitation = invited(batch)
    reminders.ask(campaign=batch, number=1, seen=1, by=batch.created_by)
    Invitation.objects.filter(id=invitation.id).update(expires_at=timezone.now())
    control.finish()
    batch.refresh_from_db()
    assert batch.state == CampaignState.RUNNING
    reminder_writing.write(batch.reminders.get().id)
    control.finish()
    batch.refresh_from_db()
    assert batch.state == CampaignState.FINISHED


def test_reminders_are_counted_apart_from_invitations(batch: Campaign) -> None:
    invited(batch)
    press(batch)
    numbers = funnel(batch)
    assert numbers.messages.total() == numbers.delivered == 1
    assert numbers.reminders == {MessageState.DUE: 1}
    assert (numbers.reminded, numbers.reminders_to_go, numbers.in_progress) == (0, 1, True)


def test_a_reminder_that_arrived_is_news_enough(batch: Campaign) -> None:
    quiet = invited(batch, state=MessageState.NO_NEWS)
    assert follow_up.counts_of(batch) == {follow_up.Kind.NO_NEWS: 1}
    make_message(quiet, purpose=Purpose.REMINDER, state=MessageState.FAILED)
    assert follow_up.counts_of(batch) == {follow_up.Kind.NO_NEWS: 1}
    make_message(quiet, purpose=Purpose.REMINDER, step=2, state=MessageState.DELIVERED)
    assert follow_up.counts_of(batch) == {}


@pytest.mark.parametrize("may_decline", [True, False])
def test_its_words_keep_the_rules_for_texts(batch: Campaign, may_decline: bool) -> None:
    batch.allow_decline = may_decline
    message = reminders.message_of(batch)
    assert texts.reasons_against(message) == []
    assert [warning for warning in texts.warnings(message, batch.practice) if warning.rule != "fragments"] == []
    assert advice.advice_on(message, practice="Example Surgery") == []
    longest = make_practice(name="The Long Street Medical Centre and Health Practice of St Margaret in the Fields")
    assert not texts.preview(message, practice=longest, name="Bartholomew-Alexander").too_long


def test_the_page_asks_first_and_a_press_reminds(client: Client, batch: Campaign) -> None:
    invited(batch)
    client.force_login(batch.created_by)
    address = reverse("campaigns:remind", args=[batch.id])
    page = check_page(client.get(address))
    assert "1 patient has not answered" in page.text
    assert "Dear Joe, a reminder from Example Surgery" in page.text
    assert "Send reminder to 1 patient" in page.text
    assert "Price not set" in page.text
    fields = {e.get("name", ""): e.get("value", "") for e in page.all("input") if e.get("name") in ("number", "seen")}
    for sentence in ("The reminders are on their way.", "This reminder has been sent already. Nobody gets it twice."):
        answer = client.post(address, fields, follow=True)
        page = check_page(answer)
        assert sentence in page.text
    assert "Ada Okafor sent a reminder to 1 patient on" in page.text
    assert batch.reminders.count() == 1


def test_the_page_says_when_numbers_have_changed(client: Client, batch: Campaign) -> None:
    invited(batch)
    client.force_login(batch.created_by)
    page = check_page(client.post(reverse("campaigns:remind", args=[batch.id]), {"number": "1", "seen": "0"}))
    assert "was 0 and is now 1" in page.text


def test_the_page_when_there_is_nobody(client: Client, batch: Campaign) -> None:
    client.force_login(batch.created_by)
    address = reverse("campaigns:remind", args=[batch.id])
    assert "Nobody with a link that works is without an answer." in check_page(client.get(address)).text
    invited(batch, ago=timedelta(hours=2))
    assert "It is too soon to remind them." in check_page(client.get(address)).text


def test_the_page_takes_as_many_queries_for_many(
    client: Client, batch: Campaign, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(12):
        invited(batch)
    client.force_login(batch.created_by)
    with django_assert_max_num_queries(17):
        client.get(reverse("campaigns:remind", args=[batch.id]))


def test_only_who_may_send_may_remind(client: Client, batch: Campaign) -> None:
    invited(batch)
    client.force_login(make_staff(batch.practice, Role.VIEWER))
    page = check_page(client.get(reverse("campaigns:progress", args=[batch.id])))
    assert "reminder" not in page.text
    assert client.post(reverse("campaigns:remind", args=[batch.id]), {"number": "1", "seen": "1"}).status_code == 403
