"""Emails to managers over a real connection: what the server refuses, and one that does not answer."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.mail import get_connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from practices.alerts import digests, sending
from practices.alerts import services as alerts
from practices.models import AlertEmail, AlertKind, EmailState, Practice, Role
from tests.factories import make_practice, make_staff
from tests.mail_server import MailServer, mail_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", running.port, 5
        yield running


@pytest.fixture
def practice() -> Practice:
    practice = make_practice()
    make_staff(practice, Role.MANAGER)
    alerts.note(practice.id, AlertKind.TEXTS_STOPPED, "first")
    digests.prepare()
    return practice


def email() -> AlertEmail:
    return AlertEmail.objects.get()


def again() -> None:
    """The next try, as if it were time."""
    AlertEmail.objects.update(due_at=timezone.now())
    sending.send_due()


def test_it_arrives_with_an_id_of_its_own(server: MailServer, practice: Practice) -> None:
    sending.send_due()
    (arrived,) = server.emails
    assert arrived["Message-ID"] == f"<{email().id}@testserver>"
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["Subject"] == "Example Surgery: texts have stopped"
    assert email().state == EmailState.SENT


def test_a_name_on_two_lines_breaks_no_header(server: MailServer, practice: Practice) -> None:
    Practice.objects.update(name="Hill\r\nBcc: x@example.org")
    sending.send_due()
    (arrived,) = server.emails
    assert arrived["Bcc"] is None
    assert email().state == EmailState.SENT


def test_an_address_that_is_refused_for_good_is_given_up(server: MailServer, practice: Practice) -> None:
    server.refuse = {"RCPT": "550 no such mailbox"}
    sending.send_due()
    assert (email().state, email().attempts) == (EmailState.FAILED, 1)


@pytest.mark.hazard("H-14.12")
@pytest.mark.parametrize(
    "refuse",
    [{"RCPT": "451 busy"}, {"MAIL": "535 log in"}, {"END": "452 disk full"}, {"EHLO": "421 later", "HELO": "421"}],
)
def test_what_passes_is_tried_again(server: MailServer, practice: Practice, refuse: dict[str, str]) -> None:
    server.refuse = refuse
    before = timezone.now()
    sending.send_due()
    sending.send_due()
    row = email()
    assert (row.state, row.attempts) == (EmailState.DUE, 1)
    assert row.due_at is not None
    assert before + timedelta(seconds=50) < row.due_at < before + timedelta(minutes=2)
    server.refuse, server.emails[:] = {}, []
    again()
    assert email().state == EmailState.SENT
    assert len(server.emails) == 1


def test_after_a_day_it_is_given_up(server: MailServer, practice: Practice) -> None:
    server.refuse = {"MAIL": "450 busy"}
    AlertEmail.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59, seconds=30))
    again()
    assert email().state == EmailState.FAILED


def test_a_server_that_keeps_silent_holds_nobody_up(server: MailServer, practice: Practice, settings: Settings) -> None:
    make_staff(practice, Role.MANAGER)
    alerts.note(practice.id, AlertKind.SYSTEM_DOWN, "first")
    digests.prepare()
    settings.EMAIL_TIMEOUT, server.silent = 0.2, True
    sending.send_due()
    assert sorted(AlertEmail.objects.values_list("attempts", flat=True)) == [0, 0, 1]


def test_a_worker_that_died_leaves_a_claim_that_runs_out(server: MailServer, practice: Practice) -> None:
    assert sending.claim() is not None
    sending.send_due()
    assert server.emails == []
    again()
    assert len(server.emails) == 1
    assert email().attempts == 2


def test_who_comes_late_with_an_outcome_writes_nothing(server: MailServer, practice: Practice) -> None:
    late = sending.claim()
    assert late is not None
    again()
    sending.settle(late, EmailState.FAILED)
    assert email().state == EmailState.SENT


def test_an_address_that_no_email_can_carry_stops_no_other(server: MailServer, practice: Practice) -> None:
    row = email()
    row.user.email = "x\ud800@example.org"
    assert sending.call(row, get_connection()) is EmailState.FAILED
