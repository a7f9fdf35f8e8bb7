"""Managers are emailed when a batch has no slots left, and when the clinical system is down: once of each."""

from datetime import timedelta
from unittest.mock import ANY

import pytest
from django.utils import timezone

from booking import tasks
from booking.models import ClinicalOutage
from booking.slots import offered as slots
from booking.slots import outage_checks, outages
from practices.alerts import services as alerts
from practices.models import Alert, AlertKind
from tests.booking.surgery import Surgery

pytestmark = pytest.mark.django_db


def open_alerts() -> list[tuple[str, object]]:
    """What managers are to know now: the kind, and the batch that it is about."""
    return list(Alert.objects.filter(over_at=None).values_list("kind", "about"))


def read(surgery: Surgery) -> None:
    slots.forget(surgery.campaign)
    tasks.read_free_slots(str(surgery.campaign.id))


@pytest.mark.hazard("H-17.1")
def test_a_batch_that_runs_out_is_noted_once_and_settled_by_new_slots(surgery: Surgery) -> None:
    invitation = surgery.invite()
    for _ in range(2):
        read(surgery)
    assert open_alerts() == [(AlertKind.NO_SLOTS, surgery.campaign.id)]
    surgery.session(count=1)
    read(surgery)
    assert open_alerts() == []
    surgery.confirmed(invitation)
    surgery.invite()
    read(surgery)
    assert open_alerts() == []  # slots that come and go are worth one email a day


def test_nobody_is_told_of_a_batch_whose_links_are_over(surgery: Surgery) -> None:
    surgery.invite(expires_at=timezone.now() - timedelta(hours=1))
    read(surgery)
    assert open_alerts() == []


def test_a_system_that_does_not_answer_is_not_one_without_slots(surgery: Surgery) -> None:
    surgery.invite()
    surgery.sandbox.fault("gp_connect.slots", "status", status=503, times=None)
    read(surgery)
    assert open_alerts() == []


def test_the_sweep_asks_for_batches_with_open_links_alone(surgery: Surgery, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr("booking.slots.run_out.hint", lambda *what: asked.append(what))
    tasks.watch_slots()
    assert asked == []
    surgery.invite()
    tasks.watch_slots()
    assert asked == [("booking.read_free_slots", ANY)]


@pytest.mark.hazard("H-14.11")
def test_an_outage_that_lasts_is_noted_once_and_settled_when_it_ends(surgery: Surgery) -> None:
    outages.failed(surgery.practice.id)
    outages.alert_managers()
    assert open_alerts() == []  # a short break is nobody's business
    surgery.sandbox.fault("gp_connect.slots", "status", status=503, times=None)
    ClinicalOutage.objects.update(began_at=timezone.now() - timedelta(minutes=6))
    for _ in range(2):
        outage_checks.try_again()
    assert open_alerts() == [(AlertKind.SYSTEM_DOWN, None)]
    outages.answered(surgery.practice.id)
    assert not alerts.is_open(surgery.practice.id, AlertKind.SYSTEM_DOWN)
