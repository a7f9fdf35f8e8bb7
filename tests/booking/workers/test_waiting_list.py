"""Patients who find no time and ask to be told of more: each once, in turn, and no more than there are times."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from booking.appointments import services
from booking.models import WaitingPatient
from booking.slots import free_list
from booking.slots import offered as slots
from booking.workers import waiting_list
from campaigns.models import Invitation
from integrations.models.outbox import Message, Purpose
from integrations.sandbox.server import SandboxServer
from patients.models import OptOutSource
from patients.opt_outs import services as opt_outs
from practices.models import AuditEvent
from tests.booking.surgery import Patient, Surgery
from tests.factories import make_campaign, make_invitation
from tests.html import check_page
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _by_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_list, "is_sociable", lambda at: True)


def texts() -> list[Message]:
    return list(Message.objects.filter(purpose=Purpose.MORE_TIMES).order_by("step"))


def notified() -> set[object]:
    return set(WaitingPatient.objects.exclude(told_at=None).values_list("invitation_id", flat=True))


def asked(surgery: Surgery, patients: int) -> list[Invitation]:
    """So many patients who ask one after the other."""
    invitations = [surgery.invite() for _ in range(patients)]
    for number, invitation in enumerate(invitations):
        waiting_list.ask(invitation=invitation)
        WaitingPatient.objects.filter(invitation=invitation).update(
            asked_at=timezone.now() - timedelta(hours=patients - number)
        )
    return invitations


def test_a_patient_asks_on_the_page_without_times_and_is_told_once(client: Client, surgery: Surgery) -> None:
    invitation = surgery.invite()
    Patient(invitation, client).identified()
    page = check_page(client.get("/b/times/"))
    assert "Text me when there are more" in page.text

    assert client.post("/b/tell-me/")["Location"] == "/b/tell-me/"
    assert client.post("/b/tell-me/").status_code == 303, "pressed twice"

    assert "We will text you" in check_page(client.get("/b/tell-me/")).text
    page = check_page(client.get("/b/times/"))
    assert "We will text you when there are more times" in page.text
    assert "Text me when there are more" not in page.text
    waiting_list.tell_all()
    assert texts() == []

    surgery.session(count=1)
    slots.forget(surgery.campaign)
    waiting_list.tell_all()
    waiting_list.tell_all()
    (text,) = texts()
    assert text.subject_id == invitation.id
    assert "{link}" in text.body
    assert surgery.practice.name in text.body
    assert "more appointment times" in text.body
    assert AuditEvent.objects.filter(action="invitation.wants_more_times").count() == 1


def test_whoever_finds_none_again_may_ask_again_and_is_told_again(surgery: Surgery) -> None:
    (invitation,) = asked(surgery, 1)
    surgery.session(count=1)
    waiting_list.tell_all()

    waiting_list.ask(invitation=invitation)
    waiting_list.ask(invitation=invitation)
    waiting_list.tell_all()

    assert [text.step for text in texts()] == [0, 1]


@pytest.mark.hazard("H-17.2")
def test_no_more_are_told_than_there_are_times_and_who_waited_longest_is_first(surgery: Surgery) -> None:
    invitations = asked(surgery, 5)
    surgery.session(count=2)

    waiting_list.tell_all()
    assert notified() == {invitation.id for invitation in invitations[:2]}
    waiting_list.tell_all()
    assert len(texts()) == 2, "the two who were told may still come"

    services.hold(invitation_id=invitations[0].id, slot=slots.available(invitations[0])[0])
    services.confirm(invitation_id=invitations[0].id)
    surgery.session(after=4, count=2)
    slots.forget(surgery.campaign)
    waiting_list.tell_all()
    assert notified() == {invitation.id for invitation in invitations[:4]}


def test_who_answered_or_can_no_longer_or_wants_no_texts_is_not_told(surgery: Surgery) -> None:
    booked, expired, locked, silent, wants = asked(surgery, 5)
    surgery.session(count=9)
    services.hold(invitation_id=booked.id, slot=slots.available(booked)[0])
    services.confirm(invitation_id=booked.id)
    Invitation.objects.filter(id=expired.id).update(expires_at=timezone.now())
    Invitation.objects.filter(id=locked.id).update(locked_at=timezone.now())
    opt_outs.add(
        practice=surgery.practice, by=None, source=OptOutSource.PATIENT, nhs_number=silent.recipient.nhs_number
    )

    waiting_list.tell_all()

    assert [text.subject_id for text in texts()] == [wants.id]


def test_nobody_is_woken_at_night(surgery: Surgery, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(surgery, 1)
    surgery.session(count=1)
    monkeypatch.setattr(waiting_list, "is_sociable", lambda at: False)
    waiting_list.tell_all()
    assert texts() == []


def test_while_the_clinical_system_is_down_they_go_on_waiting(surgery: Surgery) -> None:
    asked(surgery, 1)
    surgery.session(count=1)
    surgery.sandbox.fault("gp_connect.slots", "status", status=503, times=None)
    waiting_list.tell_all()
    assert (texts(), notified()) == ([], set())


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_tell_each_patient_once(surgery: Surgery) -> None:
    asked(surgery, 6)
    surgery.session(count=9)
    at_once(waiting_list.tell_all, times=4)
    assert len(texts()) == len({text.subject_id for text in texts()}) == 6


def test_patients_who_want_no_texts_are_told_to_phone(client: Client, surgery: Surgery) -> None:
    invitation = surgery.invite()
    opt_outs.add(
        practice=surgery.practice, by=None, source=OptOutSource.PATIENT, nhs_number=invitation.recipient.nhs_number
    )
    Patient(invitation, client).identified()
    page = check_page(client.get("/b/times/"))
    assert "Text me" not in page.text
    assert surgery.practice.phone in page.text


def test_the_page_is_not_there_for_whoever_has_not_asked(client: Client, surgery: Surgery) -> None:
    Patient(surgery.invite(), client).identified()
    assert client.get("/b/tell-me/")["Location"] == "/b/times/"


@pytest.mark.django_db(transaction=True)
def test_many_batches_without_a_time_cost_no_more_statements_than_one(
    surgery: Surgery, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    started_by = surgery.campaign.started_by
    for number in (1, 12):
        for _ in range(number):
            batch = make_campaign(surgery.practice, started_by, started=True, slot_type=surgery.campaign.slot_type)
            waiting_list.ask(invitation=make_invitation(batch))
            waiting_list.ask(invitation=make_invitation(batch))
        free_list.free(surgery.campaign)
        with django_assert_max_num_queries(5):
            waiting_list.tell_all()
    assert texts() == []


def test_each_batch_is_told_of_its_own_times(surgery: Surgery, sandbox: SandboxServer) -> None:
    other = Surgery(sandbox)
    ours, theirs = asked(surgery, 3), asked(other, 3)
    surgery.session(count=1)
    other.session(count=2)
    waiting_list.tell_all()
    assert notified() == {ours[0].id, theirs[0].id, theirs[1].id}


def test_batches_that_offer_the_same_times_share_them(surgery: Surgery) -> None:
    """Two free times, and two batches of that slot type with patients who wait: two are told, not four."""
    other = make_campaign(
        surgery.practice, surgery.campaign.started_by, started=True, slot_type=surgery.campaign.slot_type
    )
    ours = asked(surgery, 2)
    theirs = [make_invitation(other) for _ in range(2)]
    for hours, invitation in zip((9, 3), theirs, strict=True):
        waiting_list.ask(invitation=invitation)
        WaitingPatient.objects.filter(invitation=invitation).update(asked_at=timezone.now() - timedelta(hours=hours))
    surgery.session(count=2)
    for _ in range(2):
        waiting_list.tell_all()
        assert notified() == {theirs[0].id, theirs[1].id}, "who has waited longest, and who was told may still come"
    Invitation.objects.filter(id__in=[invitation.id for invitation in theirs]).update(state="declined")
    waiting_list.tell_all()
    assert notified() == {invitation.id for invitation in (*ours, *theirs)}
