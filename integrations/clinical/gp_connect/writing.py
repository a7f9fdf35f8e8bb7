"""What is sent: an appointment to book (gp-connect#booking) and one to cancel (gp-connect#cancelling)."""

import copy
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from integrations.clinical.port import Connection, Slot

LONDON = ZoneInfo("Europe/London")
STRUCTURE = "https://fhir.nhs.uk/STU3/StructureDefinition/"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
ORGANISATION_TYPE = "https://fhir.nhs.uk/STU3/CodeSystem/GPConnect-OrganisationType-1"
GP_PRACTICE = "gp-practice"
DESCRIPTION_MOST = 100


def new_appointment(
    connection: Connection, patient_id: str, slot: Slot, description: str, created: datetime
) -> dict[str, Any]:
    """The appointment to ask for. `description` is cut to the 100 characters there may be."""
    actors = (f"Patient/{patient_id}", f"Location/{slot.location_id}")
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
        "created": uk_time(created),
        "participant": [{"actor": {"reference": actor}, "status": "accepted"} for actor in actors],
    }


def cancelled(appointment: dict[str, Any], reason: str) -> dict[str, Any]:
    """The appointment with the two changes that a cancellation makes, and no other."""
    changed = copy.deepcopy(appointment)
    changed["status"] = "cancelled"
    changed.setdefault("extension", []).append(
        {"url": STRUCTURE + "Extension-GPConnect-AppointmentCancellationReason-1", "valueString": reason}
    )
    return changed


def uk_time(moment: datetime) -> str:
    """A time as providers write it: UK local, to the second, with its offset."""
    return moment.astimezone(LONDON).isoformat(timespec="seconds")


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
