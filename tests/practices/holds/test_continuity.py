"""A database that was set back is held, and one that was not is left alone (restoring#detection)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from practices.audit import trail as audit
from practices.holds import continuity, services, stamps
from practices.models import Cause, Heartbeat, Hold, Practice
from tests.factories import make_practice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def file(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    cache.delete(stamps.KEY)
    settings.STAMP_FILE = str(tmp_path / "stamp")
    yield tmp_path / "stamp"
    cache.delete(stamps.KEY)


@pytest.fixture
def practice() -> Practice:
    return make_practice()


@pytest.fixture
def look(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> "Look":
    return Look(django_capture_on_commit_callbacks)


class Look:
    """One look of a process, with what it writes once the transaction is committed."""

    def __init__(self, callbacks: DjangoCaptureOnCommitCallbacks) -> None:
        self._callbacks = callbacks

    def __call__(self, after: timedelta = timedelta()) -> Cause | None:
        Heartbeat.objects.update(at=timezone.now() - after) if after else None
        with self._callbacks(execute=True):
            return continuity.look()


def set_back(to: Heartbeat) -> None:
    """As the database was, with the tables that it has."""
    Heartbeat.objects.filter(number=1).update(count=to.count, at=to.at, former_epochs=to.former_epochs, epoch=to.epoch)


def test_a_first_install_and_every_start_after_it_are_left_alone(look: Look, practice: Practice, file: Path) -> None:
    assert [look(), look(), look(timedelta(minutes=2))] == [None] * 3
    assert not Hold.objects.exists()
    [redis, disk] = stamps.read()
    assert redis == disk
    assert redis.count == Heartbeat.objects.get().count == 2


def test_an_older_database_than_the_stamps_say_is_held(look: Look, practice: Practice) -> None:
    look()
    dumped = Heartbeat.objects.get()
    look(timedelta(minutes=2))
    set_back(dumped)
    assert look() == Cause.RESTORED
    held = Hold.objects.get()
    assert (held.practice, held.by) == (practice, None)
    assert held.last_known == dumped.at - continuity.EARLIER
    assert not services.may_leave(practice.id)
    assert look() is None, "once"


@pytest.mark.parametrize("left", ["redis", "file"])
def test_either_stamp_is_enough(look: Look, practice: Practice, left: str, file: Path) -> None:
    look()
    dumped = Heartbeat.objects.get()
    look(timedelta(minutes=2))
    set_back(dumped)
    file.unlink() if left == "redis" else cache.delete(stamps.KEY)
    assert look() == Cause.RESTORED


@pytest.mark.hazard("H-21.1")
def test_tables_that_were_made_again_are_held_though_no_stamp_is_left(
    look: Look, practice: Practice, file: Path
) -> None:
    look()
    cache.delete(stamps.KEY)
    file.unlink()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE other (LIKE practices_heartbeat INCLUDING ALL)")
        cursor.execute("INSERT INTO other SELECT * FROM practices_heartbeat")
        cursor.execute("DROP TABLE practices_heartbeat")
        cursor.execute("ALTER TABLE other RENAME TO practices_heartbeat")
    assert not services.may_leave(practice.id), "before anybody has looked"
    assert look() == Cause.RESTORED
    services.release(practice, by=None, causes=[Cause.RESTORED])
    assert services.may_leave(practice.id)


def test_an_emptied_redis_or_a_lost_file_alone_is_no_alarm(look: Look, practice: Practice, file: Path) -> None:
    look()
    cache.delete(stamps.KEY)
    file.write_text("{", encoding="utf-8")
    assert look() is None
    assert len(stamps.read()) == 2, "they are written again at once"


def test_a_stamp_that_cannot_be_written_stops_nothing(look: Look, practice: Practice, settings: Settings) -> None:
    settings.STAMP_FILE = "/proc/no/such/place"
    assert look() is None


def test_an_audit_trail_that_is_shorter_than_the_stamp_says_is_held(look: Look, practice: Practice) -> None:
    look()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM practices_auditevent")
        last = cursor.fetchone()[0]
    stamps.write(stamps.Stamp(Heartbeat.objects.get().epoch, 1, last + 1))
    assert look() == Cause.RESTORED


@pytest.mark.parametrize(
    ("silence", "minutes", "cause"),
    [
        (timedelta(minutes=59), 60, None),
        (timedelta(minutes=61), 60, Cause.GAP),
        (timedelta(days=3), 0, None),
        (timedelta(minutes=-4), 60, None),
        (timedelta(minutes=-6), 60, Cause.CLOCK),
    ],
)
def test_a_long_silence_or_a_clock_that_went_back_is_held(
    look: Look, practice: Practice, settings: Settings, silence: timedelta, minutes: int, cause: Cause | None
) -> None:
    settings.HOLD_AFTER_MINUTES = minutes
    look()
    assert look(silence) == cause


def test_another_machine_with_a_former_stamp_does_not_hold_again(look: Look, practice: Practice, file: Path) -> None:
    look()
    dumped = Heartbeat.objects.get()
    look(timedelta(minutes=2))
    of_another_machine = file.read_text(encoding="utf-8")
    set_back(dumped)
    look()
    services.release(practice, by=None, causes=[Cause.RESTORED])
    file.write_text(of_another_machine, encoding="utf-8")
    assert look() is None


def test_a_database_of_another_name_is_held_once(look: Look, practice: Practice, file: Path) -> None:
    look()
    of_another = stamps.Stamp(uuid4(), 7, 0)
    stamps.write(of_another)
    assert look() == Cause.RESTORED
    services.release(practice, by=None, causes=[Cause.RESTORED])
    stamps.write(of_another)
    assert look() is None


def test_a_dump_from_before_there_was_a_pulse_is_held_where_a_stamp_is_left(look: Look, practice: Practice) -> None:
    audit.record("campaign.sent", practice=practice, actor=None)
    stamps.write(stamps.Stamp(uuid4(), 7, 0))
    assert look() == Cause.RESTORED


def test_a_new_database_beside_an_old_redis_holds_nobody(look: Look) -> None:
    stamps.write(stamps.Stamp(uuid4(), 7, 0))
    assert look() is None or not Hold.objects.exists()
    assert look() is None
