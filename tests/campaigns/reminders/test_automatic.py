"""Reminders that a batch sends by itself: on their days, to those who have not answered, and never beside another."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from campaigns.drafts import readiness, services
from campaigns.follow_up import entries as follow_up
from campaigns.models import Campaign, Invitation, InvitationState, Reminder
from campaigns.models.states import CampaignState
from campaigns.reminders import automatic
from campaigns.reminders import services as reminders
from campaigns.reminders import writing as reminder_writing
from campaigns.results.funnel import funnel
from campaigns.sending import control
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from practices.models import AuditEvent
from tests.factories import make_campaign, make_invitation, make_message, make_recipient, make_staff
from tests.html import check_page
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_book")]
LONDON = ZoneInfo("Europe/London")


def on(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of November 2026, in London."""
    return datetime(2026, 11, day, hour, minute, tzinfo=LONDON)


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> Iterator[time_machine.Traveller]:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20
    with time_machine.travel(on(2, 9), tick=False) as traveller:
        yield traveller


@pytest.fixture
def batch() -> Campaign:
    return make_campaign(started=True, rows=0, reminder_days=[2, 4], next_reminder_at=on(4))


def invited(batch: Campaign) -> Invitation:
    """A patient whose text leaves now."""
    assert batch.patient_list is not None
    invitation = make_invitation(batch, make_recipient(batch.patient_list))
    now = datetime.now(LONDON)
    make_message(invitation, state=MessageState.DELIVERED, due_at=None, created_at=now, sent_at=now)
    return invitation


def run() -> None:
    """What the sweep and the worker do, and the texts leave."""
    automatic.sweep()
    for reminder in Reminder.objects.filter(written_at=None):
        reminder_writing.write(reminder.id)
    now = datetime.now(LONDON)
    for state in (MessageState.STARTED, MessageState.ACCEPTED):
        Message.objects.filter(purpose=Purpose.REMINDER, sent_at=None).update(state=state)
    Message.objects.filter(purpose=Purpose.REMINDER, sent_at=None).update(sent_at=now, due_at=None)


def texts_of(invitation: Invitation) -> int:
    return Message.objects.filter(subject_id=invitation.id, purpose=Purpose.REMINDER).count()


def each_hour(clock: time_machine.Traveller, first: int, last: int) -> Iterator[datetime]:
    """The moments at which the sweep runs on some days: here, once an hour."""
    at = on(first, 0)
    while at < on(last, 23):
        clock.move_to(at, tick=False)
        yield at
        at += timedelta(hours=1)


def test_each_goes_once_on_its_day(batch: Campaign, clock: time_machine.Traveller) -> None:
    invitation = invited(batch)
    seen: dict[int, datetime] = {}
    for at in each_hour(clock, 2, 8):
        run()
        seen.setdefault(texts_of(invitation), at)
    assert seen == {0: on(2, 0), 1: on(4), 2: on(6)}
    assert list(batch.reminders.values_list("number", "automatic")) == [(1, 1), (2, 2)]
    assert not batch.reminders.exclude(asked_by=None).exists()
    assert AuditEvent.objects.filter(action="campaign.reminded", actor=None).count() == 2
    batch.refresh_from_db()
    assert batch.next_reminder_at is None


def test_the_days_are_counted_from_each_patients_own_text(batch: Campaign, clock: time_machine.Traveller) -> None:
    first = invited(batch)
    clock.move_to(on(3, 15), tick=False)
    second = invited(batch)
    clock.move_to(on(4), tick=False)
    run()
    assert (texts_of(first), texts_of(second)) == (1, 0)
    batch.refresh_from_db()
    assert batch.next_reminder_at == on(5)
    clock.move_to(on(5), tick=False)
    run()
    assert (texts_of(first), texts_of(second)) == (1, 1)


@pytest.mark.parametrize("state", [InvitationState.BOOKED, InvitationState.DECLINED, InvitationState.WITHDRAWN])
def test_who_has_answered_gets_none(batch: Campaign, clock: time_machine.Traveller, state: str) -> None:
    invitation = invited(batch)
    Invitation.objects.update(state=state)
    clock.move_to(on(4), tick=False)
    run()
    assert (texts_of(invitation), batch.reminders.count()) == (0, 0)


def test_who_answers_before_it_leaves_is_not_texted(batch: Campaign, clock: time_machine.Traveller) -> None:
    invited(batch)
    clock.move_to(on(4), tick=False)
    automatic.sweep()
    reminder_writing.write(batch.reminders.get().id)
    text = Message.objects.get(purpose=Purpose.REMINDER)
    assert reminders.not_needed(batch.practice, [text]) == {}
    Invitation.objects.update(state=InvitationState.DECLINED)
    assert text.id in reminders.not_needed(batch.practice, [text])


def test_one_by_hand_counts_as_one_of_them(batch: Campaign, clock: time_machine.Traveller) -> None:
    invitation = invited(batch)
    clock.move_to(on(3, 12), tick=False)
    reminders.ask(campaign=batch, number=1, seen=1, by=batch.created_by)
    seen: dict[int, datetime] = {}
    for at in each_hour(clock, 3, 8):
        if at >= on(3, 12):
            run()
        seen.setdefault(texts_of(invitation), at)
    assert seen == {0: on(3, 0), 1: on(3, 12), 2: on(6)}


def test_the_day_after_one_by_hand_nobody_is_reminded(batch: Campaign, clock: time_machine.Traveller) -> None:
    Campaign.objects.update(reminder_days=[2, 4, 6])
    invitation = invited(batch)
    clock.move_to(on(4), tick=False)
    run()
    clock.move_to(on(5, 12), tick=False)
    batch.refresh_from_db()
    reminders.ask(campaign=batch, number=2, seen=1, by=batch.created_by)
    run()
    assert texts_of(invitation) == 2
    seen: dict[int, datetime] = {}
    for at in each_hour(clock, 6, 9):
        run()
        seen.setdefault(texts_of(invitation), at)
    assert seen == {2: on(6, 0), 3: on(8)}


def test_a_press_meets_one_that_is_under_way(batch: Campaign, clock: time_machine.Traveller) -> None:
    invited(batch)
    clock.move_to(on(4), tick=False)
    automatic.sweep()
    with pytest.raises(reminders.CannotRemind):
        reminders.ask(campaign=batch, number=1, seen=1, by=batch.created_by) or reminders.ask(
            campaign=batch, number=2, seen=1, by=batch.created_by
        )


def test_a_pause_stops_them_and_they_go_on_after_it(batch: Campaign, clock: time_machine.Traveller) -> None:
    invitation = invited(batch)
    control.pause(campaign=batch, by=batch.created_by)
    clock.move_to(on(4), tick=False)
    run()
    assert texts_of(invitation) == 0
    clock.move_to(on(5, 12), tick=False)
    control.resume(campaign=batch, by=batch.created_by)
    run()
    assert texts_of(invitation) == 1


def test_a_cancelled_batch_reminds_nobody(batch: Campaign, clock: time_machine.Traveller) -> None:
    invited(batch)
    control.cancel(campaign=batch, by=batch.created_by)
    clock.move_to(on(4), tick=False)
    run()
    assert batch.reminders.count() == 0
    batch.refresh_from_db()
    assert batch.next_reminder_at is None


def test_a_link_that_has_expired_is_not_reminded_of(batch: Campaign, clock: time_machine.Traveller) -> None:
    invitation = invited(batch)
    Invitation.objects.update(expires_at=on(4, 9))
    clock.move_to(on(4), tick=False)
    run()
    assert texts_of(invitation) == 0


def test_the_database_keeps_it_to_one_a_day(batch: Campaign) -> None:
    values = {"campaign": batch, "automatic": 1, "day": on(4).date(), "patients": 1}
    Reminder.objects.create(number=1, **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reminder.objects.create(number=2, **values)


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_make_one(batch: Campaign, clock: time_machine.Traveller) -> None:
    invited(batch)
    clock.move_to(on(4), tick=False)
    at_once(automatic.sweep, times=3)
    assert batch.reminders.count() == 1


def test_who_has_not_answered_after_the_last_is_for_staff(batch: Campaign, clock: time_machine.Traveller) -> None:
    silent, other = invited(batch), invited(batch)
    for _ in each_hour(clock, 2, 8):
        run()
        if texts_of(other) == 2:
            Invitation.objects.filter(id=other.id).update(state=InvitationState.DECLINED)
    (entry,) = follow_up.entries(list(follow_up.keys(follow_up.Batches.of(batch))))
    assert (entry.kind, entry.invitation.id) == (follow_up.Kind.UNANSWERED, silent.id)
    assert entry.happened.startswith("The patient has had 2 reminders, the last on Friday 6 November 2026")
    assert follow_up.counts_of(batch) == {follow_up.Kind.UNANSWERED: 1}


def test_a_batch_without_any_adds_nobody(batch: Campaign, clock: time_machine.Traveller) -> None:
    Campaign.objects.update(reminder_days=[])
    batch.refresh_from_db()
    invited(batch)
    clock.move_to(on(20), tick=False)
    assert follow_up.counts_of(batch) == {}


@pytest.mark.parametrize(("days", "right"), [
    ([], True), ([2], True), ([2, 4, 6], True), ([3, 6], True),
    ([1], False), ([7], False), ([2, 3], False), ([4, 2], False), ([2, 4, 6, 8], False),
])  # fmt: skip
def test_which_days_may_be_chosen(days: list[int], right: bool) -> None:
    batch = make_campaign()
    if right:
        services.choose_reminders(campaign=batch, days=days, by=batch.created_by)
    else:
        with pytest.raises(readiness.CannotSend):
            services.choose_reminders(campaign=batch, days=days, by=batch.created_by)
    batch.refresh_from_db()
    assert batch.reminder_days == (days if right else [])


def test_sending_says_when_the_first_goes_and_undo_forgets_it() -> None:
    batch = make_campaign(reminder_days=[3])
    services.start(campaign=batch, longest_name="Asha", by=batch.created_by)
    batch.refresh_from_db()
    assert batch.next_reminder_at == on(5)
    control.undo(campaign=batch, by=batch.created_by)
    batch.refresh_from_db()
    assert batch.state == CampaignState.DRAFT
    assert batch.next_reminder_at is None


# The pages


def signed_in(batch: Campaign) -> Client:
    client = Client()
    client.force_login(make_staff(batch.practice))
    return client


def test_the_wizard_asks_and_the_summary_tells(clock: time_machine.Traveller) -> None:
    batch = make_campaign(rows=3)
    client = signed_in(batch)
    address, summary = (reverse(f"campaigns:{name}", args=[batch.id]) for name in ("reminders", "summary"))
    check_page(client.get(address))
    assert "None by itself" in client.get(summary).content.decode()
    wrong = client.post(address, {"first": "4", "second": "3", "third": ""})
    assert "Choose days in order, at least 2 days apart" in wrong.content.decode()
    check_page(wrong)
    assert client.post(address, {"first": "2", "second": "", "third": "5"})["Location"] == summary
    shown = client.get(summary)
    page = shown.content.decode()
    assert "2 and 5 days after their invitation, to patients who have not answered" in page
    assert "At most 6 further texts, " in page
    assert "Saturday 7 November 2026 at 10am" in page
    check_page(shown)


def test_the_batch_says_when_the_next_one_goes_and_what_has_gone(
    batch: Campaign, clock: time_machine.Traveller
) -> None:
    invited(batch)
    client, address = signed_in(batch), reverse("campaigns:progress", args=[batch.id])
    assert "The next reminder goes on Wednesday 4 November 2026 at 10am" in client.get(address).content.decode()
    clock.move_to(on(4), tick=False)
    run()
    client.force_login(make_staff(batch.practice))
    shown = client.get(address)
    page = shown.content.decode()
    assert "A reminder by itself was due to 1 patient on Wednesday 4 November 2026 at 10am." in " ".join(page.split())
    assert "The next reminder goes on Friday 6 November 2026" in page
    assert funnel(batch).reminded == 1
    check_page(shown)
