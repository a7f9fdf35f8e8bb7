"""Slots in words: whom they are with, and where, where there is more than one place to tell apart."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from integrations.clinical.port import Slot


class Place(NamedTuple):
    """A place among several: the name that no other has, and its address, or an empty one."""

    name: str
    address: str


def places_apart(slots: Iterable[Slot]) -> dict[str, Place]:
    """The places of some slots by location id, in the order of their names; none where all are in one place.

    Places of one name are told apart by their addresses. One without a name goes by its address, or by its number.
    """
    by_id = {slot.location_id: slot for slot in slots}
    if len(by_id) < 2:
        return {}
    named = Counter(slot.location for slot in by_id.values())
    places = {}
    for location_id, slot in by_id.items():
        alone = slot.location and named[slot.location] == 1
        name = slot.location if alone else ", ".join(filter(None, (slot.location, slot.address)))
        places[location_id] = Place(name or f"Place {location_id}", slot.address if alone else "")
    return dict(sorted(places.items(), key=lambda item: item[1]))


def with_whom(slot: Slot) -> str:
    """Whom a slot is with, for staff: the name, and role and gender as the appointment book has them."""
    details = ", ".join(filter(None, (slot.role, slot.gender)))
    if slot.clinician:
        return f"{slot.clinician} ({details})" if details else slot.clinician
    return details[:1].upper() + details[1:]
