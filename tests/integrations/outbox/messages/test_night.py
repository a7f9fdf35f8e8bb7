"""Sociable hours: texts to lists wait for the morning, answers to patients do not."""

from datetime import datetime

import pytest
import time_machine
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox.messages import claiming, sending
from tests.integrations.outbox.conftest import Case

EVENING = datetime.fromisoformat("2026-07-01T19:59:00+01:00")
NIGHT = datetime.fromisoformat("2026-07-01T20:00:30+01:00")
MORNING = datetime.fromisoformat("2026-07-02T08:00:00+01:00")


@pytest.fixture(autouse=True)
def sociable_hours(settings: LazySettings) -> None:
    settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL = 8, 20


@pytest.mark.hazard("H-16.8")
def test_a_batch_stops_at_eight_and_goes_on_in_the_morning(case: Case) -> None:
    with time_machine.travel(EVENING, tick=False):
        case.messages(30, any_hour=False)
        evening = claiming.take(case.practice, 10).rows
        assert len(evening) == 10
    with time_machine.travel(NIGHT, tick=False):
        assert claiming.take(case.practice).size == 0
        assert sending.send_due(case.practice.id) == 0
        waiting = Message.objects.filter(practice=case.practice, state=MessageState.DUE)
        assert set(waiting.values_list("due_at", flat=True)) == {MORNING}
        assert waiting.count() == 20
    with time_machine.travel(MORNING, tick=False):
        assert claiming.take(case.practice).size == 20


def test_an_answer_to_what_a_patient_has_just_done_goes_at_night(case: Case) -> None:
    with time_machine.travel(NIGHT):
        case.messages(5, any_hour=False)
        [answer] = case.messages(1, any_hour=True)
        assert sending.send_due(case.practice.id) == 1
        answer.refresh_from_db()
        assert answer.state == MessageState.ACCEPTED


def test_nobody_looks_at_them_again_before_the_morning(case: Case) -> None:
    with time_machine.travel(NIGHT, tick=False):
        case.messages(100, any_hour=False)
        with CaptureQueriesContext(connection) as captured:
            assert claiming.put_off(case.practice.id) == 100
        assert len(captured) == 1
        assert claiming.put_off(case.practice.id) == 0


def test_held_texts_keep_their_time(case: Case) -> None:
    with time_machine.travel(NIGHT, tick=False):
        [held] = case.messages(1, any_hour=False, held=True)
        assert claiming.put_off(case.practice.id) == 0
        before = held.due_at
        held.refresh_from_db()
        assert held.due_at == before


def test_by_day_it_costs_nothing(case: Case) -> None:
    with time_machine.travel(EVENING, tick=False), CaptureQueriesContext(connection) as captured:
        claiming.put_off(case.practice.id)
    assert len(captured) == 0
