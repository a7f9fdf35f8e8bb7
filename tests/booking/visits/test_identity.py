"""The date of birth: five wrong ones per link, for life, however they come."""

from collections import Counter
from threading import Barrier
from uuid import UUID

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from booking.visits import identity
from booking.visits.identity import BirthDateCheck, check_date_of_birth
from campaigns.models import Invitation
from practices.models import AuditEvent
from tests.booking.surgery import BORN, WRONG, Patient, boxes
from tests.factories import make_invitation
from tests.html import check_page, page_of, text_of
from tests.tab import Tab
from tests.threads import at_once
from tests.waiting import PATIENCE

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
    assert text_of(swapped.with_class("nhsuk-error-message")[0]) == text_of(other.with_class("nhsuk-error-message")[0])


def boxes_of(*typed: str) -> dict[str, str]:
    """What is typed in the boxes, the first ones first."""
    return {f"date_of_birth_{part}": text for part, text in zip(("day", "month", "year"), typed, strict=False)}


@pytest.mark.parametrize(
    "typed", [("09/03/1958",), ("", "9 marca 1958"), ("", "", "1958-03-09"), ("9fed", "Mawrth", "1958")]
)
def test_the_right_date_in_other_ways_than_a_part_in_each_box(client: Client, typed: tuple[str, ...]) -> None:
    _asked(client)

    assert client.post("/b/date-of-birth/", boxes_of(*typed))["Location"] == "/b/times/"


def test_dates_that_nobody_can_have_do_not_count(client: Client) -> None:
    patient = _asked(client)

    for year in ("", "15", "1e12", "2999", "\u00b2", "03/09/1958", "9/4/1958"):
        page = check_page(client.post("/b/date-of-birth/", boxes(BORN) | {"date_of_birth_year": year}))
        assert page.title.startswith("Error: ")
    page = check_page(client.post("/b/date-of-birth/", boxes_of("12/25/1958")))
    assert "must have the day first" in page.text

    assert Invitation.objects.get().date_of_birth_failures == 0
    assert patient.tell_birth().status_code == 303


def test_the_right_date_at_the_fifth_try_opens(client: Client) -> None:
    patient = _asked(client)

    for _ in range(4):
        assert patient.tell_birth(WRONG).status_code == 200

    assert patient.tell_birth().status_code == 303


@pytest.mark.hazard("H-01.9")
def test_the_fifth_wrong_date_locks_the_link_for_good_even_for_the_right_one(client: Client) -> None:
    patient = _asked(client)

    answers = [patient.tell_birth(WRONG).status_code for _ in range(5)]

    assert answers == [200, 200, 200, 200, 410]
    assert patient.tell_birth().status_code == 410
    page = check_page(Patient(patient.invitation, Tab()).open_link())
    assert "locked" in page.text
    assert patient.invitation.practice.phone in page.text
    assert AuditEvent.objects.filter(action="invitation.locked", object_id=patient.invitation.id).count() == 1


def test_neither_time_nor_a_right_answer_nor_another_phone_gives_tries_back() -> None:
    invitation = make_invitation()

    def answer(right: bool) -> BirthDateCheck:
        return check_date_of_birth(invitation_id=invitation.id, given=BORN if right else WRONG)

    assert [answer(False) for _ in range(4)] == [BirthDateCheck.WRONG] * 4
    assert answer(True) == BirthDateCheck.RIGHT
    assert answer(False) == BirthDateCheck.LOCKED
    assert answer(True) == BirthDateCheck.LOCKED


def test_the_number_of_tries_is_a_setting(settings: Settings) -> None:
    settings.DATE_OF_BIRTH_TRIES = 1

    assert check_date_of_birth(invitation_id=make_invitation().id, given=WRONG) == BirthDateCheck.LOCKED


def test_the_page_says_kindly_how_many_tries_are_left_and_whom_to_phone(client: Client) -> None:
    patient = _asked(client)
    assert "more time" not in page_of(client.get("/b/date-of-birth/")).text

    texts = [check_page(patient.tell_birth(WRONG)).text for _ in range(4)]

    for text, left in zip(texts, ("4 more times", "3 more times", "2 more times", "1 more time."), strict=True):
        assert f"You can try {left}" in text
        assert patient.invitation.practice.phone in " ".join(text.split())
    assert "1 more time." in check_page(Patient(patient.invitation, client).client.get("/b/date-of-birth/")).text


def _guesses(invitation: Invitation, count: int) -> Counter[BirthDateCheck]:
    """So many different wrong dates, all at the same moment."""
    years = iter(range(1920, 1920 + count))

    def guess() -> BirthDateCheck:
        return check_date_of_birth(invitation_id=invitation.id, given=WRONG.replace(year=next(years)))

    return Counter(at_once(guess, times=count))


@pytest.mark.hazard("H-01.9")
@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_counted_one_by_one() -> None:
    invitation = make_invitation()

    assert _guesses(invitation, 20) == {BirthDateCheck.WRONG: 4, BirthDateCheck.LOCKED: 16}
    assert Invitation.objects.get().date_of_birth_failures == 5
    assert check_date_of_birth(invitation_id=invitation.id, given=BORN) == BirthDateCheck.LOCKED
    assert AuditEvent.objects.filter(action="invitation.locked").count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_row_lock_guesses_at_once_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the lock is for: all read the count before any of them writes it. (They are no more than connections.)"""
    invitation, all_have_read = make_invitation(), Barrier(8)

    def read_unlocked(invitation_id: UUID) -> Invitation:
        row = Invitation.objects.select_related("practice", "recipient").get(id=invitation_id)
        all_have_read.wait(PATIENCE)
        return row

    monkeypatch.setattr(identity, "_locked", read_unlocked)

    assert _guesses(invitation, 8) == {BirthDateCheck.WRONG: 8}
    assert Invitation.objects.get().date_of_birth_failures == 1
