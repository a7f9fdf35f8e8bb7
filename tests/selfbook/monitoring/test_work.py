"""/health/work: what stands still is bad, and what waits on purpose is not."""

import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.models import BookingState
from integrations.models.outbox import GatewayOutage, Stoppage
from integrations.models.states import CodeState, MessageState
from integrations.outbox import fair_queue
from patients.models import ListState
from practices.holds import services as holds
from practices.models import Practice
from selfbook.monitoring import pulses, work
from tests.booking.surgery import make_booking
from tests.factories import make_coded_entry, make_invitation, make_list, make_message, make_practice, make_staff
from tests.selfbook.monitoring.conftest import silent

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(hours=3)


def look() -> work.Report:
    """A look, and another when what is late has been so for long enough."""
    work.look()
    with time_machine.travel(timezone.now() + timedelta(seconds=work.SETTLES + 1), tick=True):
        for queue in ("bookings", "sending", "lists"):
            pulses.note_worker(queue)
        return work.look()


def overdue(**fields: Any) -> dict[str, Any]:
    return {"due_at": timezone.now() - LONG_AGO, **fields}


def make_due_message(practice: Practice | None = None, **fields: Any) -> Practice:
    invitation = make_invitation()
    make_message(invitation, **overdue(state=MessageState.DUE, **fields))
    return invitation.practice


def test_all_is_well_where_nothing_waits(client: Client) -> None:
    answer = client.get("/health/work", headers={"host": "10.0.0.7:8000"})
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "ok"
    parts = {"beat", "redis", "database", "messages", "codes", "bookings", "lists"}
    assert parts | {"worker bookings", "worker sending", "worker lists", "sweep outbox.sweep"} <= set(body["parts"])
    assert {part["state"] for part in body["parts"].values()} == {"ok"}


@pytest.mark.parametrize("key", [pulses.BEAT, "pulse:worker:bookings", "pulse:worker:sending", "pulse:worker:lists"])
@pytest.mark.parametrize("gone", [False, True])
def test_a_beat_or_a_worker_that_is_silent_is_bad(client: Client, key: str, gone: bool) -> None:
    if gone:
        cache.delete(key)
    else:
        silent(key, 121)
    answer = client.get("/health/work")
    assert answer.status_code == 503
    bad = [name for name, part in answer.json()["parts"].items() if part["state"] == "bad"]
    assert bad == [key.removeprefix("pulse:").replace(":", " ")]


def test_a_sweep_that_has_not_run_for_long_is_bad_and_one_that_a_new_redis_does_not_know_is_not() -> None:
    cache.set("pulse:sweep:booking.sweep", [time.time() - 700, 0.1])
    cache.delete("pulse:sweep:outbox.sweep")
    assert work.look().bad == ["sweep booking.sweep"]


def test_a_message_that_nobody_takes_is_late_at_first_and_then_bad() -> None:
    make_due_message()
    assert work.look().parts["messages"].state is work.State.LATE
    report = look()
    assert report.bad == ["messages"]
    assert (report.parts["messages"].seconds or 0) >= LONG_AGO.total_seconds()


def test_codes_bookings_and_lists_that_nobody_takes_are_bad() -> None:
    make_coded_entry(make_invitation(), **overdue())
    make_booking(make_invitation(), BookingState.PENDING, **overdue())
    practice = make_practice()
    make_list(practice, make_staff(practice), state=ListState.CHECKING, created_at=timezone.now() - LONG_AGO)
    assert look().bad == ["bookings", "lists", "codes"]


@pytest.mark.parametrize("state", [BookingState.STARTED, BookingState.UNKNOWN, BookingState.CANCELLING])
def test_a_booking_in_any_state_that_waits_for_a_worker_counts(state: BookingState) -> None:
    make_booking(make_invitation(), state, **overdue())
    assert look().bad == ["bookings"]


def test_what_is_held_is_not_bad() -> None:
    practice = make_due_message()
    make_coded_entry(make_invitation(), **overdue())
    make_booking(make_invitation(), BookingState.PENDING, **overdue())
    holds.hold(None, by=None)
    assert look().state is work.State.OK
    holds.release(None, by=None)
    for each in Practice.objects.all():
        holds.hold(each, by=None)
    assert look().state is work.State.OK
    holds.release(practice, by=None)
    assert look().bad == ["messages"]


def test_what_waits_for_an_account_a_gateway_or_a_paused_batch_is_not_bad() -> None:
    practice = make_due_message()
    later = timezone.now() + timedelta(minutes=5)
    Stoppage.objects.create(practice=practice, reason="The account is closed.", retry_at=later)
    make_due_message(held=True)
    invitation = make_invitation()
    make_coded_entry(invitation, **overdue())
    GatewayOutage.objects.create(practice=invitation.practice, retry_at=later)
    make_message(make_invitation(), state=MessageState.DUE, due_at=later, attempts=3)
    make_coded_entry(make_invitation(), state=CodeState.DUE, due_at=later, attempts=3)
    assert look().state is work.State.OK


def test_texts_that_wait_for_the_morning_are_not_bad(settings: Settings) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 0, 0
    make_due_message(any_hour=False)
    assert look().state is work.State.OK
    make_due_message(any_hour=True)
    assert look().bad == ["messages"]


def test_a_long_batch_that_moves_is_not_bad_and_one_whose_provider_asks_for_a_rest_is_not() -> None:
    moving, resting = make_due_message(), make_due_message()
    fair_queue.note_move("outbox.send_messages", moving.id)
    fair_queue.rest(resting.id, 900)
    assert look().state is work.State.OK
    cache.set(f"moved:outbox.send_messages:{moving.id}", time.time() - 700)
    assert look().bad == ["messages"]


def test_a_list_that_is_being_read_or_waits_behind_another_is_not_bad() -> None:
    practice = make_practice()
    by, created = make_staff(practice), timezone.now() - timedelta(minutes=25)
    make_list(practice, by, state=ListState.CHECKING, created_at=created, checks_begun=1)
    claimed: dict[str, Any] = {"claimed_by": by_uuid(), "look_up_at": timezone.now() + timedelta(minutes=5)}
    make_list(practice, by, state=ListState.LOOKING_UP, **claimed)
    make_list(practice, by, state=ListState.LOOKING_UP, look_up_at=timezone.now() - LONG_AGO)
    assert look().state is work.State.OK


def by_uuid() -> str:
    return "5f0c2f8e-9d0b-4d0a-8f4e-1f2d3c4b5a69"


def test_what_had_been_held_is_late_for_a_moment_only_and_then_forgotten() -> None:
    practice = make_due_message()
    assert work.look().parts["messages"].state is work.State.LATE
    fair_queue.note_move("outbox.send_messages", practice.id)
    assert work.look().parts["messages"].state is work.State.OK
    cache.delete(f"moved:outbox.send_messages:{practice.id}")
    with time_machine.travel(timezone.now() + timedelta(seconds=100), tick=True):
        assert work.look().parts["messages"].state is work.State.LATE


def test_a_look_takes_a_fixed_number_of_statements_and_is_kept() -> None:
    for _ in range(3):
        make_due_message()
        make_coded_entry(make_invitation(), **overdue())
    with CaptureQueriesContext(connection) as queries:
        work.report()
    assert len(queries) <= 7
    with CaptureQueriesContext(connection) as queries:
        work.report()
    assert len(queries) == 0


def test_without_redis_it_is_bad_and_still_answers(client: Client) -> None:
    make_booking(make_invitation(), BookingState.PENDING, **overdue())
    nowhere = {**settings.CACHES, "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    with override_settings(CACHES=nowhere):
        answer = client.get("/health/work")
        assert client.get("/health/ready").status_code == 200
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert parts["redis"] == {"state": "bad"}
    assert parts["bookings"]["state"] == "bad"
    assert parts["database"] == {"state": "ok"}
