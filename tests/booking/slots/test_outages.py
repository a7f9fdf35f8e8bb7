"""The clinical system is down: patients keep their time, declines are kept, the practice is told."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from booking.models import ClinicalOutage
from booking.slots import offered as slots
from booking.slots import outage_checks, outages
from booking.visits import links
from booking.visits.links import Standing
from campaigns.models import Invitation
from practices.models import AuditEvent
from tests.booking.surgery import Patient, Surgery, work
from tests.factories import make_staff
from tests.html import check_page
from tests.threads import at_once

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def down(surgery: Surgery) -> None:
    surgery.sandbox.fault("gp_connect.slots", "status", status=503, times=None)
    slots.forget(surgery.campaign)


def up(surgery: Surgery) -> None:
    surgery.sandbox.control("faults", method="DELETE")
    cache.clear()


def look(invitation: Invitation) -> None:
    try:
        slots.available(invitation)
    except slots.Unavailable:
        return


def began(ago: timedelta) -> ClinicalOutage:
    ClinicalOutage.objects.update(began_at=timezone.now() - ago)
    return ClinicalOutage.objects.get()


def fresh(invitation: Invitation) -> Invitation:
    return Invitation.objects.get(id=invitation.id)


@pytest.mark.hazard("H-14.4")
@pytest.mark.django_db(transaction=True)
def test_after_an_hour_without_the_clinical_system_links_live_an_hour_longer(surgery: Surgery, client: Client) -> None:
    surgery.session()
    alive, ran_out, was_dead, declines = (surgery.invite() for _ in range(4))
    other_practice = Surgery(surgery.sandbox).invite()
    now = timezone.now()
    Invitation.objects.filter(id=ran_out.id).update(expires_at=now - HOUR / 2)
    Invitation.objects.filter(id=was_dead.id).update(expires_at=now - 2 * HOUR)
    down(surgery)
    look(alive)
    began(HOUR)

    assert links.standing_of(fresh(ran_out)) == Standing.OPEN
    assert links.standing_of(fresh(was_dead)) == Standing.EXPIRED
    patient = Patient(declines, client).identified("decline")
    assert patient.client.post("/b/decline/").status_code in (302, 303)
    assert fresh(declines).state == "declined"

    up(surgery)
    look(alive)

    outage = ClinicalOutage.objects.get()
    assert outage.ended_at is not None
    lasted = outage.ended_at - outage.began_at
    assert lasted >= HOUR
    assert fresh(alive).expires_at == alive.expires_at + lasted
    assert links.standing_of(fresh(ran_out)) == Standing.OPEN
    assert fresh(was_dead).expires_at < now
    assert fresh(other_practice).expires_at == other_practice.expires_at
    (event,) = AuditEvent.objects.filter(action="clinical.outage_ended")
    assert event.data["links_extended"] == 2
    look(alive)
    assert fresh(alive).expires_at == alive.expires_at + lasted, "once only"


@pytest.mark.django_db(transaction=True)
def test_many_who_notice_the_end_at_once_extend_the_links_once(surgery: Surgery) -> None:
    invitation = surgery.invite()
    outages.failed(surgery.practice.id)
    outage = began(HOUR)

    at_once(lambda: outages.answered(surgery.practice.id), times=8)

    outage.refresh_from_db()
    assert outage.ended_at is not None
    assert fresh(invitation).expires_at == invitation.expires_at + (outage.ended_at - outage.began_at)


@pytest.mark.django_db(transaction=True)
def test_many_who_notice_the_beginning_at_once_make_one_outage(surgery: Surgery) -> None:
    at_once(lambda: outages.failed(surgery.practice.id), times=8)
    assert ClinicalOutage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_short_break_is_nobodys_business(surgery: Surgery, client: Client) -> None:
    surgery.session()
    invitation = surgery.invite()
    down(surgery)
    look(invitation)
    client.force_login(make_staff(surgery.practice))
    assert "does not answer" not in check_page(client.get("/")).text
    up(surgery)
    look(invitation)
    assert not ClinicalOutage.objects.exists()
    assert fresh(invitation).expires_at == invitation.expires_at


def test_the_practice_is_told_while_it_lasts_and_afterwards(surgery: Surgery, client: Client) -> None:
    client.force_login(make_staff(surgery.practice))
    outages.failed(surgery.practice.id)
    began(HOUR)
    pages = ["/", f"/batches/{surgery.campaign.id}/progress/"]
    for address in pages:
        assert "Your appointment book does not answer" in check_page(client.get(address)).text
    outages.answered(surgery.practice.id)
    for address in pages:
        assert "Your appointment book did not answer from" in check_page(client.get(address)).text
    ClinicalOutage.objects.update(ended_at=timezone.now() - timedelta(days=2))
    assert "did not answer" not in check_page(client.get("/")).text


@pytest.mark.django_db(transaction=True)
def test_an_outage_ends_without_any_patient(surgery: Surgery) -> None:
    surgery.session()
    down(surgery)
    look(surgery.invite())
    began(HOUR)
    outage_checks.try_again()
    assert ClinicalOutage.objects.get().ended_at is None
    up(surgery)
    outage_checks.try_again()
    assert ClinicalOutage.objects.get().ended_at is not None


@pytest.mark.django_db(transaction=True)
def test_the_worker_notices_too(surgery: Surgery) -> None:
    surgery.session()
    booking = surgery.confirmed(surgery.invite())
    surgery.sandbox.fault("gp_connect.book", "refuse", times=1)
    surgery.sandbox.fault("gp_connect.patient", "status", status=503, times=None)
    work(booking)
    assert ClinicalOutage.objects.count() == 1
    up(surgery)
    assert work(booking).state == "booked"
    assert not ClinicalOutage.objects.exists()


def test_a_list_of_times_that_nobody_can_read_is_an_outage(surgery: Surgery) -> None:
    surgery.session()
    surgery.sandbox.fault("gp_connect.slots", "status", status=200, body="<p>Log in</p>", times=None)
    look(surgery.invite())
    assert ClinicalOutage.objects.count() == 1
    up(surgery)
    look(surgery.invite())
    assert not ClinicalOutage.objects.exists()
