"""What is sent: an appointment to book (gp-connect#booking) and one to cancel (gp-connect#cancelling)."""

import copy
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from integrations.clinical.gp_connect.fields import Resource, parts
from integrations.clinical.port import Connection, Slot

LONDON = ZoneInfo("Europe/London")
STRUCTURE = "https://fhir.nhs.uk/STU3/StructureDefinition/"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
ORGANISATION_TYPE = "https://fhir.nhs.uk/STU3/CodeSystem/GPConnect-OrganisationType-1"
GP_PRACTICE = "gp-practice"
CANCELLATION_REASON = STRUCTURE + "Extension-GPConnect-AppointmentCancellationReason-1"
DESCRIPTION_MOST = 100


def new_appointment(
    connection: Connection, patient_id: str, slot: Slot, description: str, created: datetime
) -> dict[str, Any]:
    """The appointment to ask for. `description` is cut to the 100 characters there may be."""
    actors = [f"Patient/{patient_id}", f"Location/{slot.location_id}"]
    if slot.practitioner_id:
        actors.append(f"Practitioner/{slot.practitioner_id}")
    return {
        "resourceType": "Appointment",
        "meta": {"profile": [STRUCTURE + "GPConnect-Appointment-1"]},
        "contained": [_booking_organisation(connection)],
        "extension": [
            {
                "url": STRUCTURE + "Extension-GPConnect-BookingOrganisation-1",
                "valueReference": {"reference": "#1"},
            }
        ],
        "status": "booked",
        "description": description[:DESCRIPTION_MOST],
        "start": uk_time(slot.start),
        "end": uk_time(slot.end),
        "slot": [{"reference": f"Slot/{slot.id}"}],
        "created": uk_time(created.replace(microsecond=0)),
        "participant": [{"actor": {"reference": actor}, "status": "accepted"} for actor in actors],
    }


def cancelled(appointment: Resource, reason: str) -> Resource:
    """The appointment with the two changes that a cancellation makes, and no other.

    A reason that stands there already gives way: providers refuse two.
    """
    changed = copy.deepcopy(appointment)
    changed["status"] = "cancelled"
    kept = [item for item in parts(changed, "extension") if item.get("url") != CANCELLATION_REASON]
    changed["extension"] = [*kept, {"url": CANCELLATION_REASON, "valueString": reason}]
    return changed


def uk_time(moment: datetime) -> str:
    """A time as providers write it: UK local, to the second, with its offset. A fraction stays: they compare times."""
    return moment.astimezone(LONDON).isoformat()


def _booking_organisation(connection: Connection) -> dict[str, Any]:
    return {
        "resourceType": "Organization",
        "id": "1",
        "meta": {"profile": [STRUCTURE + "CareConnect-GPC-Organization-1"]},
        "identifier": [{"system": ODS_CODE, "value": connection.ods_code}],
        "type": [{"coding": [{"system": ORGANISATION_TYPE, "code": GP_PRACTICE}]}],
        "name": connection.practice_name,
        "telecom": [{"system": "phone", "value": connection.practice_phone}],
    }
