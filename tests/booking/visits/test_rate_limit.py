"""Guessing from one address across many links: what it costs the guesser, and what it never costs anybody else."""

import logging
from datetime import timedelta
from functools import partial
from ipaddress import ip_address
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from booking.models import WrongAnswer
from booking.tasks import forget_addresses
from booking.visits import rate_limit
from booking.visits.identity import BirthDateCheck, check_date_of_birth
from booking.visits.rate_limit import digest_of
from campaigns.models import Campaign, Invitation
from practices.models import AuditEvent, Practice
from selfbook.celery import app
from tests.booking.surgery import BORN, WRONG, Patient
from tests.factories import make_campaign, make_invitation, make_practice
from tests.html import check_page
from tests.threads import at_once

WIFI = ip_address("192.0.2.7")
MOBILE = ip_address("198.51.100.20")


def answer(invitation: Invitation, *, right: bool = False, address: Any = WIFI) -> BirthDateCheck:
    given = BORN if right else WRONG
    return check_date_of_birth(invitation_id=invitation.id, given=given, address=address)


def links(count: int, campaign: Campaign | None = None) -> list[Invitation]:
    campaign = campaign or make_campaign(started=True, rows=0)
    return [make_invitation(campaign) for _ in range(count)]


def guess_up_to_the_limit(campaign: Campaign, settings: Settings) -> list[Invitation]:
    """Wrong dates from WIFI at so many links that each further one bears a first try only."""
    settings.WRONG_DATES_PER_HOUR = 6
    tried = links(3, campaign)
    assert [answer(link) for link in tried for _ in range(2)] == [BirthDateCheck.WRONG] * 6
    return tried


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_campaign(started=True, rows=0)


def test_twenty_wrong_dates_an_hour_is_what_the_setting_says(settings: Settings) -> None:
    assert settings.WRONG_DATES_PER_HOUR == 20


def test_one_address_that_fails_on_thirty_links_gets_one_try_at_each(campaign: Campaign) -> None:
    answers = [[answer(link) for _ in range(4)] for link in links(30, campaign)]

    assert answers[:5] == [[BirthDateCheck.WRONG] * 4] * 5
    assert answers[5:] == [[BirthDateCheck.WRONG, BirthDateCheck.WAIT, BirthDateCheck.WAIT, BirthDateCheck.WAIT]] * 25
    assert sum(Invitation.objects.values_list("date_of_birth_failures", flat=True)) == 5 * 4 + 25


def test_without_the_limit_the_same_address_gets_four_tries_at_each(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "must_wait", lambda **_: False)

    assert {answer(link) for link in links(30, campaign) for _ in range(4)} == {BirthDateCheck.WRONG}


def test_whoever_shares_the_address_gets_in_with_the_right_date(campaign: Campaign, settings: Settings) -> None:
    guess_up_to_the_limit(campaign, settings)

    assert [answer(link, right=True) for link in links(10, campaign)] == [BirthDateCheck.RIGHT] * 10


def test_a_try_that_has_to_wait_is_not_looked_at_and_not_counted(campaign: Campaign, settings: Settings) -> None:
    tried = guess_up_to_the_limit(campaign, settings)[0]

    assert answer(tried, right=True) == BirthDateCheck.WAIT
    assert answer(tried) == BirthDateCheck.WAIT
    assert Invitation.objects.get(id=tried.id).date_of_birth_failures == 2
    assert WrongAnswer.objects.count() == 6


def test_the_same_link_works_from_another_address_at_once(campaign: Campaign, settings: Settings) -> None:
    tried = guess_up_to_the_limit(campaign, settings)[0]

    assert answer(tried, right=True, address=MOBILE) == BirthDateCheck.RIGHT


def test_another_practice_is_not_concerned(campaign: Campaign, settings: Settings) -> None:
    guess_up_to_the_limit(campaign, settings)
    (elsewhere,) = links(1)

    assert [answer(elsewhere), answer(elsewhere, right=True)] == [BirthDateCheck.WRONG, BirthDateCheck.RIGHT]


def test_the_link_s_own_limit_holds_wherever_guesses_come_from(campaign: Campaign) -> None:
    (link,) = links(1, campaign)

    answers = [answer(link, address=ip_address(f"203.0.113.{number}")) for number in range(50)]

    assert answers == [BirthDateCheck.WRONG] * 4 + [BirthDateCheck.LOCKED] * 46


def test_an_hour_later_it_is_over(campaign: Campaign, settings: Settings) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        tried = guess_up_to_the_limit(campaign, settings)[0]
        clock.shift(timedelta(minutes=59))
        assert answer(tried, right=True) == BirthDateCheck.WAIT
        clock.shift(timedelta(minutes=1))
        assert answer(tried, right=True) == BirthDateCheck.RIGHT


def test_an_address_that_is_not_known_is_not_limited(campaign: Campaign, settings: Settings) -> None:
    settings.WRONG_DATES_PER_HOUR = 5
    tried = links(4, campaign)

    assert {answer(link, address=None) for link in tried for _ in range(4)} == {BirthDateCheck.WRONG}
    assert not WrongAnswer.objects.exists()


def test_the_one_too_many_is_on_record_once_and_names_nobody(
    campaign: Campaign, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        guess_up_to_the_limit(campaign, settings)
        for link in links(2, campaign):
            answer(link)

    event = AuditEvent.objects.get(action="addresses.limited")
    assert (event.practice, event.data) == (campaign.practice, {"links": 3})
    (line,) = [record for record in caplog.records if record.name == "booking.visits.rate_limit"]
    assert str(WIFI) not in str(vars(line))


def test_neither_the_address_nor_what_finds_it_elsewhere_is_kept(campaign: Campaign) -> None:
    (link,), (other,) = links(1, campaign), links(1)
    answer(link)
    answer(other)

    digests = [bytes(row.address_digest) for row in WrongAnswer.objects.all()]

    assert len(set(digests)) == 2
    assert all(len(digest) == 32 and WIFI.packed not in digest for digest in digests)


def test_what_is_known_of_addresses_is_deleted_after_a_day(campaign: Campaign) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        old, new = links(2, campaign)
        answer(old)
        clock.shift(timedelta(hours=1))
        answer(new)
        clock.shift(timedelta(hours=23))
        forget_addresses()
        assert [row.invitation_id for row in WrongAnswer.objects.all()] == [new.id]
        clock.shift(timedelta(hours=1))
        forget_addresses()
    assert not WrongAnswer.objects.exists()


def test_beat_sees_to_it() -> None:
    assert "booking.forget_addresses" in {entry["task"] for entry in app.conf.beat_schedule.values()}


@pytest.mark.django_db
def test_the_page_says_what_to_do_instead(client: Client, settings: Settings) -> None:
    settings.WRONG_DATES_PER_HOUR = 5
    campaign = make_campaign(started=True, rows=0)
    for link in links(5, campaign):
        answer(link, address=ip_address("127.0.0.1"))
    patient = Patient(make_invitation(campaign), client)
    patient.open_link()
    patient.choose()
    assert patient.tell_birth(WRONG).status_code == 200

    refused = patient.tell_birth()

    assert (refused.status_code, refused["Retry-After"], refused["Cache-Control"]) == (429, "3600", "no-store")
    page = check_page(refused)
    for phrase in ("mobile data", "wait an hour", "Your link still works", campaign.practice.phone):
        assert phrase in page.text
    assert client.get("/b/").status_code == 200


@pytest.mark.django_db
def test_a_stranger_in_the_waiting_room_keeps_nobody_out(settings: Settings) -> None:
    settings.WRONG_DATES_PER_HOUR = 5
    campaign = make_campaign(started=True, rows=0)
    for link in links(8, campaign):
        stranger = Patient(link)
        stranger.open_link()
        stranger.choose()
        for _ in range(4):
            stranger.tell_birth(WRONG)

    for link in links(3, campaign):
        assert Patient(link).identified("decline").client.get("/b/decline/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_counted_too(settings: Settings) -> None:
    settings.WRONG_DATES_PER_HOUR = 5
    tried = links(8)

    at_once(*[partial(answer, link) for link in tried], times=2)

    assert WrongAnswer.objects.count() == sum(Invitation.objects.values_list("date_of_birth_failures", flat=True))
    assert {answer(link) for link in tried} == {BirthDateCheck.WAIT}


def test_a_made_up_header_gives_no_tries_back(client: Client, campaign: Campaign, settings: Settings) -> None:
    settings.WRONG_DATES_PER_HOUR = 5
    statuses = []
    for link in links(7, campaign):
        patient = Patient(link, client)
        patient.open_link()
        patient.choose()
        for number in range(2):
            client.defaults["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
            statuses.append(patient.tell_birth(WRONG).status_code)

    assert statuses == [200, 200, 200, 200, 200] + [429, 200] * 4 + [429]


@pytest.mark.django_db
def test_a_connection_of_ipv6_is_one_whatever_address_of_it_is_used() -> None:
    practice = make_practice()

    def digest(address: str, at: Practice = practice) -> bytes | None:
        return digest_of(ip_address(address), at.id)

    assert digest("2001:db8:1:2::1") == digest("2001:db8:1:2:ffff:eeee:dddd:cccc")
    assert digest("2001:db8:1:2::1") != digest("2001:db8:1:3::1")
    assert digest("192.0.2.7") != digest("192.0.2.8")
    assert digest("fe80::1%eth0") == digest("fe80::2")
    assert digest("192.0.2.7") != digest("192.0.2.7", make_practice())
