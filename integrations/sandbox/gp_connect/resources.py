"""The books' rows as FHIR resources (gp-connect#patients, gp-connect#slots)."""

import sqlite3
from datetime import UTC, datetime
from typing import Any

from integrations.sandbox.books import local
from integrations.sandbox.clinic import Appointment, Patient, Practice
from integrations.sandbox.gp_connect.answers import STRUCTURE

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
ORGANISATION_TYPE = "https://fhir.nhs.uk/STU3/CodeSystem/GPConnect-OrganisationType-1"
DELIVERY_CHANNEL = STRUCTURE + "Extension-GPConnect-DeliveryChannel-2"
PRACTITIONER_ROLE = STRUCTURE + "Extension-GPConnect-PractitionerRole-1"
BOOKING_ORGANISATION = STRUCTURE + "Extension-GPConnect-BookingOrganisation-1"
CANCELLATION_REASON = STRUCTURE + "Extension-GPConnect-AppointmentCancellationReason-1"
APPOINTMENT_PROFILE = STRUCTURE + "GPConnect-Appointment-1"


def meta(profile: str, version: str = "1") -> dict[str, Any]:
    """A resource's `meta`: its version and the GP Connect profile that it follows."""
    return {"versionId": version, "profile": [STRUCTURE + profile]}


def patient(row: Patient, ods: str) -> dict[str, Any]:
    """A Patient; `telecom` only where there is a number."""
    numbers = [(row.mobile, "mobile"), (row.home_phone, "home")]
    telecom = [{"system": "phone", "value": value, "use": use} for value, use in numbers if value]
    status = {"system": "https://fhir.nhs.uk/CareConnect-NHSNumberVerificationStatus-1", "code": "01"}
    return {
        "resourceType": "Patient",
        "id": str(row.id),
        "meta": meta("CareConnect-GPC-Patient-1"),
        "identifier": [
            {
                "extension": [
                    {
                        "url": STRUCTURE + "Extension-CareConnect-GPC-NHSNumberVerificationStatus-1",
                        "valueCodeableConcept": {"coding": [status]},
                    }
                ],
                "system": NHS_NUMBER,
                "value": row.nhs_number,
            }
        ],
        "active": True,
        "name": [person_name(row.title, row.given, row.family)],
        **({"telecom": telecom} if telecom else {}),
        "gender": row.gender,
        "birthDate": row.dob,
        "managingOrganization": {"reference": f"Organization/{ods}"},
    }


def person_name(title: str, given: str, family: str) -> dict[str, Any]:
    """A HumanName whose use is official; `text` is FAMILY, Given (Title)."""
    text = f"{family.upper()}, {given}" + (f" ({title})" if title else "")
    return {
        "use": "official",
        "text": text,
        "family": family,
        **({"given": [given]} if given else {}),
        **({"prefix": [title]} if title else {}),
    }


def slot(row: sqlite3.Row) -> dict[str, Any]:
    """A Slot whose status is free; without a delivery channel where the practice has set none."""
    channel = [{"url": DELIVERY_CHANNEL, "valueCode": row["channel"]}] if row["channel"] else []
    return {
        "resourceType": "Slot",
        "id": str(row["id"]),
        "meta": meta("GPConnect-Slot-1"),
        **({"extension": channel} if channel else {}),
        "serviceType": [{"text": row["slot_type"]}],
        "schedule": {"reference": f"Schedule/{row['session_id']}"},
        "status": "free",
        "start": local(row["start"]).isoformat(),
        "end": local(row["finish"]).isoformat(),
    }


def schedule(row: sqlite3.Row) -> dict[str, Any]:
    """The Schedule of a slot's session; a session without a clinician has only its location as actor."""
    actors = [{"reference": f"Location/{row['location_id']}"}]
    if row["clinician_id"] is not None:
        actors.append({"reference": f"Practitioner/{row['clinician_id']}"})
    return {
        "resourceType": "Schedule",
        "id": str(row["session_id"]),
        "meta": meta("GPConnect-Schedule-1"),
        "serviceCategory": {"text": row["session_name"]},
        "actor": actors,
        **({"extension": [_role(row["role"])]} if row["role"] else {}),
        "planningHorizon": {"start": local(row["start"]).isoformat(), "end": local(row["finish"]).isoformat()},
    }


def _role(name: str) -> dict[str, Any]:
    coding = {"system": "https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-SDSJobRoleName-1", "display": name}
    return {"url": PRACTITIONER_ROLE, "valueCodeableConcept": {"coding": [coding]}}


def practitioner(number: int, name: str, gender: str = "") -> dict[str, Any]:
    """A Practitioner from a name like "Sr Sara Black": title, given, family; with two words, no title."""
    parts = name.split()
    family = parts[-1]
    title, given = (parts[0], " ".join(parts[1:-1])) if len(parts) > 2 else ("", " ".join(parts[:-1]))
    return {
        "resourceType": "Practitioner",
        "id": str(number),
        "meta": meta("CareConnect-GPC-Practitioner-1"),
        "name": [person_name(title, given, family)],
        **({"gender": gender} if gender else {}),
    }


def location(number: int, name: str, ods: str, address: str = "") -> dict[str, Any]:
    """A Location that the practice of this ODS code manages."""
    return {
        "resourceType": "Location",
        "id": str(number),
        "meta": meta("CareConnect-GPC-Location-1"),
        "name": name,
        **({"address": {"line": address.split(", ")}} if address else {}),
        "managingOrganization": {"reference": f"Organization/{ods}"},
    }


def outcome(severity: str, diagnostics: str) -> dict[str, Any]:
    """An OperationOutcome as an entry beside resources: a remark, or an error."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": "processing", "diagnostics": diagnostics}],
    }


def moment(text: str) -> datetime:
    """A time of a resource, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def organisation(practice: Practice) -> dict[str, Any]:
    """The practice as an Organization, by its ODS code."""
    return {
        "resourceType": "Organization",
        "id": practice.ods,
        "meta": meta("CareConnect-GPC-Organization-1"),
        "identifier": [{"system": ODS_CODE, "value": practice.ods}],
        "name": practice.name,
        "telecom": [{"system": "phone", "value": practice.phone}],
    }


def appointment(row: Appointment) -> dict[str, Any]:
    """An Appointment in its current version."""
    return {
        **row.resource,
        "id": str(row.id),
        "meta": {"versionId": str(row.version), "profile": [APPOINTMENT_PROFILE]},
    }
