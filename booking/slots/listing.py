"""A list of free slots as it was at a moment, and its form in the shared cache: JSON, checked when it is read.

The cache is not trusted: what is no such list, or one of another release, is read as no list at all.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any, NamedTuple

from core.wording import LONDON
from integrations.clinical.port import Omission, Slot

_SLOT_FIELDS = tuple(field.name for field in fields(Slot))
_TIMES = ("start", "end")
_NO_TEXTS = {**dict.fromkeys(_TIMES, datetime), "is_marked": bool}
_TYPES = tuple(_NO_TEXTS.get(name, str) for name in _SLOT_FIELDS)
_START, _END = (_SLOT_FIELDS.index(name) for name in _TIMES)


class Time(NamedTuple):
    """What a patient chooses: a time and a place. Its slots differ only in who is seen."""

    start: datetime
    location_id: str
    day: date
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class FreeList:
    """Free slots as they were at a moment, by time; those that our own patients had then are left out.

    `left_out` counts what could not be read, by reason; `unmarked` the slots that do not say if they are face to face.
    """

    asked_at: datetime
    times: tuple[Time, ...]
    left_out: tuple[tuple[Omission, int], ...] = ()
    unmarked: int = 0
    _starts: list[datetime] = field(init=False)
    _by_slot: dict[str, Time] = field(init=False)

    def __post_init__(self) -> None:
        """Make it quick to look into."""
        object.__setattr__(self, "_starts", [time.start for time in self.times])
        object.__setattr__(self, "_by_slot", {slot.id: time for time in self.times for slot in time.slots})

    def between(self, earliest: datetime, too_far: datetime) -> tuple[Time, ...]:
        """The times from one moment until before another."""
        return self.times[bisect_left(self._starts, earliest) : bisect_left(self._starts, too_far)]

    def time_of(self, slot_id: str) -> Time | None:
        """The time that a slot is at."""
        return self._by_slot.get(slot_id)


def by_time(slots: Iterable[Slot]) -> Iterator[Time]:
    """Slots by time and place, earliest first."""
    times: dict[tuple[datetime, str], list[Slot]] = {}
    for slot in sorted(slots, key=lambda slot: (slot.start, slot.location, slot.id)):
        times.setdefault((slot.start, slot.location_id), []).append(slot)
    for (start, location_id), equal in times.items():
        yield Time(start, location_id, start.astimezone(LONDON).date(), tuple(equal))


def to_json(slot: Slot) -> dict[str, Any]:
    """A slot as our rows keep it: its own fields, with times in ISO 8601 as they came."""
    return {**asdict(slot), "start": slot.start.isoformat(), "end": slot.end.isoformat()}


def from_json(stored: Mapping[str, Any]) -> Slot:
    """The slot that `to_json` stored, in this release or another: what only that one knows is left out."""
    times = {name: datetime.fromisoformat(stored[name]) for name in _TIMES}
    return Slot(**{**{name: value for name, value in stored.items() if name in _SLOT_FIELDS}, **times})


def list_to_json(listed: FreeList) -> dict[str, Any]:
    """A list as the cache has it: the names of the fields once, and a row for each slot."""
    return {
        "asked_at": listed.asked_at.isoformat(),
        "fields": _SLOT_FIELDS,
        "slots": [_row(slot) for time in listed.times for slot in time.slots],
        "left_out": listed.left_out,
        "unmarked": listed.unmarked,
    }


def list_from_json(stored: object) -> FreeList | None:
    """The list that `list_to_json` stored; None for anything else, however it is made."""
    match stored:
        case {
            "asked_at": str(asked_at),
            "fields": list(names),
            "slots": list(rows),
            "left_out": list(left_out),
            "unmarked": int(unmarked),
        } if tuple(names) == _SLOT_FIELDS:
            try:
                omissions = tuple((Omission(reason), _count(count)) for reason, count in left_out)
                times = tuple(by_time(_slot(row) for row in rows))
                return FreeList(moment(asked_at), times, omissions, _count(unmarked))
            except (ValueError, TypeError, LookupError, OverflowError):
                return None
    return None


def moment(written: str) -> datetime:
    """An aware time as the cache has it. Raises ValueError, or TypeError for what is no text."""
    read = datetime.fromisoformat(written)
    if read.utcoffset() is None:
        raise ValueError("a time without its zone")
    return read


def _row(slot: Slot) -> list[Any]:
    row = [getattr(slot, name) for name in _SLOT_FIELDS]
    row[_START], row[_END] = slot.start.isoformat(), slot.end.isoformat()
    return row


def _slot(row: list[Any]) -> Slot:
    """A slot of a row. Raises ValueError, TypeError or LookupError for a row that is none."""
    values = [*row]
    values[_START : _END + 1] = [moment(values[_START]), moment(values[_END])]
    if [type(value) for value in values] != [*_TYPES]:
        raise TypeError
    return Slot(*values)


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value
