"""Staff are told, in plain English, that work stands still: on their home page, and while a list is read."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from patients.models import ListState
from selfbook import celery
from selfbook.monitoring import pulses, work
from tests.factories import make_campaign, make_list, make_practice, make_staff
from tests.selfbook.monitoring.conftest import silent

pytestmark = pytest.mark.django_db

HEADING = "Selfbook&#39;s work stands still"


@pytest.fixture(autouse=True)
def notice(settings: Settings) -> None:
    settings.WORK_NOTICE = True


def test_home_says_nothing_while_work_gets_done(client: Client) -> None:
    client.force_login(make_staff(make_practice()))
    assert HEADING not in client.get("/").content.decode()


def test_home_says_what_stands_still(client: Client) -> None:
    client.force_login(make_staff(make_practice()))
    silent(f"pulse:worker:{celery.SENDING}", 300)
    text = client.get("/").content.decode()
    assert HEADING in text
    assert "texts are not going out" in text
    assert "patient lists are not being read" not in text
    silent(pulses.BEAT, 300)
    work.forget()
    text = client.get("/").content.decode()
    assert "patient lists are not being read" in text
    assert "put into your appointment book yet" in text


def test_the_page_of_a_list_that_nobody_reads_says_so_and_promises_no_minute(client: Client) -> None:
    practice = make_practice()
    staff = make_staff(practice)
    patient_list = make_list(practice, staff, rows=0, state=ListState.CHECKING)
    campaign = make_campaign(practice, staff, patient_list=patient_list)
    client.force_login(staff)
    address = f"/batches/{campaign.id}/patients/"
    text = client.get(address, follow=True).content.decode()
    assert "Long lists can take a minute" in text
    assert HEADING not in text
    silent(f"pulse:worker:{celery.LISTS}", 300)
    work.forget()
    text = client.get(address, follow=True).content.decode()
    assert HEADING in text
    assert "patient lists are not being read" in text
    assert "Long lists can take a minute" not in text


def test_whoever_wants_no_notice_has_none(client: Client, settings: Settings) -> None:
    settings.WORK_NOTICE = False
    client.force_login(make_staff(make_practice()))
    silent(pulses.BEAT, 300)
    assert HEADING not in client.get("/").content.decode()
