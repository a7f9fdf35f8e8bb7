"""Two workers at one plan: nothing is written twice. With the guards off it is, so it is they that hold."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
import time_machine
from django.db import connection, models

from campaigns.models import Reminder
from campaigns.reminders import writing
from campaigns.sequences import due, schedule
from integrations.models.outbox import CodedEntry, Message, Purpose
from tests.campaigns.sequences.plans import add_codes, invited, make_plan, on
from tests.resilience.races.guards import meeting
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_book")]


@contextmanager
def without(model: type[models.Model], *names: str) -> Iterator[None]:
    """Take these constraints away; its rows go before they come back."""
    removed = [item for item in model._meta.constraints if item.name in names]
    with connection.schema_editor() as editor:
        for constraint in removed:
            editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        model._default_manager.all().delete()
        with connection.schema_editor() as editor:
            for constraint in removed:
                editor.add_constraint(model, constraint)


def further() -> models.QuerySet[Message]:
    return Message.objects.filter(purpose=Purpose.NEXT_INVITATION)


@pytest.mark.hazard("H-20.9")
def test_sweeps_at_once_make_one(clock: time_machine.Traveller) -> None:
    batch = make_plan(7)
    invited(batch)
    clock.move_to(on(9), tick=False)
    at_once(schedule.sweep, times=3)
    assert batch.reminders.count() == 1


def test_workers_at_once_write_each_text_and_code_once(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "READ", 2)
    batch = make_plan(7)
    add_codes(batch, 2, 1)
    for _ in range(5):
        invited(batch)
    clock.move_to(on(9), tick=False)
    schedule.sweep()
    reminder = batch.reminders.get()
    at_once(lambda: writing.write(reminder.id), times=2)
    assert further().count() == CodedEntry.objects.count() == 5


def test_without_the_lock_and_the_constraints_a_plan_is_begun_twice(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = make_plan(7)
    invited(batch)
    clock.move_to(on(9), tick=False)
    monkeypatch.setattr(schedule, "_locked", lambda campaign_id, _now: type(batch).objects.get(id=campaign_id))
    # Both have seen that there is none yet when either makes it.
    monkeypatch.setattr(Reminder.objects, "create", meeting(Reminder.objects.create, 2))
    with without(Reminder, "reminder_of_plan_once", "reminder_once"):
        at_once(lambda: schedule.begin(batch.id), times=2)
        assert batch.reminders.count() == 2


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.hazard("H-20.9")
def test_a_worker_that_was_taken_for_lost_writes_nothing_a_second_time(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """It comes back after another has written: it is asked once more who is due. Without that they are texted again."""
    batch = make_plan(7)
    invited(batch)
    clock.move_to(on(9), tick=False)
    schedule.sweep()
    reminder = batch.reminders.get()
    slow = writing.claim(reminder.id)
    assert slow is not None
    clock.move_to(slow.reminder.claimed_until, tick=False)
    quick = writing.claim(reminder.id)
    assert quick is not None
    writing.settle(quick, writing.call(quick))
    with nullcontext() if guarded else without(Message, "message_once"):
        if not guarded:
            monkeypatch.setattr(due, "due_for", lambda *_: type(slow.invitations[0]).objects.all())
        writing.settle(slow, writing.call(slow))
        assert further().count() == (1 if guarded else 2)
