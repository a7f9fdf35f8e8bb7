"""FHIR resources into the port's values. Whatever is not as promised raises an error of the port."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from integrations.clinical.port import (
    Appointment,
    AppointmentStatus,
    ClinicalError,
    PatientDetails,
    Slot,
    UnreadableAnswer,
)

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
STRUCTURE = "https://fhir.nhs.uk/STU3/StructureDefinition/"
DELIVERY_CHANNEL = STRUCTURE + "Extension-GPConnect-DeliveryChannel-2"
IN_PERSON = "In-person"

Resource = dict[str, Any]


@contextmanager
def promised(error: type[ClinicalError] = UnreadableAnswer) -> Iterator[None]:
    """Turn whatever a malformed resource trips over into an error of the port, without the words of the resource."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as trouble:
        raise error(f"malformed resource: {type(trouble).__name__}") from None


def entries(bundle: Resource) -> list[Resource]:
    """The resources of a searchset; nothing found is a bundle without entries."""
    if bundle["resourceType"] != "Bundle":
        raise ValueError
    return [entry["resource"] for entry in bundle.get("entry", [])]


def patient(resource: Resource) -> PatientDetails:
    """A Patient, by the official name where there are several."""
    names = resource["name"]
    name = next((item for item in names if item.get("use") == "official"), names[0])
    return PatientDetails(
        local_id=_id(resource),
        nhs_number=next(item["value"] for item in resource["identifier"] if item.get("system") == NHS_NUMBER),
        given=" ".join(name.get("given", [])),
        family=name.get("family", ""),
        title=" ".join(name.get("prefix", [])),
        date_of_birth=_day(resource.get("birthDate", "")),
        mobiles=_mobiles(resource.get("telecom", [])),
    )


def free_slots(bundle: Resource) -> list[Slot]:
    """The free face-to-face slots of one search, with what its included resources say about them."""
    resources = entries(bundle)
    included = {f"{item['resourceType']}/{item['id']}": item for item in resources}
    return [_slot(item, included) for item in resources if item["resourceType"] == "Slot" and _is_free_in_person(item)]


def appointment(resource: Resource) -> Appointment:
    """An Appointment. All states of it but `cancelled` hold the slot, so they count as booked."""
    if resource["resourceType"] != "Appointment":
        raise ValueError
    cancelled = resource["status"] == "cancelled"
    return Appointment(
        id=_id(resource),
        version=str(resource["meta"]["versionId"]),
        status=AppointmentStatus.CANCELLED if cancelled else AppointmentStatus.BOOKED,
        slot_ids=tuple(_last(slot) for slot in resource.get("slot", [])),
        slot_type=_service_type(resource),
        start=_moment(resource["start"]),
        end=_moment(resource["end"]),
    )


def _slot(resource: Resource, included: dict[str, Resource]) -> Slot:
    schedule = included[resource["schedule"]["reference"]]
    actors = [actor["reference"] for actor in schedule["actor"]]
    location = next(included[actor] for actor in actors if actor.startswith("Location/"))
    people = [included[actor] for actor in actors if actor.startswith("Practitioner/") and actor in included]
    return Slot(
        id=_id(resource),
        schedule_id=_id(schedule),
        session_name=schedule.get("serviceCategory", {}).get("text", "").strip(),
        slot_type=_service_type(resource),
        start=_moment(resource["start"]),
        end=_moment(resource["end"]),
        clinician=", ".join(_person(person) for person in people),
        location_id=_id(location),
        location=location.get("name", ""),
    )


def _is_free_in_person(resource: Resource) -> bool:
    channels = [item.get("valueCode") for item in resource.get("extension", []) if item.get("url") == DELIVERY_CHANNEL]
    return resource["status"] == "free" and channels == [IN_PERSON]


def _service_type(resource: Resource) -> str:
    """The slot type's name; empty where the resource has none."""
    return next((str(item.get("text", "")).strip() for item in resource.get("serviceType", [])), "")


def _person(resource: Resource) -> str:
    name = resource["name"][0]
    return " ".join([*name.get("prefix", []), *name.get("given", []), name.get("family", "")]).strip()


def _mobiles(telecom: list[Resource]) -> tuple[str, ...]:
    """Numbers marked mobile first, then those with no mark; never a home, work or old one. By rank where given."""
    phones = [item for item in telecom if item.get("system") == "phone" and item.get("value")]
    ranked = sorted(
        (item for item in phones if item.get("use") in ("mobile", None)),
        key=lambda item: (item.get("use") != "mobile", item.get("rank", 1_000)),
    )
    return tuple(item["value"] for item in ranked)


def _id(resource: Resource) -> str:
    """The resource's id, which must be there and not empty."""
    resource_id = resource["id"]
    if not (isinstance(resource_id, str) and resource_id):
        raise ValueError
    return resource_id


def _last(reference: Resource) -> str:
    """The id at the end of a reference, relative or absolute."""
    return str(reference["reference"]).rpartition("/")[2]


def _moment(text: str) -> datetime:
    """A time in UTC. One without an offset could be an hour out, so it is refused."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _day(text: str) -> date | None:
    """A whole date; a record may hold only a year, or none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
