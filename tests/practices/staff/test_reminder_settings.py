"""A practice's managers choose which reminders of appointments go."""

import pytest
from django.test import Client
from django.urls import reverse

from practices.models import AuditEvent, Practice, Role
from practices.staff import reminder_settings
from tests.factories import make_practice, make_staff
from tests.html import check_page

pytestmark = pytest.mark.django_db

ALL = list(reminder_settings.CHOICES)


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def manager(client: Client, practice: Practice) -> Client:
    client.force_login(make_staff(practice, Role.MANAGER))
    return client


def save(manager: Client, *settings: str) -> str:
    answer = manager.post(reverse("practices:appointment-reminders"), {"reminders": settings}, follow=True)
    return check_page(answer).text


def changes(practice: Practice) -> list[list[str]]:
    events = AuditEvent.objects.filter(practice=practice, action="practice.reminders").order_by("id")
    return [event.data["settings"] for event in events]


def test_the_page_shows_what_is_chosen(manager: Client, practice: Practice) -> None:
    page = check_page(manager.get(reverse("practices:appointment-reminders")))
    ticked = [box.get("value") for box in page.all("input") if box.get("checked") is not None]
    assert ticked == ["remind_day_before"]
    assert practice.name in page.text


@pytest.mark.parametrize("settings", [ALL, ALL[1:], []])
def test_a_manager_changes_it(manager: Client, practice: Practice, settings: list[str]) -> None:
    assert "Saved." in save(manager, *settings)
    practice.refresh_from_db()
    assert reminder_settings.chosen(practice) == settings
    assert changes(practice) == [settings]
    assert "Nothing has changed." in save(manager, *settings)
    assert changes(practice) == [settings]


def test_what_is_no_reminder_changes_nothing(manager: Client, practice: Practice) -> None:
    assert "Choose from the reminders on this page" in save(manager, "name")
    with pytest.raises(ValueError, match="no such reminder"):
        reminder_settings.choose(practice=practice, settings=["name"], by=make_staff(practice))
    assert changes(practice) == []


def test_another_practice_keeps_its_own(manager: Client, practice: Practice) -> None:
    other = make_practice()
    save(manager, *ALL)
    other.refresh_from_db()
    assert reminder_settings.chosen(other) == ["remind_day_before"]
