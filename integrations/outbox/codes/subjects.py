"""The patients whom coded entries are about, as a higher room knows them.

The outbox keeps no date of birth. The room that does registers itself here when the product starts: it is asked for
the dates just before entries are filed, and told of the records that they could not be filed in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from core.hooks import Hook
from integrations.clinical.errors import RecordFault
from integrations.models.outbox import CodedEntry


@dataclass(frozen=True, slots=True)
class Room:
    """What a higher room does. Each is called once for a claim, and should take a fixed number of queries.

    `births`: the date of birth that each entry's patient was checked against, by the entry's id. `note`: what is wrong
    with the records of some subjects, by their ids, in the caller's transaction.
    """

    births: Callable[[Sequence[CodedEntry]], Mapping[UUID, date]]
    note: Callable[[Mapping[UUID, RecordFault]], None]


rooms: Hook[Room] = Hook("code subject", "say dates of birth; keep what is wrong with a patient's record")


def births(rows: Sequence[CodedEntry]) -> dict[UUID, date]:
    """The date of birth that the patient of each entry was checked against. An entry that nobody knows is not in it."""
    dates: dict[UUID, date] = {}
    for room in rooms:
        dates |= room.births(rows)
    return dates


def note(faults: Mapping[UUID, RecordFault]) -> None:
    """Tell of records in which nothing could be filed, by the id of what the entries are about."""
    for room in rooms if faults else ():
        room.note(faults)
