"""The journal is written outside once its transaction has committed, repaired, and read after a restore."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import transaction
from pytest_django.fixtures import Settings
from redis.exceptions import ConnectionError as RedisDown

from practices.journal import places
from practices.journal import services as journal
from practices.journal.digests import NHS_NUMBER
from practices.models import JournalEntry, JournalKind, Practice
from tests.factories import make_practice

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "9990000018"


@pytest.fixture
def file(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.STAMP_FILE = str(tmp_path / "stamp")
    cache.delete(places.KEY)
    yield tmp_path / "journal"
    cache.delete(places.KEY)


@pytest.fixture
def practice(file: Path) -> Practice:
    return make_practice()


def record(practice: Practice, number: str = NUMBER) -> None:
    with transaction.atomic():
        journal.record_number(practice, JournalKind.PATIENT_ERASED, NHS_NUMBER, number)


def test_it_is_written_everywhere_after_the_commit(practice: Practice, file: Path) -> None:
    with transaction.atomic():
        journal.record_number(practice, JournalKind.PATIENT_ERASED, NHS_NUMBER, NUMBER)
        assert places.read() == {}
    (entry,) = JournalEntry.objects.all()
    assert entry.written_at is not None
    assert places.ids() == [{str(entry.id)}, {str(entry.id)}]
    assert NUMBER not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_what_rolls_back_is_not_in_it(practice: Practice) -> None:
    with transaction.atomic():
        journal.record_number(practice, JournalKind.PATIENT_ERASED, NHS_NUMBER, NUMBER)
        transaction.set_rollback(True)
    assert places.read() == {}


def test_a_place_that_is_away_gets_it_later(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(places, "_client", _down)
        record(practice)
        assert JournalEntry.objects.filter(written_at=None).count() == 1
        journal.sweep()
        assert JournalEntry.objects.filter(written_at=None).count() == 1, "still away"
    journal.sweep()
    assert not JournalEntry.objects.filter(written_at=None).exists()
    assert [len(lines) for lines in places.ids()] == [1, 1]


def _down() -> object:
    raise RedisDown


def test_a_crash_between_commit_and_writing_loses_nothing(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(journal, "_write", lambda entries: None)
        record(practice)
    assert places.read() == {}
    journal.sweep()
    assert len(places.read()) == 1


def test_an_emptied_redis_and_a_lost_file_get_all_of_it_again(practice: Practice, file: Path) -> None:
    record(practice)
    cache.delete(places.KEY)
    file.unlink()
    assert journal.missing_outside(practice) == 1
    assert journal.repair() == 1
    assert [len(lines) for lines in places.ids()] == [1, 1]
    assert journal.repair() == 0


def test_news_is_what_the_database_does_not_know(practice: Practice) -> None:
    record(practice)
    assert journal.news(practice) == []
    JournalEntry.objects.all().delete()
    (entry,) = journal.news(practice)
    assert (entry.kind, entry.number) == (JournalKind.PATIENT_ERASED, NHS_NUMBER)
    assert journal.news(make_practice()) == []
    with transaction.atomic():
        journal.adopt(entry)
    assert journal.news(practice) == []


def test_half_a_line_of_a_crash_spoils_no_other(practice: Practice, file: Path) -> None:
    file.write_text(json.dumps({"id": "x"})[:5])
    record(practice)
    cache.delete(places.KEY)
    assert len(places.read()) == 1


def test_it_says_so_where_no_place_can_be_read(
    practice: Practice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_client", _down)
    with pytest.raises(places.Unreadable):
        places.read()
