"""Holding and letting go: whom it is about, who did it, and that no claim slips through."""

from threading import Event, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from practices.holds import services
from practices.models import AuditEvent, Cause, Hold
from tests.factories import make_practice, make_staff

pytestmark = pytest.mark.django_db


def test_a_practice_is_held_alone_and_all_are_held_at_once() -> None:
    ours, theirs = make_practice(), make_practice()
    assert services.hold(ours, by=None)
    assert not services.hold(ours, by=None), "again changes nothing"
    assert (services.may_leave(ours.id), services.may_leave(theirs.id)) == (False, True)
    assert (services.is_held(ours.id), services.is_held(theirs.id)) == (True, False)
    services.hold(None, by=None)
    services.release(ours, by=None)
    assert not services.may_leave(ours.id)
    assert services.is_held(ours.id)
    assert services.release(None, by=None) == 1
    assert services.may_leave(ours.id)
    assert not services.is_held(ours.id)


def test_who_held_it_and_who_let_it_go_are_in_the_audit_trail() -> None:
    practice = make_practice()
    user = make_staff(practice)
    services.hold(practice, by=user, reason="Wrong list")
    services.release(practice, by=user)
    began, ended = AuditEvent.objects.filter(action__startswith="hold.").order_by("id")
    assert [(event.actor, event.practice) for event in (began, ended)] == [(user, practice)] * 2
    assert "Wrong list" not in str(began.data), "what people write may name somebody"


def test_what_selfbook_holds_by_itself_is_not_let_go_by_the_way() -> None:
    practice = make_practice()
    services.hold(practice, by=None, cause=Cause.RESTORED)
    services.hold(practice, by=None)
    assert services.release(practice, by=None) == 1
    assert not services.may_leave(practice.id)


def test_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    practice = make_practice()
    call_command("hold", practice=practice.ods_code.lower(), reason="Wrong list", wait=0)
    assert Hold.objects.get().reason == "Wrong list"
    call_command("hold", wait=0)
    call_command("release")
    assert "Still on hold: Example Surgery: Stopped by a person." in capsys.readouterr().out
    call_command("release", practice=practice.ods_code)
    assert not Hold.objects.exists()
    with pytest.raises(CommandError, match="No practice has the ODS code"):
        call_command("hold", practice="ZZZ")
    services.hold(practice, by=None, cause=Cause.GAP)
    with pytest.raises(CommandError, match="reconcile"):
        call_command("release", practice=practice.ods_code)


@pytest.mark.hazard("H-21.2")
@pytest.mark.django_db(transaction=True)
def test_a_hold_waits_for_a_claim_that_has_begun_and_none_begins_after_it() -> None:
    practice, claimed, go_on, answered = make_practice(), Event(), Event(), Event()
    seen: list[bool] = []

    def claim() -> None:
        try:
            with transaction.atomic():
                seen.append(services.may_leave(practice.id))
                claimed.set()
                go_on.wait(30)
        finally:
            connection.close()

    def hold() -> None:
        try:
            services.hold(practice, by=None)
            answered.set()
        finally:
            connection.close()

    worker, person = Thread(target=claim), Thread(target=hold)
    worker.start()
    claimed.wait(30)
    person.start()
    assert not answered.wait(0.3)
    go_on.set()
    assert answered.wait(30)
    worker.join()
    person.join()
    assert seen == [True]
    assert not services.may_leave(practice.id)
