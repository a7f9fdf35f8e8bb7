"""Two workers, and two batches that share their times, at the same moment. Each race does harm with its guard off."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.workers import pacing
from campaigns.models import Campaign, Invitation, PacingDecision
from campaigns.sending import inviting_hours, issuing
from campaigns.sending.paced import deciding
from campaigns.sending.paced.book import Book, Count
from tests.campaigns.sending.paced.conftest import paced
from tests.resilience.races.guards import meeting
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
GUARD = pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "unguarded"])
FREE = 3


def unlocked(campaign_id: UUID) -> Campaign:
    """What `deciding.lock` gives, without its locks."""
    return Campaign.objects.select_related("practice", "patient_list").get(id=campaign_id)


def book(seconds: float) -> Book:
    """Two workers have read the same book; and counted its times at the same moment, if nothing keeps one waiting."""
    times = {timezone.localdate() + timedelta(days=7): FREE}

    def read(_campaign: Campaign) -> Count:
        return met

    met: Count = meeting(lambda: times, 2, seconds)
    return Book(read, pacing.answers)


@pytest.fixture(autouse=True)
def any_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.UNDO_SECONDS = 0
    monkeypatch.setattr(inviting_hours, "is_open", lambda _campaign, _at: True)


def decide_at_once(batches: list[Campaign], monkeypatch: pytest.MonkeyPatch, *, guarded: bool) -> None:
    made = book(0.5 if guarded else 10)
    monkeypatch.setattr(deciding, "the_book", lambda: made)
    if not guarded:
        monkeypatch.setattr(deciding, "lock", unlocked)
    at_once(*(lambda batch=batch: deciding.decide_now(batch.id) for batch in batches))
    for batch in batches:
        issuing.issue(batch.id)


@pytest.mark.hazard("H-17.3", guard_off=True)
@GUARD
def test_two_batches_do_not_invite_into_the_same_times(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    first = paced(10)
    second = paced(10, practice=first.practice, by=first.created_by)
    decide_at_once([first, second], monkeypatch, guarded=guarded)
    assert Invitation.objects.count() == (FREE if guarded else 2 * FREE)


@pytest.mark.hazard("H-17.3", guard_off=True)
@GUARD
def test_two_workers_decide_once(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    batch = paced(10)
    if guarded:
        decide_at_once([batch, batch], monkeypatch, guarded=True)
        assert (PacingDecision.objects.count(), Invitation.objects.count()) == (1, FREE)
        return
    with connection.schema_editor() as editor:
        once = next(item for item in PacingDecision._meta.constraints if item.name == "pacing_decision_once")
        number = next(item for item in batch.waves.model._meta.constraints if item.name == "wave_once")
        editor.remove_constraint(PacingDecision, once)
        editor.remove_constraint(batch.waves.model, number)
    try:
        decide_at_once([batch, batch], monkeypatch, guarded=False)
        assert Invitation.objects.count() > FREE
    finally:
        PacingDecision.objects.all().delete()
        batch.waves.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(PacingDecision, once)
            editor.add_constraint(batch.waves.model, number)


def test_a_worker_that_dies_between_deciding_and_inviting_costs_nothing_and_repeats_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = paced(10)
    made = book(0)
    monkeypatch.setattr(deciding, "the_book", lambda: made)
    monkeypatch.setattr(issuing, "CHUNK", 1)
    deciding.decide_now(batch.id)
    issuing.issue(batch.id, chunks=1)  # and dies
    assert deciding.due(datetime.max.replace(tzinfo=timezone.get_current_timezone(), year=2100)) == [batch.id]
    deciding.decide_now(batch.id)
    issuing.issue(batch.id)
    issuing.issue(batch.id)
    assert Invitation.objects.count() == FREE
