"""The claims of looks: a system that is down, workers that die, and presses meanwhile. Nobody is guessed about."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from threading import Event
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from campaigns.models import Campaign, Invitation
from campaigns.models.rechecks import CheckRun, RecordCheck
from campaigns.models.states import CampaignState
from campaigns.sending import control, issuing
from campaigns.sending.rechecks import clearance, look_ups, settling
from integrations import record_reading
from integrations.models import ClinicalConnection
from patients.models import OptOutSource, Pause
from patients.opt_outs import services as opt_outs
from patients.reasons import Reason
from tests.campaigns.sending.rechecks.clinic import Clinic, reasons, rows, texted, work
from tests.threads import at_once

pytestmark = pytest.mark.django_db
parallel = pytest.mark.django_db(transaction=True)

Read = Callable[[record_reading.Reader, Sequence[record_reading.Question], date], list[record_reading.Answer]]


@pytest.fixture
def during(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Do something while the first chunk is being read, before anything has come of it."""
    read: Read = record_reading.Reader.read
    left: list[Callable[[], Any]] = []

    def and_act(reader: record_reading.Reader, *of: Any) -> list[record_reading.Answer]:
        answers = read(reader, *of)
        while left:
            left.pop()()
        return answers

    monkeypatch.setattr(record_reading.Reader, "read", and_act)
    return left.append


def run_of(batch: Campaign) -> CheckRun:
    return CheckRun.objects.get(campaign=batch)


@pytest.mark.hazard("H-14.1")
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"kind": "timeout_before", "seconds": 0.05},
        {"status": 429, "headers": {"Retry-After": "120"}},
        {"status": 500},
    ],
)
def test_while_the_system_is_down_the_texts_wait_and_go_by_themselves_later(
    clinic: Clinic, fault: dict[str, Any]
) -> None:
    batch = clinic.sent(2)
    clinic.fails(**fault)
    work(batch)
    assert (texted(batch), reasons(batch), batch.state) == ([], [[], []], CampaignState.SCHEDULED)
    run = run_of(batch)
    assert (run.waits_for, run.claim, run.failures) == (Pause.UNREACHABLE, None, 1)
    assert run.due_at > timezone.now()
    progress = clearance.progress(batch)
    assert progress is not None
    assert progress.waits == "We cannot reach EMIS. We are trying again by ourselves."
    clinic.mend()
    work(batch)
    assert texted(batch) == [], "it is not asked again at once"
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        work(batch)
    assert len(texted(batch)) == 2
    assert (run_of(batch).waits_for, run_of(batch).failures) == (Pause.NONE, 0)


def test_it_waits_for_days_if_it_must_and_looks_everybody_up_then(clinic: Clinic) -> None:
    batch = clinic.sent(2)
    clinic.fails("gp_connect.appointments")
    for day in range(4):
        with time_machine.travel(timezone.now() + timedelta(days=day)):
            work(batch)
    assert texted(batch) == []
    clinic.mend()
    clinic.change(rows(batch)[0], deceased=1)
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        work(batch)
    assert len(texted(batch)) == 1


def test_a_connection_that_must_be_mended_says_so(clinic: Clinic) -> None:
    batch = clinic.sent(1)
    ClinicalConnection.objects.filter(practice=clinic.practice).delete()
    work(batch)
    assert (texted(batch), run_of(batch).waits_for) == ([], Pause.NOT_AUTHORISED)


def test_a_system_that_answers_nonsense_for_everybody_is_taken_for_down(clinic: Clinic) -> None:
    batch = clinic.sent(3)
    clinic.sandbox.fault("gp_connect.patient", "status", status=200, body="<html>", times=None)
    work(batch)
    assert (texted(batch), run_of(batch).waits_for) == ([], Pause.UNREACHABLE)
    assert not RecordCheck.objects.exists()
    clinic.mend()


# Killed workers


class Killed(BaseException):
    """The worker ends here."""


def kill(*_: object, **__: object) -> None:
    raise Killed


@pytest.mark.hazard("H-09.1")
@pytest.mark.parametrize("where", ["before the calls", "after the calls", "after half", "before release"])
def test_a_killed_worker_costs_its_chunk_and_nobody_is_texted_twice(
    clinic: Clinic, settings: Settings, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    settings.LOOKUPS_AT_ONCE = 1
    batch = clinic.sent(4)
    settled = settling.settle
    with monkeypatch.context() as patch:
        if where == "before the calls":
            patch.setattr(record_reading.Reader, "read", kill)
        elif where == "before release":
            patch.setattr(settling, "release", kill)
        else:
            outcomes = [settled] if where == "after half" else []
            patch.setattr(look_ups, "settle", lambda *of: outcomes.pop()(*of) if outcomes else kill())
        with pytest.raises(Killed):
            look_ups.check(batch.id)
    assert run_of(batch).claim is not None
    done = {"after half": 2, "before release": 4}.get(where, 0)
    look_ups.check(batch.id)
    assert RecordCheck.objects.count() == done, "its claim keeps others away"
    with time_machine.travel(timezone.now() + record_reading.LASTS + timedelta(seconds=1)):
        work(batch)
    assert (len(texted(batch)), len(set(texted(batch)))) == (4, 4)
    asked_again = 2 if where in ("after the calls", "after half") else 0
    assert clinic.calls() == 4 + asked_again


def test_what_a_worker_brings_after_its_claim_has_run_out_is_not_written(
    clinic: Clinic, during: Callable[[Callable[[], Any]], None]
) -> None:
    batch = clinic.sent(1)
    (row,) = rows(batch)

    def another() -> None:
        CheckRun.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
        clinic.change(row, deceased=1)
        look_ups.check(batch.id)

    during(another)
    look_ups.check(batch.id)
    assert reasons(batch) == [[Reason.RECORD_NOT_FOUND]], "the later look counts"
    issuing.issue(batch.id)
    assert texted(batch) == []


# Presses meanwhile


def test_undone_while_it_is_looked_up(clinic: Clinic, during: Callable[[Callable[[], Any]], None]) -> None:
    batch = clinic.sent(2)
    clinic.change(rows(batch)[0], deceased=1)
    during(lambda: control.undo(campaign=batch, by=clinic.staff))
    work(batch)
    assert (batch.state, reasons(batch), texted(batch)) == (CampaignState.DRAFT, [[], []], [])
    assert not RecordCheck.objects.exists()


@pytest.mark.parametrize("press", [control.pause, control.cancel])
def test_paused_or_cancelled_while_it_is_looked_up(
    clinic: Clinic, settings: Settings, during: Callable[[Callable[[], Any]], None], press: Callable[..., bool]
) -> None:
    settings.LOOKUPS_AT_ONCE = 1
    batch = clinic.sent(6)
    Campaign.objects.update(state=CampaignState.STARTING)
    during(lambda: press(campaign=batch, by=clinic.staff))
    work(batch)
    assert texted(batch) == []
    assert clinic.calls() == 2, "not the next chunk"
    assert run_of(batch).claim is None or press is control.cancel
    if press is control.pause:
        control.resume(campaign=batch, by=clinic.staff)
        assert len(texted(work(batch))) == 6


def test_who_opts_out_while_they_are_looked_up_is_not_invited(
    clinic: Clinic, during: Callable[[Callable[[], Any]], None]
) -> None:
    batch = clinic.sent(2, send_at=timezone.now() + timedelta(minutes=14))
    row = rows(batch)[0]
    during(
        lambda: opt_outs.add(practice=clinic.practice, by=None, source=OptOutSource.PATIENT, nhs_number=row.nhs_number)
    )
    look_ups.check(batch.id)
    with time_machine.travel(timezone.now() + timedelta(minutes=15)):
        work(batch)
    assert reasons(batch) == [[Reason.OPTED_OUT], []]
    assert len(texted(batch)) == 1


# Several workers


@parallel
def test_two_workers_look_each_patient_up_once(clinic: Clinic) -> None:
    batch = clinic.sent(8)
    at_once(lambda: look_ups.check(batch.id), times=3)
    assert clinic.calls() == 8
    at_once(lambda: issuing.issue(batch.id), times=2)
    assert (len(texted(batch)), len(set(texted(batch)))) == (8, 8)


@parallel
def test_a_practice_has_one_claim_at_a_time(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the guard off, two batches of a practice ask twice as many patients at once."""
    batches = [clinic.sent(2), clinic.sent(2)]
    read: Read = record_reading.Reader.read
    met, inside = Event(), list[int]()

    def and_count(reader: record_reading.Reader, *of: Any) -> list[record_reading.Answer]:
        inside.append(1)
        if len(inside) > 1:
            met.set()
        met.wait(0.5)
        return read(reader, *of)

    monkeypatch.setattr(record_reading.Reader, "read", and_count)
    at_once(*[lambda campaign=campaign: look_ups.check(campaign.id) for campaign in batches])
    assert len(inside) == 1
    for batch in batches:
        work(batch)
    assert Invitation.objects.count() == 4


def test_the_database_refuses_a_second_claim_of_a_practice(clinic: Clinic) -> None:
    for batch in (clinic.sent(1), clinic.sent(1)):
        CheckRun.objects.create(campaign=batch, practice=clinic.practice)
    until = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        CheckRun.objects.update(claim="6f0b1f0e-8f5c-4d34-9f6c-6c6d1d0f2a11", claimed_until=until)


@pytest.mark.hazard("H-16.1", guard_off=True)
def test_without_the_look_before_it_a_patient_who_died_is_texted(clinic: Clinic, settings: Settings) -> None:
    """What the guard keeps from happening."""
    settings.BOOKED_ALREADY_DAYS, settings.RECHECK_AFTER_HOURS = 0, 720
    batch = clinic.sent(2)
    clinic.change(rows(batch)[0], deceased=1)
    clinic.book(rows(batch)[1])
    assert len(texted(work(batch))) == 2


# What asks workers


def test_workers_are_asked_once_until_one_has_begun(
    clinic: Clinic, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    batch = clinic.sent(1)
    with django_capture_on_commit_callbacks() as hints:
        look_ups.sweep()
        look_ups.sweep()
        issuing.issue(batch.id)
    assert len(hints) == 1
    with (
        time_machine.travel(timezone.now() + look_ups.HINT_AGAIN + timedelta(seconds=1)),
        django_capture_on_commit_callbacks() as again,
    ):
        look_ups.sweep()
    assert len(again) == 1
    work(batch)
    with django_capture_on_commit_callbacks() as after:
        look_ups.sweep()
    assert after == []
