"""The date of birth: five wrong ones per link, for life, however they come."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from booking.identity import Answer, check_date_of_birth
from campaigns.models import Invitation
from practices.models import AuditEvent
from tests.booking.surgery import BORN, WRONG, Patient, boxes
from tests.factories import make_invitation
from tests.html import check_page, words

pytestmark = pytest.mark.django_db


def _asked(client: Client) -> Patient:
    patient = Patient(make_invitation(), client)
    patient.open_link()
    patient.choose()
    return patient


def test_the_right_date_leads_on_and_is_never_shown(client: Client) -> None:
    patient = _asked(client)

    response = patient.tell_birth()

    assert (response.status_code, response["Location"]) == (303, "/b/times/")
    assert "1958" not in str(response.cookies)


def test_a_wrong_date_is_said_to_be_wrong_without_a_hint_and_stays_in_the_boxes(client: Client) -> None:
    patient = _asked(client)

    swapped = check_page(patient.tell_birth(BORN.replace(day=BORN.month, month=BORN.day)))
    other = check_page(patient.tell_birth(WRONG))

    assert swapped.title.startswith("Error: ")
    assert "does not match" in swapped.text
    assert "3 more times" in other.text
    assert [box.get("value") for box in other.all("input") if box.get("type") == "text"] == ["30", "8", "1985"]
    assert words(swapped.with_class("nhsuk-error-message")[0]) == words(other.with_class("nhsuk-error-message")[0])


def test_dates_that_nobody_can_have_do_not_count(client: Client) -> None:
    patient = _asked(client)

    for year in ("", "15", "1e12", "2999", "١٩٥٨"):
        page = check_page(client.post("/b/date-of-birth/", boxes(BORN) | {"date_of_birth_year": year}))
        assert page.title.startswith("Error: ")

    assert Invitation.objects.get().date_of_birth_failures == 0
    assert patient.tell_birth().status_code == 303


def test_the_right_date_at_the_fifth_try_opens(client: Client) -> None:
    patient = _asked(client)

    for _ in range(4):
        assert patient.tell_birth(WRONG).status_code == 200

    assert patient.tell_birth().status_code == 303


def test_the_fifth_wrong_date_locks_the_link_for_good_even_for_the_right_one(client: Client) -> None:
    patient = _asked(client)

    answers = [patient.tell_birth(WRONG).status_code for _ in range(5)]

    assert answers == [200, 200, 200, 200, 410]
    assert patient.tell_birth().status_code == 410
    page = check_page(Patient(patient.invitation, Client()).open_link())
    assert "locked" in page.text
    assert patient.invitation.practice.phone in page.text
    assert AuditEvent.objects.filter(action="invitation.locked", object_id=patient.invitation.id).count() == 1


def test_neither_time_nor_a_right_answer_nor_another_phone_gives_tries_back() -> None:
    invitation = make_invitation()

    def answer(right: bool) -> Answer:
        return check_date_of_birth(invitation_id=invitation.id, given=BORN if right else WRONG)

    assert [answer(False) for _ in range(4)] == [Answer.WRONG] * 4
    assert answer(True) == Answer.RIGHT
    assert answer(False) == Answer.LOCKED
    assert answer(True) == Answer.LOCKED


def test_the_number_of_tries_is_a_setting(settings: Settings) -> None:
    settings.DATE_OF_BIRTH_TRIES = 1

    assert check_date_of_birth(invitation_id=make_invitation().id, given=WRONG) == Answer.LOCKED


@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_counted_one_by_one() -> None:
    invitation = make_invitation()

    def guess(number: int) -> Answer:
        try:
            return check_date_of_birth(invitation_id=invitation.id, given=WRONG.replace(year=1920 + number))
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = Counter(pool.map(guess, range(20)))

    assert answers == {Answer.WRONG: 4, Answer.LOCKED: 16}
    assert Invitation.objects.get().date_of_birth_failures == 5
    assert check_date_of_birth(invitation_id=invitation.id, given=BORN) == Answer.LOCKED
