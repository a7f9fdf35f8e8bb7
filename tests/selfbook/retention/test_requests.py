"""Managers' pages: the practice's days, keeping a batch, and one patient's data with a second person."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign
from patients.models import PatientRequest, Recipient, RequestKind, RequestState
from practices.models import AuditEvent, Practice, Role, User
from practices.staff import retention_settings
from selfbook.retention import closing, requests, services
from tests.factories import make_staff
from tests.html import Page, check_page
from tests.selfbook.retention.scene import Closed, make_closed

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed() -> Closed:
    return make_closed()


@pytest.fixture
def second(closed: Closed) -> User:
    return make_staff(closed.practice, Role.MANAGER, given_name="Bo", family_name="Lindqvist")


@pytest.fixture
def manager(client: Client, closed: Closed) -> Client:
    client.force_login(closed.manager)
    return client


def look(client: Client, name: str, *arguments: object) -> Page:
    return check_page(client.get(reverse(name, args=arguments)))


def ask(closed: Closed, kind: RequestKind = RequestKind.ERASE) -> PatientRequest:
    return requests.ask(practice=closed.practice, kind=kind, nhs_number=closed.silent.nhs_number, by=closed.manager)


# A patient's data


def test_one_asks_another_agrees_and_the_patient_is_gone(manager: Client, closed: Closed, second: User) -> None:
    typed = {"kind": "erase", "nhs_number": closed.silent.nhs_number}
    page = check_page(manager.post(reverse("retention:ask"), typed, follow=True))
    assert "1 row of your lists and 1 invitation" in " ".join(page.text.split())
    asked = PatientRequest.objects.get()
    assert closed.silent.nhs_number not in reverse("retention:decide", args=[asked.id])
    manager.force_login(second)
    done = manager.post(reverse("retention:decide", args=[asked.id]), {"act": "agree"}, follow=True)
    assert "Erased: 1 row of a list, with all that belongs to them." in check_page(done).text
    asked.refresh_from_db()
    assert (asked.state, asked.nhs_number, asked.decided_by) == (RequestState.DONE, "", second)
    assert not Recipient.objects.filter(id=closed.silent.id).exists()
    actions = set(AuditEvent.objects.filter(action__startswith="patient").values_list("action", flat=True))
    assert actions >= {"patient_request.asked", "patient_request.decided", "patient.erased"}


@pytest.mark.hazard("H-24.3")
def test_who_asked_cannot_agree(manager: Client, closed: Closed) -> None:
    asked = ask(closed)
    page = look(manager, "retention:decide", asked.id)
    assert "Another manager must agree." in page.text
    assert "Erase this patient" not in page.text
    manager.post(reverse("retention:decide", args=[asked.id]), {"act": "agree"})
    assert Recipient.objects.filter(id=closed.silent.id).exists()
    assert AuditEvent.objects.filter(action="patient_request.refused_person").exists()


def test_a_sender_cannot_agree_and_the_database_wants_two(closed: Closed) -> None:
    asked = ask(closed)
    with pytest.raises(requests.CannotDecide, match="Only managers"):
        requests.agree(request=asked, by=make_staff(closed.practice, given_name="Cy", family_name="Roe"))
    with pytest.raises(IntegrityError):
        PatientRequest.objects.update(state="done", decided_by=closed.manager, decided_at=timezone.now())


def test_the_same_asked_twice_is_one_request(closed: Closed) -> None:
    assert ask(closed) == ask(closed)


def test_a_copy_can_be_downloaded_for_a_week(manager: Client, closed: Closed, second: User) -> None:
    asked = ask(closed, RequestKind.EXPORT)
    address = reverse("retention:copy", args=[asked.id])
    assert manager.get(address).status_code == 404
    requests.agree(request=asked, by=second)
    assert look(manager, "retention:decide", asked.id).text.count("Download the copy") == 1
    answer = manager.get(address)
    assert answer.content[:2] == b"PK"
    assert AuditEvent.objects.filter(action="patient.copied", actor=closed.manager).count() == 1
    PatientRequest.objects.update(available_until=timezone.now() - timedelta(minutes=1))
    assert manager.get(address).status_code == 404
    requests.forget_old(closed.practice)
    assert PatientRequest.objects.get().nhs_number == ""


def test_a_request_can_be_dropped_and_lapses(manager: Client, closed: Closed) -> None:
    manager.post(reverse("retention:decide", args=[ask(closed).id]), {"act": "refuse"})
    assert PatientRequest.objects.get().state == RequestState.REFUSED
    ask(closed, RequestKind.EXPORT)
    PatientRequest.objects.update(asked_at=timezone.now() - timedelta(days=31))
    assert requests.forget_old(closed.practice) == 1
    assert AuditEvent.objects.filter(action="patient_request.lapsed").exists()


@pytest.mark.parametrize("typed", ["", "12345", "9990000019"])
def test_what_is_no_nhs_number_is_said_to_be_none(manager: Client, typed: str) -> None:
    page = check_page(manager.post(reverse("retention:ask"), {"kind": "erase", "nhs_number": typed}))
    assert "There is a problem" in page.text
    assert not PatientRequest.objects.exists()


# The practice's days


def test_a_manager_chooses_the_days(manager: Client, closed: Closed) -> None:
    assert "90" in str([box.get("value") for box in look(manager, "retention:settings").all("input")])
    assert "Saved." in check_page(manager.post(reverse("retention:settings"), {"days": "45"}, follow=True)).text
    assert Practice.objects.get().retention_days == 45
    assert AuditEvent.objects.get(action="practice.retention").data == {"days": 45, "before": 90}


@pytest.mark.parametrize("days", ["29", "731", "", "ninety"])
def test_other_days_are_refused_with_what_to_do(manager: Client, days: str) -> None:
    assert "There is a problem" in check_page(manager.post(reverse("retention:settings"), {"days": days})).text
    assert Practice.objects.get().retention_days == 90


@pytest.mark.parametrize("days", [29, 731])
def test_the_database_and_the_admin_hold_them_too(closed: Closed, days: int) -> None:
    with pytest.raises(ValueError, match="30 to 730"):
        retention_settings.choose(practice=closed.practice, days=days, by=closed.manager)
    closed.practice.retention_days = days
    with pytest.raises(ValidationError):
        closed.practice.full_clean()
    with pytest.raises(IntegrityError):
        closed.practice.save()


# Keeping a batch


def until(after: int) -> dict[str, str]:
    day = timezone.localdate() + timedelta(days=after)
    return {f"until_{part}": str(getattr(day, part)) for part in ("day", "month", "year")}


def test_a_batch_that_is_kept_is_not_erased_until_it_is_not(manager: Client, closed: Closed) -> None:
    address = reverse("retention:keep", args=[closed.campaign.id])
    page = check_page(manager.post(address, {**until(10), "reason": "A complaint"}, follow=True))
    assert "Why: A complaint" in page.text
    assert services.sweep() == 0
    manager.post(address, {"end": "yes"})
    assert services.sweep() == 1
    assert list(AuditEvent.objects.filter(action__startswith="campaign.keep").values_list("action", flat=True)) == [
        "campaign.keep_ended",
        "campaign.keep",
    ]


def test_it_goes_the_day_after(closed: Closed) -> None:
    today = timezone.localdate()
    services.keep(campaign=closed.campaign, until=today, reason="A claim", by=closed.manager)
    assert services.sweep() == 0
    Campaign.objects.update(keep_until=today - timedelta(days=1))
    assert services.sweep() == 1
    with pytest.raises(services.CannotKeep):
        services.keep(campaign=closed.campaign, until=today, reason="Too late", by=closed.manager)


@pytest.mark.parametrize("fields", [until(-1) | {"reason": "A claim"}, until(5), until(9000) | {"reason": "A claim"}])
def test_keeping_wants_a_day_to_come_and_a_reason(manager: Client, closed: Closed, fields: dict[str, str]) -> None:
    address = reverse("retention:keep", args=[closed.campaign.id])
    assert "There is a problem" in check_page(manager.post(address, fields)).text
    assert Campaign.objects.get().keep_until is None


# What pages show


def test_the_batch_s_page_says_when(manager: Client, closed: Closed) -> None:
    assert (
        "We erase the patients of this batch 90 days after it has closed"
        in look(manager, "campaigns:progress", closed.campaign.id).text
    )
    closing.note()
    assert (
        "This batch has closed. We erase its patients on or after"
        in look(manager, "campaigns:progress", closed.campaign.id).text
    )


def test_afterwards_it_has_figures_and_nobody(manager: Client, closed: Closed) -> None:
    services.sweep()
    page = look(manager, "campaigns:progress", closed.campaign.id)
    text = " ".join(page.text.split())
    assert "Erased on" in text
    assert "What patients did, by age" in text
    assert "Answers over time" in text
    assert "Asha" not in text
    assert look(manager, "campaigns:home").text.count("Flu clinic") == 1


@pytest.mark.parametrize("name", ["staff:recipients", "staff:download-all", "campaigns:cannot-be-sent"])
def test_there_is_nobody_to_see_or_to_download(manager: Client, closed: Closed, name: str) -> None:
    services.sweep()
    page = check_page(manager.get(reverse(name, args=[closed.campaign.id]), follow=True))
    assert "The patients of this batch have been erased." in page.text
