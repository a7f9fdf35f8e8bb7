"""The admin's pages for holds: who may use them, what they show, and that nothing leaves before it was found out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models.outbox import Purpose
from practices.holds import services as holds
from practices.models import AuditEvent, Cause, Hold, Practice, User
from selfbook.reconciling import services
from tests.factories import make_invitation, make_message, make_practice, make_staff

pytestmark = pytest.mark.django_db

PAGE = "admin:practices_hold_reconcile"


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def administrator(client: Client, practice: Practice) -> User:
    user = make_staff(practice, is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def test_an_administrator_holds_and_lets_go_in_their_own_name(
    client: Client, practice: Practice, administrator: User
) -> None:
    client.post(reverse("admin:practices_hold_add"), {"practice": practice.id, "reason": "Wrong list"})
    hold = Hold.objects.get()
    assert (hold.practice, hold.by, hold.reason) == (practice, administrator, "Wrong list")
    again = client.post(reverse("admin:practices_hold_add"), {"practice": practice.id, "reason": ""})
    assert "That is on hold already." in again.content.decode()
    chosen: dict[str, Any] = {"action": "let_go", "_selected_action": [hold.pk]}
    client.post(reverse("admin:practices_hold_changelist"), chosen)
    assert not Hold.objects.exists()
    events = AuditEvent.objects.filter(action__startswith="hold.").values_list("action", "actor")
    assert set(events) == {("hold.began", administrator.pk), ("hold.ended", administrator.pk)}


def test_what_selfbook_holds_is_let_go_only_after_it_was_found_out(
    client: Client, practice: Practice, administrator: User
) -> None:
    holds.hold(practice, by=None, cause=Cause.RESTORED)
    chosen: dict[str, Any] = {"action": "let_go", "_selected_action": [Hold.objects.get().pk]}
    client.post(reverse("admin:practices_hold_changelist"), chosen)
    client.post(reverse(PAGE), {"practice": practice.id, "act": "release"})
    assert Hold.objects.exists()
    assert "Nobody has found out yet" in client.get(reverse(PAGE)).content.decode()
    services.find_out(practice)
    assert "Nothing had gone" in client.get(reverse(PAGE)).content.decode()
    client.post(reverse(PAGE), {"practice": practice.id, "act": "release"})
    assert not Hold.objects.exists()


def test_the_page_shows_what_is_due_and_nobody_s_name(client: Client, practice: Practice, administrator: User) -> None:
    message = make_message(make_invitation(), purpose=Purpose.REMINDER, practice=practice)
    holds.hold(practice, by=None, cause=Cause.GAP)
    page = client.get(reverse(PAGE)).content.decode()
    assert "1 Text: Reminder, oldest 0 min" in page
    assert message.to not in page
    assert "Asha" not in page


def test_finding_out_is_a_worker_s(
    client: Client, practice: Practice, administrator: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    holds.hold(practice, by=None, cause=Cause.CLOCK)
    with django_capture_on_commit_callbacks() as callbacks:
        client.post(reverse(PAGE), {"practice": practice.id, "act": "find_out"})
    assert len(callbacks) == 1


def test_others_may_not(client: Client, practice: Practice) -> None:
    client.force_login(make_staff(practice, is_staff=True))
    assert client.get(reverse(PAGE)).status_code == 403
    assert client.post(reverse(PAGE), {"practice": practice.id, "act": "release"}).status_code == 403
