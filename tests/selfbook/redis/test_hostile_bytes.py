"""Whoever can write into Redis runs no code of theirs: what is no JSON of ours counts as not stored."""

import os
import pickle
from base64 import b64encode
from pathlib import Path

import pytest
from django.core.cache import cache, caches
from django.db import connection
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads, prepare_accept_content
from redis import Redis

from integrations.messaging.registry import DEFAULT_TEXT_PROVIDER
from integrations.outbox import fair_queue
from patients.lists import progress
from selfbook.celery import app

KEY = "what:it:is"


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self._place),)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "code-was-run"


def redis() -> Redis:
    return cache._cache.get_client()  # type: ignore[attr-defined,no-any-return] # it is Redis's


def write(key: str, content: bytes) -> None:
    redis().set(cache.make_key(key), content)


JUNK = [
    b"",
    b"\x00\xff",
    b"{",
    b"NaN",
    b"[1, Infinity]",
    b"9" * 10_000,
    b"[" * 100_000,
    b'{"a": 1}x',
    "é".encode("latin-1"),
]


@pytest.mark.hazard("H-19.2")
@pytest.mark.parametrize("junk", [*JUNK, b"a pickle"], ids=lambda junk: repr(junk[:12]))
def test_what_is_no_json_is_a_miss(junk: bytes, place: Path) -> None:
    write(KEY, pickle.dumps(Bomb(place)) if junk == b"a pickle" else junk)
    assert cache.get(KEY, "nothing") == "nothing"
    assert cache.get_many([KEY]) == {}
    cache.set(KEY, ["new"])
    assert cache.get(KEY) == ["new"]
    assert not place.exists()


def test_a_list_of_redis_is_a_miss() -> None:
    redis().delete(cache.make_key(KEY))
    redis().lpush(cache.make_key(KEY), "1")
    assert cache.get(KEY, "nothing") == "nothing"
    assert cache.get_many([KEY]) == {}
    cache.delete(KEY)


@pytest.mark.parametrize("value", [0, -5, 1.5, True, False, "text é", ["a", [1, None]], {"a": {"b": []}}])
def test_values_come_back_as_they_were(value: object) -> None:
    cache.set(KEY, value)
    assert cache.get(KEY) == value
    assert type(cache.get(KEY)) is type(value)


def test_what_json_does_not_have_is_refused() -> None:
    for value in (object(), b"bytes", float("nan")):
        with pytest.raises((TypeError, ValueError)):
            cache.set(KEY, value)


@pytest.mark.django_db
@pytest.mark.parametrize("content", ["not json", b64encode(pickle.dumps("bomb")).decode(), "[" * 100_000])
def test_a_limit_that_is_no_json_counts_as_not_stored(content: str) -> None:
    limits = caches["limits"]
    limits.set(KEY, [1.5, 2.5], 60)
    assert limits.get(KEY) == [1.5, 2.5]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE selfbook_limits SET value = %s", [content])
    assert limits.get(KEY, []) == []


@pytest.mark.django_db
def test_limits_are_added_once_run_out_and_are_cleared() -> None:
    limits = caches["limits"]
    assert limits.add(KEY, True, 60)
    assert not limits.add(KEY, False, 60)
    assert limits.get(KEY) is True
    assert limits.touch(KEY, -1)
    assert limits.get(KEY) is None
    assert limits.add(KEY, "again", 60)
    assert limits.delete(KEY)
    assert not limits.delete(KEY)
    limits.set(KEY, 1, None)
    assert limits.get(KEY) == 1
    limits.clear()
    assert limits.get(KEY) is None


def test_figures_of_another_kind_are_none() -> None:
    practice = "00000000-0000-4000-8000-000000000001"
    for content in (b'"text"', b"[]", b"{", b"null"):
        for name in ("rest", "room"):
            write(f"outbox:{name}:{DEFAULT_TEXT_PROVIDER}:{practice}", content)
        write(f"list-rows:{practice}", content)
        assert not fair_queue.must_rest(practice)
        assert fair_queue.remembered_room(practice) == 0
        assert progress.rows_checked(practice) is None  # type: ignore[arg-type] # an id all the same


@pytest.mark.parametrize("content_type", ["application/x-python-serialize", "application/x-yaml"])
def test_workers_take_json_alone(place: Path, content_type: str) -> None:
    accepted = app.conf.accept_content
    assert accepted == app.conf.result_accept_content == ["json"]
    with pytest.raises(ContentDisallowed):
        loads(pickle.dumps(Bomb(place)), content_type, "binary", accept=prepare_accept_content(accepted))
    assert not place.exists()
