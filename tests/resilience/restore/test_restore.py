"""A dump in the middle of a batch, a day's work, and the restore: nobody is texted twice, and nothing is lost."""

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection

from booking.models import Booking
from campaigns.sending import issuing
from integrations.models.outbox import CodedEntry, Message
from integrations.models.states import CodeState, MessageState
from integrations.sandbox.server import SandboxServer
from practices.holds import continuity, services, stamps
from practices.journal import places
from practices.models import AuditEvent, Cause, Hold
from selfbook.reconciling import services as reconciling
from selfbook.reconciling.services import NotReconciled
from tests.resilience.restore.after_the_dump import AfterTheDump
from tests.resilience.restore.conftest import Restorable
from tests.resilience.restore.scene import HALF, NAMES, Scene


@pytest.fixture
def scene(database: Restorable, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Restored a moment ago, and started: what happened after the dump is in the outside systems alone."""
    monkeypatch.setattr(issuing, "CHUNK", HALF)
    assert continuity.look() is None, "a first install"
    scene = Scene(sandbox)
    scene.before_the_dump()
    database.dump()
    scene.after_the_dump()
    return scene


@pytest.mark.hazard("H-21.1")
def test_a_restored_database_sends_nothing_and_finds_all_that_went(
    scene: Scene, database: Restorable, capsys: pytest.CaptureFixture[str]
) -> None:
    state, texts = scene.state(), scene.texts()
    appointments, codes = scene.books("appointments"), scene.books("codes")
    assert set(state.appointments) == {"Bela", "Chen", "Gita"}
    assert (state.declined, len(state.stopped)) == ({"Dora"}, 1)
    assert len(texts) == len(NAMES) + 6, (
        "twelve invitations, five about appointments, one that Twilio answers STOP with"
    )

    database.restore()
    assert scene.state() != state
    scene.work_off()
    assert scene.texts() == texts, "before anybody has looked"
    assert continuity.look() == Cause.RESTORED
    scene.work_off()
    assert (scene.texts(), scene.books("appointments"), scene.books("codes")) == (texts, appointments, codes)

    call_command("reconcile", due=True)
    assert scene.state() != state
    call_command("reconcile")
    assert Hold.objects.exists(), "until an administrator lets go"
    assert scene.state() == state
    call_command("reconcile", release=True)
    assert not Hold.objects.exists()
    scene.work_off()

    assert scene.texts() == texts
    assert scene.state() == state
    assert {item["id"]: item["status"] for item in scene.books("appointments")} == {
        item["id"]: item["status"] for item in appointments
    }
    assert len(scene.books("codes")) == len(codes)
    assert not CodedEntry.objects.filter(state__in=[CodeState.DUE, CodeState.WAITING]).exists()
    assert not Message.objects.filter(state__in=[MessageState.DUE, MessageState.STARTED]).exists()
    assert not Booking.objects.filter(due_at__isnull=False).exists()
    assert set(AuditEvent.objects.filter(action__startswith="hold.").values_list("action", flat=True)) == {
        "hold.began",
        "hold.reconciled",
        "hold.ended",
    }
    printed = capsys.readouterr().out
    assert "messages that had gone" in printed
    assert not any(name in printed for name in NAMES), "nothing about anybody"
    assert not any(number in printed for number, _ in texts)


@pytest.mark.hazard("H-21.1", guard_off=True)
def test_without_the_hold_it_would_text_and_book_again(scene: Scene, database: Restorable) -> None:
    """Guard off: the harm that it stands against."""
    texts = scene.texts()
    database.restore()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM practices_heartbeat")
    scene.work_off()
    assert len(scene.texts()) > len(texts) + 3


def test_a_release_waits_until_the_provider_was_asked(scene: Scene, database: Restorable) -> None:
    database.restore()
    continuity.look()
    scene.sandbox.fault("twilio.list", "status", status=503, times=None)
    with pytest.raises(CommandError, match="Still on hold: 1 of 1"):
        call_command("reconcile", release=True)
    assert not services.may_leave(scene.practice.id)
    scene.sandbox.control("faults", method="DELETE")
    call_command("reconcile", release=True)
    assert services.may_leave(scene.practice.id)


def test_redis_flushed_with_the_restore_changes_nothing(scene: Scene, database: Restorable) -> None:
    database.restore()
    cache.delete(stamps.KEY)
    assert continuity.look() == Cause.RESTORED


@pytest.mark.hazard("H-16.11")
@pytest.mark.hazard("H-24.4")
def test_who_opted_out_or_was_erased_after_the_dump_is_so_again(database: Restorable, sandbox: SandboxServer) -> None:
    """A page says STOP, staff add one and end another, a batch and a patient are erased: all after the dump."""
    done = AfterTheDump(database, sandbox)
    database.restore()
    assert continuity.look() == Cause.RESTORED
    assert done.is_lost()
    with pytest.raises(NotReconciled):
        reconciling.let_go(done.practice, by=None)
    call_command("reconcile")
    done.check()
    call_command("reconcile", release=True)
    assert not Hold.objects.exists()
    assert done.leaves_out_of_a_new_list() == {True}, "the number that staff opted out is known by its digest"


@pytest.mark.hazard("H-16.11")
def test_without_the_journal_both_would_be_lost(database: Restorable, sandbox: SandboxServer) -> None:
    """Guard off: the harm that it stands against."""
    done = AfterTheDump(database, sandbox)
    cache.delete(places.KEY)
    database.restore()
    continuity.look()
    call_command("reconcile")
    assert done.is_lost()
    assert done.leaves_out_of_a_new_list() == {False}


def test_a_release_waits_until_the_journal_was_read(
    database: Restorable, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = AfterTheDump(database, sandbox)
    database.restore()
    continuity.look()
    with monkeypatch.context() as patch:
        patch.setattr(places, "_read_redis", lambda: None)
        with pytest.raises(CommandError, match="Still on hold: 1 of 1"):
            call_command("reconcile", release=True)
        assert not services.may_leave(done.practice.id)
    call_command("reconcile", release=True)
    assert services.may_leave(done.practice.id)
