"""A made-up practice for the sandbox's own tests, and bare HTTP calls to it as a stranger would make them."""

import base64
import json
import time
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from integrations.sandbox.server import SandboxServer
from tests.waiting import PATIENCE

ODS = "Y00002"
ASHA, BEN, UNKNOWN = "9990000018", "9990000026", "9990000069"
CONCEPT = "1240781000000106"
LONDON = ZoneInfo("Europe/London")
PREFIX = "urn:nhs:names:services:gpconnect:fhir:rest:"
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
STRUCTURE = "https://fhir.nhs.uk/STU3/StructureDefinition/"
CANCELLATION = STRUCTURE + "Extension-GPConnect-AppointmentCancellationReason-1"


def day(after: int) -> date:
    return datetime.now(LONDON).date() + timedelta(days=after)


def session(start: str, **details: Any) -> dict[str, Any]:
    base = {"ods": ODS, "name": "Flu session", "slot_type": "Flu clinic", "start": start, "minutes": 10, "count": 3}
    return {**base, "clinician": "Sr Sara Black", **details}


def seed(system: str = "systmone") -> dict[str, Any]:
    person = {"ods": ODS, "given": "Asha", "family": "Patel", "dob": "1958-03-09"}
    return {
        "practices": [{"ods": ODS, "system": system, "name": "Example Surgery"}],
        "patients": [{**person, "nhs_number": ASHA}, {**person, "nhs_number": BEN}],
        "sessions": [session(f"{day(1)}T09:00:00")],
    }


def token(scope: str, **changes: Any) -> str:
    """An unsigned token (gp-connect#token), with these claims changed."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": "https://caller.example.nhs.uk/",
        "sub": "1",
        "aud": f"https://provider.example.nhs.uk/gpconnect/{ODS}/STU3/1/gpconnect",
        "iat": now,
        "exp": now + 300,
        "reason_for_request": "directcare",
        "requested_scope": scope,
        "requesting_device": {"resourceType": "Device", "identifier": [{"value": "1"}]},
        "requesting_organization": {"resourceType": "Organization", "identifier": [{"value": ODS}]},
        "requesting_practitioner": {
            "resourceType": "Practitioner",
            "id": "1",
            "identifier": [{"value": "UNK"}, {"value": "UNK"}, {"value": "1"}],
            "name": [{"family": "Okafor"}],
        },
    }
    parts = ({"alg": "none", "typ": "JWT"}, {**claims, **changes})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


class Caller:
    """Calls the sandbox's GP Connect and gateway over bare HTTP."""

    def __init__(self, sandbox: SandboxServer, system: str = "systmone") -> None:
        self.sandbox = sandbox
        sandbox.control("reset", {})
        self.first_slot = sandbox.control("seed", seed(system))["first_slot_ids"][0]
        self.http = httpx.Client(base_url=sandbox.url, trust_env=False, timeout=PATIENCE)

    def fhir(
        self,
        method: str,
        path: str,
        interaction: str,
        scope: str = "patient/*.read",
        body: object = None,
        headers: dict[str, str | None] | None = None,
        **claims: Any,
    ) -> httpx.Response:
        """A GP Connect call; a header of None is left out, and a body that is text is sent as it is."""
        sent: dict[str, str | None] = {
            "Ssp-TraceID": str(uuid4()),
            "Ssp-From": "200000000111",
            "Ssp-To": "200000000999",
            "Ssp-InteractionID": PREFIX + interaction,
            "Authorization": f"Bearer {token(scope, **claims)}",
            "Accept": "application/fhir+json",
            "Content-Type": "application/fhir+json;charset=utf-8" if body is not None else None,
            **(headers or {}),
        }
        present_headers = {name: value for name, value in sent.items() if value is not None}
        content = body if isinstance(body, str) or body is None else json.dumps(body)
        return self.http.request(
            method, f"/gpconnect/{ODS}/STU3/1/gpconnect{path}", headers=present_headers, content=content
        )

    def find(self, query: str, **options: Any) -> httpx.Response:
        return self.fhir("GET", f"/Patient{query}", "search:patient-1", **options)

    def search(self, **changes: Any) -> httpx.Response:
        """A slot search of a week, with these parameters changed; None leaves one out."""
        base = {"status": "free", "start": f"ge{day(0)}", "end": f"le{day(7)}", "_include": "Slot:schedule"}
        params = {name: value for name, value in {**base, **changes}.items() if value is not None}
        return self.fhir("GET", f"/Slot?{httpx.QueryParams(params)}", "search:slot-1", "organization/*.read")

    def book(self, body: dict[str, Any], **headers: str) -> httpx.Response:
        sent: dict[str, str | None] = dict(headers)
        return self.fhir("POST", "/Appointment", "create:appointment-1", "patient/*.write", body, sent)

    def put(self, appointment: dict[str, Any], version: str, interaction: str = "cancel") -> httpx.Response:
        path, match = f"/Appointment/{appointment['id']}", {"If-Match": f'W/"{version}"'}
        return self.fhir("PUT", path, f"{interaction}:appointment-1", "patient/*.write", appointment, {**match})

    def appointment(self, slots: int = 1) -> dict[str, Any]:
        """A body that books the first slots for the first patient."""
        resources = [
            entry["resource"]
            for entry in self.search(**{"_include:recurse": "Schedule:actor:Location"}).json()["entry"]
        ]
        chosen = [item for item in resources if item["resourceType"] == "Slot"][:slots]
        location = next(item for item in resources if item["resourceType"] == "Location")
        actors = (f"Patient/{self.patient_id()}", f"Location/{location['id']}")
        return {
            "resourceType": "Appointment",
            "meta": {"profile": [STRUCTURE + "GPConnect-Appointment-1"]},
            "contained": [
                {
                    "resourceType": "Organization",
                    "id": "1",
                    "meta": {"profile": [STRUCTURE + "CareConnect-GPC-Organization-1"]},
                    "identifier": [{"system": ODS_CODE, "value": ODS}],
                    "name": "Example Surgery",
                    "telecom": [{"system": "phone", "value": "01632 960000"}],
                }
            ],
            "extension": [
                {
                    "url": STRUCTURE + "Extension-GPConnect-BookingOrganisation-1",
                    "valueReference": {"reference": "#1"},
                }
            ],
            "status": "booked",
            "description": "Flu vaccination",
            "start": chosen[0]["start"],
            "end": chosen[-1]["end"],
            "slot": [{"reference": f"Slot/{item['id']}"} for item in chosen],
            "created": datetime.now(LONDON).isoformat(timespec="seconds"),
            "participant": [{"actor": {"reference": actor}, "status": "accepted"} for actor in actors],
        }

    def patient_id(self, number: str = ASHA) -> str:
        return str(self.find(f"?identifier={NHS_NUMBER}%7C{number}").json()["entry"][0]["resource"]["id"])

    def gateway(
        self, method: str, path: str, body: object = None, key: str = "", bearer: str = f"gateway-{ODS}"
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {bearer}", "X-Request-Id": str(uuid4())}
        if key:
            headers["Idempotency-Key"] = key
        return self.http.request(method, f"/gateway/{ODS}/v1{path}", json=body, headers=headers)


def spine(response: httpx.Response) -> tuple[int, str]:
    """The status and the Spine code of an error."""
    return response.status_code, response.json()["issue"][0]["details"]["coding"][0]["code"]
