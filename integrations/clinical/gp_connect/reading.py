"""Patients and appointments out of FHIR resources. Whatever is not as promised raises an error of the port."""

from collections import Counter
from datetime import datetime, timedelta

from integrations.clinical.errors import ClinicalError, OtherNumber, PatientNotFound, SeveralPatients, UnreadableAnswer
from integrations.clinical.gp_connect.bundles import Searchset
from integrations.clinical.gp_connect.fields import (
    Resource,
    day,
    extensions,
    human_name,
    moment,
    part,
    parts,
    promised,
    reference,
    resource_id,
    text,
    texts,
)
from integrations.clinical.gp_connect.slots import service_type
from integrations.clinical.gp_connect.writing import CANCELLATION_REASON
from integrations.clinical.port import Appointment, AppointmentStatus, Listing, Omission, PatientDetails

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
_LAST_RANK = 1_000
_LAST_MINUTES = 24 * 60


def the_patient(found: Searchset, nhs_number: str) -> PatientDetails:
    """The one patient of a search by NHS number.

    Raises PatientNotFound where there is none, SeveralPatients, OtherNumber, and UnreadableAnswer where the patient
    cannot be read or may be in what cannot.
    """
    patients = found.of_type("Patient")
    if len(patients) > 1:
        raise SeveralPatients(f"{len(patients)} entries")
    if not patients:
        raise UnreadableAnswer("no readable entry") if found.broken else PatientNotFound("empty bundle")
    details = patient(patients[0])
    if details.nhs_number != nhs_number:
        raise OtherNumber("another NHS number was answered")
    return details


def patient(resource: Resource) -> PatientDetails:
    """A Patient, by the official name where there are several. Raises UnreadableAnswer without id or NHS number."""
    with promised():
        numbers = {number for number in map(_nhs_number, parts(resource, "identifier")) if number}
        if len(numbers) != 1:
            raise ValueError("no one NHS number")
        name = human_name(resource)
        return PatientDetails(
            local_id=resource_id(resource),
            nhs_number=numbers.pop(),
            given=" ".join(texts(name.get("given"))),
            family=" ".join(texts(name.get("family"))),
            title=" ".join(texts(name.get("prefix"))),
            date_of_birth=day(resource.get("birthDate")),
            mobiles=_mobiles(parts(resource, "telecom")),
            gender=text(resource.get("gender")).lower(),
        )


def appointments(found: Searchset) -> Listing[Appointment]:
    """The appointments of a search, by time. Those that cannot be read are counted, and so is what may be one."""
    readable: list[Appointment] = []
    broken = found.broken
    for resource in found.of_type("Appointment"):
        try:
            readable.append(appointment(resource))
        except ClinicalError:
            broken += 1
    readable.sort(key=lambda item: (item.start, item.id))
    return Listing(readable, Counter({Omission.BROKEN: broken}) if broken else None)


_STATUSES = {"cancelled": AppointmentStatus.CANCELLED, "noshow": AppointmentStatus.MISSED}


def appointment(resource: Resource) -> Appointment:
    """An Appointment. All states of it but `cancelled` hold the slot, so they count as booked; a `noshow` does, too.

    Raises UnreadableAnswer without an id, a state or a start.
    """
    with promised():
        status = text(resource.get("status"))
        if resource["resourceType"] != "Appointment" or not status:
            raise ValueError("not an appointment")
        start = moment(resource.get("start"))
        return Appointment(
            id=resource_id(resource),
            version=version(resource),
            status=_STATUSES.get(status, AppointmentStatus.BOOKED),
            slot_ids=_slot_ids(resource),
            slot_type=service_type(resource),
            start=start,
            end=_end(resource) or start,
            description=text(resource.get("description")),
            cancelled_because=next(
                (text(item.get("valueString")) for item in extensions(resource, CANCELLATION_REASON)), ""
            ),
        )


def version(resource: Resource) -> str:
    """The version that a resource says it has; empty where it does not."""
    value = part(resource, "meta").get("versionId")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)


def _slot_ids(resource: Resource) -> tuple[str, ...]:
    """The slots that an appointment is in. None where one of them cannot be read: it may be any."""
    references = [reference(item) for item in parts(resource, "slot")]
    if not all(name.startswith("Slot/") for name in references):
        return ()
    return tuple(name.removeprefix("Slot/") for name in references)


def _end(resource: Resource) -> datetime | None:
    """When an appointment ends, by its own word or by its length; None where it says neither."""
    minutes = resource.get("minutesDuration")
    try:
        return moment(resource.get("end"))
    except ValueError:
        if isinstance(minutes, int) and 0 < minutes < _LAST_MINUTES:
            return moment(resource.get("start")) + timedelta(minutes=minutes)
        return None


def _nhs_number(identifier: Resource) -> str:
    """The NHS number that an identifier is, without spaces; empty for one of another kind."""
    return "".join(text(identifier.get("value")).split()) if identifier.get("system") == NHS_NUMBER else ""


def _mobiles(telecom: list[Resource]) -> tuple[str, ...]:
    """Numbers marked mobile first, then those with no mark; never a home, work or old one. By rank where given."""
    phones = [item for item in telecom if item.get("system") == "phone" and text(item.get("value"))]
    ranked = sorted(
        (item for item in phones if item.get("use") in ("mobile", None)),
        key=lambda item: (item.get("use") != "mobile", _rank(item)),
    )
    return tuple(text(item.get("value")) for item in ranked)


def _rank(item: Resource) -> int:
    rank = item.get("rank")
    return rank if isinstance(rank, int) else _LAST_RANK
