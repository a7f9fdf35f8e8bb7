"""The list of who has the NHS App: read from NHS Notify's own wire, kept for days, and asked for once."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from integrations import app_users, tasks
from integrations.messaging.nhs_notify import client as notify_client
from integrations.messaging.nhs_notify.channel import NotifyChannel
from integrations.models import AppUsers, NotifyConnection, Routing
from tests.factories import make_practice, nhs_number
from tests.integrations.messaging.notify import ASHA, BEN
from tests.integrations.outbox.by_notify import connect_notify
from tests.integrations.outbox.conftest import Case
from tests.selfbook.admin.conftest import administrator, boss

__all__ = ["administrator", "boss"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def app_first(case: Case) -> NotifyConnection:
    return connect_notify(case, Routing.APP_THEN_OURS)


@pytest.fixture
def hinted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What workers were asked for."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(app_users, "hint", lambda *args: asked.append(args))
    return asked


def seed(case: Case, users: dict[str, bool]) -> None:
    ods = case.practice.ods_code
    rows = [{"ods": ods, "nhs_number": number, "notifications": on} for number, on in users.items()]
    case.sandbox.control("seed", {"app_users": rows})


def stored(case: Case) -> AppUsers:
    return AppUsers.objects.get(practice=case.practice)


def ask(case: Case) -> app_users.Known:
    """Look, and let the worker work that is asked for."""
    known = app_users.of(case.practice.id)
    tasks.read_app_users(str(case.practice.id))
    return known


def test_the_list_is_read_and_kept(
    case: Case, app_first: NotifyConnection, hinted: list[tuple[Any, ...]], caplog: pytest.LogCaptureFixture
) -> None:
    seed(case, {ASHA: True, BEN: False})
    caplog.set_level(logging.DEBUG)
    assert ask(case) == app_users.Known()
    assert hinted == [("outbox.read_app_users", case.practice.id)]
    assert (stored(case).told, stored(case).untold) == ([ASHA], [BEN])
    assert app_users.of(case.practice.id) == app_users.Known(stored(case).read_at)
    assert len(hinted) == 1
    assert not [message for message in caplog.messages if ASHA in message or BEN in message]


def test_a_list_of_many_pages_is_read_whole(case: Case, app_first: NotifyConnection) -> None:
    users = {nhs_number(serial): serial % 2 == 0 for serial in range(1001)}
    seed(case, users)
    app_users.refresh(case.practice.id)
    assert {*stored(case).told} == {number for number, on in users.items() if on}
    assert {*stored(case).untold} == {number for number, on in users.items() if not on}


def test_two_pages_ask_once_and_one_that_was_lost_is_asked_again(
    case: Case, app_first: NotifyConnection, hinted: list[tuple[Any, ...]]
) -> None:
    app_users.of(case.practice.id)
    app_users.of(case.practice.id)
    assert len(hinted) == 1
    AppUsers.objects.update(asked_at=timezone.now() - app_users.ASK_AGAIN)
    app_users.of(case.practice.id)
    app_users.of(case.practice.id)
    assert len(hinted) == 2


def test_an_old_list_is_shown_while_a_new_one_is_read(
    case: Case, app_first: NotifyConnection, hinted: list[tuple[Any, ...]]
) -> None:
    seed(case, {ASHA: True})
    app_users.refresh(case.practice.id)
    long_ago = timezone.now() - app_users.FRESH
    AppUsers.objects.update(read_at=long_ago, asked_at=long_ago)
    seed(case, {BEN: True})
    assert ask(case).read_at == long_ago
    assert len(hinted) == 1
    assert {*stored(case).told} == {ASHA, BEN}


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 403}])
def test_a_list_that_cannot_be_read_leaves_the_one_before(
    case: Case, app_first: NotifyConnection, fault: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify_client, "READ_SECONDS", 2.0)
    seed(case, {ASHA: True})
    app_users.refresh(case.practice.id)
    before = stored(case).read_at
    case.sandbox.fault("notify.accounts", "status", times=None, **fault)
    app_users.refresh(case.practice.id)
    assert app_users.of(case.practice.id) == app_users.Known(before, has_failed=True)
    assert stored(case).told == [ASHA]
    case.sandbox.control("faults", method="DELETE")
    app_users.refresh(case.practice.id)
    assert not app_users.known(case.practice.id).has_failed


def test_what_breaks_off_in_the_middle_is_not_half_a_list(case: Case, app_first: NotifyConnection) -> None:
    seed(case, {ASHA: True})
    app_users.refresh(case.practice.id)
    seed(case, {nhs_number(serial): True for serial in range(600)})
    case.sandbox.fault("notify.accounts", "status", status=503, times=None, skip=1)
    app_users.refresh(case.practice.id)
    assert stored(case).told == [ASHA]


def test_what_is_no_nhs_number_is_nobody(
    case: Case, app_first: NotifyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = iter([("99900000180", True), ("", True), (ASHA, False), (ASHA, True)])
    monkeypatch.setattr(NotifyChannel, "app_users", lambda channel: accounts)
    app_users.refresh(case.practice.id)
    assert (stored(case).told, stored(case).untold) == ([ASHA], [])


def test_who_sends_texts_only_is_not_asked_about(
    case: Case, app_first: NotifyConnection, hinted: list[tuple[Any, ...]]
) -> None:
    NotifyConnection.objects.update(channel=Routing.TEXTS)
    assert ask(case) == app_users.Known()
    assert app_users.of(make_practice().id) == app_users.Known()
    assert (hinted, AppUsers.objects.count()) == ([], 0)


def test_old_lists_and_those_of_no_use_are_forgotten(case: Case, app_first: NotifyConnection) -> None:
    seed(case, {ASHA: True})
    app_users.refresh(case.practice.id)
    tasks.forget_app_users()
    assert stored(case).told == [ASHA]
    AppUsers.objects.update(read_at=timezone.now() - app_users.RETENTION - timedelta(seconds=1))
    tasks.forget_app_users()
    assert not AppUsers.objects.exists()
    app_users.refresh(case.practice.id)
    NotifyConnection.objects.update(channel=Routing.TEXTS)
    tasks.forget_app_users()
    assert not AppUsers.objects.exists()


def test_the_worker_is_asked_once_all_is_stored(
    case: Case,
    app_first: NotifyConnection,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as waiting:
        app_users.of(case.practice.id)
        app_users.of(case.practice.id)
    assert len(waiting) == 1


def test_administrators_see_how_many_and_nobody_s_number(
    case: Case, app_first: NotifyConnection, administrator: Client
) -> None:
    seed(case, {ASHA: True, BEN: False})
    app_users.refresh(case.practice.id)
    for page, arguments in (("changelist", []), ("change", [case.practice.id])):
        response: Any = administrator.get(reverse(f"admin:integrations_appusers_{page}", args=arguments))
        html = response.content.decode()
        assert response.status_code == 200
        assert "With notifications" in html
        assert ASHA not in html
        assert BEN not in html
