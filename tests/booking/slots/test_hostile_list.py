"""A list of slots in the cache that another wrote, or another release, is none: the clinical system is asked anew."""

import json
import os
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from booking.slots import free_list
from booking.slots import offered as slots
from booking.slots.listing import FreeList, by_time, list_from_json, list_to_json
from tests.booking.surgery import Surgery, made_up_slot

Stored = dict[str, Any]
STORED: Stored = json.loads(
    json.dumps(list_to_json(FreeList(datetime(2026, 11, 30, tzinfo=UTC), tuple(by_time([made_up_slot(1)])))))
)
ROW = STORED["slots"][0]
START = STORED["fields"].index("start")


def test_the_list_itself_is_read() -> None:
    listed = list_from_json(STORED)
    assert listed is not None
    assert [slot.id for time in listed.times for slot in time.slots] == ["1"]


@pytest.mark.parametrize(
    "changed",
    [
        {"asked_at": "2026-01-01T10:00:00"},
        {"asked_at": "yesterday"},
        {"asked_at": 5},
        {"fields": STORED["fields"][:-1]},
        {"fields": None},
        {"slots": "abc"},
        {"slots": [{}]},
        {"slots": [ROW[:-1]]},
        {"slots": [[]]},
        {"slots": [None]},
        {"slots": [[7, *ROW[1:]]]},
        {"slots": [[*ROW[:START], "2026-01-01T10:00:00", *ROW[START + 1 :]]]},
        {"slots": [[*ROW[:START], 1, *ROW[START + 1 :]]]},
        {"slots": [[*ROW[:START], "9999-12-31T23:59:59-23:00", *ROW[START + 1 :]]]},
        {"left_out": [["no such reason", 1]]},
        {"left_out": [["broken", "many"]]},
        {"left_out": [1]},
        {"unmarked": -1},
        {"unmarked": True},
        {"unmarked": "1"},
    ],
)
def test_another_is_none(changed: Stored) -> None:
    assert list_from_json({**STORED, **changed}) is None


@pytest.mark.parametrize("stored", [None, [], "text", 1, {}, {"stamp": 1}])
def test_neither_is_anything_else(stored: object) -> None:
    assert list_from_json(stored) is None


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self._place),)


JUNK: dict[str, Callable[[Path], bytes]] = {
    "a pickle": lambda place: pickle.dumps(Bomb(place)),
    "a number": lambda _: b"17",
    "no time": lambda _: b'["stamp", "soon"]',
    "no zone": lambda _: b'["stamp", "2036-01-01T10:00:00"]',
}


@pytest.mark.hazard("H-19.2")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", JUNK)
def test_patients_are_offered_what_is_free_whatever_the_cache_holds(
    surgery: Surgery, tmp_path: Path, kind: str
) -> None:
    place = tmp_path / "code-was-run"
    surgery.session(count=2)
    invitation = surgery.invite()
    key = free_list._key(surgery.campaign)
    fresh = [slot.id for slot in slots.available(invitation)]
    for name in (key, f"{key}:{cache.get(key)[0]}", f"{key}:changes", free_list._failure_key(surgery.campaign)):
        cache._cache.get_client().set(cache.make_key(name), JUNK[kind](place))  # type: ignore[attr-defined] # Redis
        free_list._held.clear()
        assert free_list.held(surgery.campaign) is not None
        free_list.forget(surgery.campaign)
        assert [slot.id for slot in slots.available(invitation)] == fresh
    assert not place.exists()
