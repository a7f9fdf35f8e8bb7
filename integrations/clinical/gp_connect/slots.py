"""Free slots out of a search, slot by slot: an odd one costs itself and no other (gp-connect#odd-answers)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from integrations.clinical.gp_connect.bundles import Searchset
from integrations.clinical.gp_connect.fields import (
    Resource,
    concept,
    extensions,
    human_name,
    moment,
    part,
    parts,
    reference,
    resource_id,
    text,
    texts,
)
from integrations.clinical.port import Listing, Omission, Slot

STRUCTURE = "https://fhir.nhs.uk/STU3/StructureDefinition/"
DELIVERY_CHANNEL = STRUCTURE + "Extension-GPConnect-DeliveryChannel-2"
PRACTITIONER_ROLE = STRUCTURE + "Extension-GPConnect-PractitionerRole-1"
IN_PERSON = "In-person"
_NOT_IN_PERSON = frozenset(("Telephone", "Video", "Visit"))


class LeftOut(NamedTuple):
    """A slot that cannot be used. `start` is None, and `slot_type` empty, where they cannot be read."""

    why: Omission
    slot_type: str
    start: datetime | None


class _Unusable(ValueError):
    """This slot cannot be used."""

    def __init__(self, why: Omission) -> None:
        super().__init__(why.value)
        self.why = why


class _Session(NamedTuple):
    """What all slots of a schedule have in common, by the names that `Slot` has for it."""

    schedule_id: str
    session_name: str
    clinician: str
    location_id: str
    location: str
    address: str
    role: str
    gender: str
    practitioner_id: str


class _Sessions:
    """The sessions of a search. Each is read once, however many slots it has."""

    def __init__(self, included: Mapping[str, Resource]) -> None:
        self._included = included
        self._read: dict[str, _Session | Omission] = {}

    def of(self, slot: Resource) -> _Session:
        """The session that a slot is in. Raises _Unusable."""
        refers_to = slot.get("schedule")
        written = refers_to.get("reference") if isinstance(refers_to, dict) else None
        key = written if isinstance(written, str) else ""
        if key not in self._read:
            try:
                self._read[key] = _session(refers_to, self._included)
            except _Unusable as unusable:
                self._read[key] = unusable.why
        session = self._read[key]
        if isinstance(session, Omission):
            raise _Unusable(session)
        return session


@dataclass(slots=True)
class Book:
    """The free face-to-face slots of some searches, and what was left out of them; both by the slot's id.

    What is left out without an id, or as an entry that may be anything, is counted each time.
    """

    slots: dict[str, Slot] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    _ids_left_out: set[str] = field(default_factory=set)

    def add(self, found: Searchset) -> None:
        """Read one more search. A slot that is listed with different times is not used: one of them is wrong."""
        self.left_out += [LeftOut(Omission.BROKEN, "", None)] * found.broken
        sessions = _Sessions(found.by_reference)
        for resource in found.of_type("Slot"):
            if _is_for_us(resource):
                self._add_slot(resource, sessions)

    def _add_slot(self, resource: Resource, sessions: _Sessions) -> None:
        try:
            slot = _slot(resource, sessions)
        except _Unusable as unusable:
            self._leave_out(resource, unusable.why)
            return
        other = self.slots.get(slot.id)
        if slot.id in self._ids_left_out:
            return
        if other is not None and (other.start, other.end) != (slot.start, slot.end):
            del self.slots[slot.id]
            self._leave_out(resource, Omission.CONTRADICTORY)
            return
        self.slots[slot.id] = slot

    def _leave_out(self, resource: Resource, why: Omission) -> None:
        identity = resource.get("id")
        if isinstance(identity, str):
            if identity in self._ids_left_out:
                return
            self._ids_left_out.add(identity)
            self.slots.pop(identity, None)
        self.left_out.append(LeftOut(why, service_type(resource), _moment_or_none(resource.get("start"))))

    def to_come(self, now: datetime, *, offers_unmarked: bool, slot_type: str | None = None) -> Listing[Slot]:
        """The slots after `now`, of one type or of all, earliest first, with the counts of what was left out.

        Slots that have begun may be listed, and cannot be booked. What has no type that can be read may be of any.
        """
        wanted = None if slot_type is None else text(slot_type)
        later = [slot for slot in self.slots.values() if slot.start > now and wanted in (None, slot.slot_type)]
        left_out = Counter(
            item.why
            for item in self.left_out
            if (item.start is None or item.start > now) and (wanted is None or item.slot_type in ("", wanted))
        )
        offered = [slot for slot in later if slot.is_marked or offers_unmarked]
        unmarked = sum(not slot.is_marked for slot in later)
        return Listing(sorted(offered, key=lambda slot: (slot.start, slot.id)), left_out, unmarked)


def _is_for_us(resource: Resource) -> bool:
    """Whether a slot may be free and face to face. One that surely is not is no loss."""
    channels, status = _channels(resource), text(resource.get("status"))
    return status in ("free", "") and not (channels and channels <= _NOT_IN_PERSON)


def _channels(resource: Resource) -> set[str]:
    """The delivery channels that a slot names; none where it does not say (gp-connect#delivery-channel)."""
    return set(filter(None, (text(item.get("valueCode")) for item in extensions(resource, DELIVERY_CHANNEL))))


def _slot(resource: Resource, sessions: _Sessions) -> Slot:
    """Raises _Unusable."""
    slot_id = _id_or_unusable(resource, Omission.NO_NUMBER)
    channels = _channels(resource)
    if not channels <= {IN_PERSON}:
        raise _Unusable(Omission.UNCLEAR_KIND)
    if resource.get("status") != "free":
        raise _Unusable(Omission.BROKEN)
    start, end = _moment_of(resource, "start", Omission.NO_START), _moment_of(resource, "end", Omission.NO_END)
    if end <= start:
        raise _Unusable(Omission.NO_LENGTH)
    return Slot(
        id=slot_id,
        slot_type=service_type(resource),
        start=start,
        end=end,
        is_marked=bool(channels),
        **sessions.of(resource)._asdict(),
    )


def _session(refers_to: object, included: Mapping[str, Resource]) -> _Session:
    """The session of a reference to its schedule. Raises _Unusable."""
    schedule = _referred(refers_to, included)
    if schedule is None or schedule["resourceType"] != "Schedule":
        raise _Unusable(Omission.NO_SESSION)
    schedule_id = _id_or_unusable(schedule, Omission.NO_SESSION)
    location_id, location = _location(schedule, included)
    people = _actors(schedule, included, "Practitioner")
    return _Session(
        schedule_id=schedule_id,
        session_name=concept(schedule.get("serviceCategory")),
        clinician=_joined(_person(person) for _, person in people),
        location_id=location_id,
        location=text(location.get("name")),
        address=_address(location),
        role=_joined(concept(item.get("valueCodeableConcept")) for item in extensions(schedule, PRACTITIONER_ROLE)),
        gender=_joined(text(person.get("gender")) for _, person in people),
        practitioner_id=people[0][0] if len(people) == 1 else "",
    )


def _id_or_unusable(resource: Resource, why: Omission) -> str:
    try:
        return resource_id(resource)
    except ValueError:
        raise _Unusable(why) from None


def _moment_of(resource: Resource, name: str, why: Omission) -> datetime:
    try:
        return moment(resource.get(name))
    except ValueError:
        raise _Unusable(why) from None


def _moment_or_none(value: object) -> datetime | None:
    try:
        return moment(value)
    except ValueError:
        return None


def _referred(value: object, included: Mapping[str, Resource]) -> Resource | None:
    """The resource of the bundle that a reference names, by its type and id or by its entry's address."""
    written = value.get("reference") if isinstance(value, dict) else None
    direct = included.get(written) if isinstance(written, str) else None
    return direct or included.get(reference(value))


def _actors(schedule: Resource, included: Mapping[str, Resource], kind: str) -> list[tuple[str, Resource]]:
    """The session's actors of one type, each with its id, or with none where it cannot be read.

    Of an actor that the bundle only names, the id is all that there is.
    """
    actors: dict[str, tuple[str, Resource]] = {}
    for actor in parts(schedule, "actor"):
        resource, (name, _, actor_id) = _referred(actor, included), reference(actor).partition("/")
        if resource is not None and resource["resourceType"] == kind:
            actor_id = _id_or(resource, actor_id if name == kind else "")
        elif resource is not None or name != kind:
            continue
        actors[actor_id or str(len(actors))] = (actor_id, resource or {})
    return list(actors.values())


def _id_or(resource: Resource, otherwise: str) -> str:
    try:
        return resource_id(resource)
    except ValueError:
        return otherwise


def _location(schedule: Resource, included: Mapping[str, Resource]) -> tuple[str, Resource]:
    """Where the session is. A booking must name its location, so without one no slot of it can be booked."""
    for location_id, location in _actors(schedule, included, "Location"):
        if location_id:
            return location_id, location
    raise _Unusable(Omission.NO_PLACE)


def _person(resource: Resource) -> str:
    name = human_name(resource)
    written = [*texts(name.get("prefix")), *texts(name.get("given")), *texts(name.get("family"))]
    return " ".join(written) or text(name.get("text"))


def _address(location: Resource) -> str:
    """A location's address in one line."""
    address = part(location, "address")
    names = ("line", "city", "district", "postalCode")
    lines = [line for name in names for line in texts(address.get(name))]
    return ", ".join(dict.fromkeys(lines)) or text(address.get("text"))


def _joined(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, values)))


def service_type(resource: Resource) -> str:
    """The slot type's name, of a slot or an appointment; empty where it has none."""
    return next(filter(None, map(concept, parts(resource, "serviceType"))), "")
