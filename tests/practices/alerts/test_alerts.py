"""Managers are emailed about what needs a person: once, by whoever is there, and never in a flood."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from practices.alerts import digests, sending
from practices.alerts import services as alerts
from practices.holds import services as holds
from practices.models import (
    Alert,
    AlertEmail,
    AlertKind,
    AuditEvent,
    Cause,
    EmailState,
    Hold,
    Membership,
    Practice,
    Role,
    User,
)
from tests.factories import make_campaign, make_practice, make_staff
from tests.html import check_page
from tests.threads import at_once

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def run() -> None:
    """What the worker's task does."""
    digests.prepare()
    sending.send_due()


def stopped(practice: Practice, occasion: str = "first") -> None:
    alerts.note(practice.id, AlertKind.TEXTS_STOPPED, occasion)


def later(by: timedelta) -> None:
    """As if so much time had gone by."""
    for rows, fields in (
        (Alert.objects, ["created_at", "prepared_at"]),
        (AlertEmail.objects, ["created_at", "due_at"]),
    ):
        for row in rows.all():
            for field in fields:
                if (at := getattr(row, field)) is not None:
                    rows.filter(pk=row.pk).update(**{field: at - by})


@pytest.fixture
def manager() -> User:
    return make_staff(make_practice(), Role.MANAGER, email="manager@example.org")


@pytest.fixture
def practice(manager: User) -> Practice:
    return manager.memberships.get().practice


@pytest.mark.hazard("H-14.11")
def test_managers_are_emailed_once_with_a_link_and_nothing_personal(practice: Practice) -> None:
    make_staff(practice, Role.SENDER)
    other = make_staff(practice, Role.MANAGER)
    make_staff(make_practice(), Role.MANAGER)
    batch = make_campaign(practice)
    alerts.note(practice.id, AlertKind.BATCH_FINISHED, "one", about=batch.id)
    alerts.note(practice.id, AlertKind.BATCH_FINISHED, "one", about=batch.id)
    run()
    run()
    assert sorted(email.to[0] for email in mail.outbox) == sorted(["manager@example.org", other.email])
    body = str(mail.outbox[0].body)
    assert mail.outbox[0].subject == "Example Surgery: a batch is finished"
    assert f"http://testserver{reverse('campaigns:batch', args=[batch.id])}" in body
    assert f"http://testserver{reverse('practices:alerts')}" in body
    assert "Okafor" not in body
    assert batch.slot_type not in body
    assert {email.state for email in AlertEmail.objects.all()} == {EmailState.SENT}


@pytest.mark.parametrize("kind", list(AlertKind))
def test_every_kind_has_its_wording_and_a_link(manager: User, practice: Practice, kind: AlertKind) -> None:
    batch = make_campaign(practice, manager)
    alerts.note(practice.id, kind, "one", about=batch.id)
    run()
    (email,) = mail.outbox
    assert kind.label in str(email.body)
    assert "http://testserver/" in str(email.body)


def test_several_things_are_one_email(practice: Practice) -> None:
    for kind in AlertKind:
        for occasion in ("one", "two"):
            alerts.note(practice.id, kind, occasion)
    run()
    (email,) = mail.outbox
    assert email.subject == "Example Surgery: 8 things to look at"


def test_there_is_one_of_a_kind_in_an_hour_and_the_next_has_the_rest(practice: Practice) -> None:
    stopped(practice)
    run()
    for number in range(30):
        stopped(practice, str(number))
        run()
    alerts.note(practice.id, AlertKind.SYSTEM_DOWN, "one")
    run()
    assert len(mail.outbox) == 2  # another kind does not wait
    later(HOUR)
    run()
    assert [email.subject for email in mail.outbox[2:]] == ["Example Surgery: 30 things to look at"]


def test_what_was_settled_before_it_could_go_is_not_emailed(practice: Practice) -> None:
    stopped(practice)
    alerts.settle(practice.id, AlertKind.TEXTS_STOPPED)
    run()
    stopped(practice, "second")
    digests.prepare()
    alerts.settle(practice.id, AlertKind.TEXTS_STOPPED)
    sending.send_due()
    assert mail.outbox == []
    assert [email.state for email in AlertEmail.objects.all()] == [EmailState.WITHDRAWN]


def test_what_happened_long_ago_is_no_news(practice: Practice) -> None:
    stopped(practice)
    later(25 * HOUR)
    run()
    assert mail.outbox == []


@pytest.mark.parametrize("change", ["left", "locked", "sender", "switched off"])
def test_whoever_has_gone_or_wants_none_gets_none(manager: User, practice: Practice, change: str) -> None:
    make_staff(practice, Role.MANAGER)
    for prepared_before in (False, True):
        Membership.objects.update_or_create(user=manager, practice=practice, defaults={"role": Role.MANAGER})
        User.objects.filter(id=manager.id).update(is_active=True)
        alerts.choose(manager.memberships.get(), list(AlertKind))
        mail.outbox.clear()
        later(HOUR)
        stopped(practice, str(prepared_before))
        if prepared_before:
            digests.prepare()
        if change == "left":
            manager.memberships.all().delete()
        elif change == "locked":
            User.objects.filter(id=manager.id).update(is_active=False)
        elif change == "sender":
            manager.memberships.update(role=Role.SENDER)
        else:
            alerts.choose(manager.memberships.get(), [AlertKind.NO_SLOTS])
        run()
        assert [email.to for email in mail.outbox if email.to == [manager.email]] == []
        assert len(mail.outbox) == 1


def test_a_hold_keeps_no_email_back_but_a_restored_database_sends_none_of_before(practice: Practice) -> None:
    holds.hold(practice, by=None)
    stopped(practice)
    run()
    assert len(mail.outbox) == 1
    later(HOUR)
    stopped(practice, "may have gone")
    digests.prepare()
    alerts.note(practice.id, AlertKind.SYSTEM_DOWN, "may have gone")
    Hold.objects.create(practice=None, cause=Cause.RESTORED)
    run()
    assert len(mail.outbox) == 1
    alerts.note(practice.id, AlertKind.NO_SLOTS, "since")
    run()
    assert [email.subject for email in mail.outbox[1:]] == ["Example Surgery: a batch has no slots left"]


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_it_once() -> None:
    practice = make_practice()
    for _ in range(3):
        make_staff(practice, Role.MANAGER)
    stopped(practice)
    at_once(run, times=6)
    run()
    assert len(mail.outbox) == 3
    assert AlertEmail.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_many_who_notice_at_once_note_it_once() -> None:
    practice = make_practice()
    at_once(lambda: stopped(practice), times=6)
    assert Alert.objects.count() == 1


def test_the_database_keeps_an_occasion_single_and_a_state_final(practice: Practice) -> None:
    stopped(practice)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(practice=practice, kind=AlertKind.TEXTS_STOPPED, occasion="first")
    run()
    with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
        AlertEmail.objects.update(state=EmailState.DUE, due_at=timezone.now(), settled_at=None)


def test_old_ones_are_forgotten(practice: Practice) -> None:
    stopped(practice)
    run()
    later(timedelta(days=91))
    digests.forget()
    assert not Alert.objects.exists()
    assert not AlertEmail.objects.exists()


def test_each_manager_chooses_for_themselves_and_each_practice(
    manager: User, practice: Practice, client: Client
) -> None:
    client.force_login(manager)
    elsewhere = Membership.objects.create(user=manager, practice=make_practice(), role=Role.MANAGER)
    address = reverse("practices:alerts")
    page = check_page(client.get(address))
    assert [box.get("checked") is not None for box in page.all("input") if box.get("type") == "checkbox"] == [True] * 4
    for kinds, saved in ((["no_slots"], "Saved"), (["no_slots"], "Nothing has changed"), ([], "Saved")):
        assert saved in check_page(client.post(address, {"kinds": kinds}, follow=True)).text
    assert alerts.wanted(manager.memberships.get(practice=practice)) == []
    assert alerts.wanted(elsewhere) == list(AlertKind)
    assert "Choose from the emails" in check_page(client.post(address, {"kinds": ["all"]})).text
    events = AuditEvent.objects.filter(practice=practice, action="staff.alerts").order_by("id")
    assert [event.data["kinds"] for event in events] == [["no_slots"], []]


def test_the_link_in_the_email_leads_back_after_logging_in(practice: Practice, client: Client) -> None:
    answer = client.get(reverse("practices:alerts"))
    assert answer.headers["Location"] == f"{reverse('account_login')}?next={reverse('practices:alerts')}"
