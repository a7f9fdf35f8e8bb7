"""A small made-up practice in the sandbox, and the adapter that talks to it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from integrations.clinical.port import (
    NO_CERTIFICATES,
    Actor,
    Certificates,
    CheckedPatient,
    ClinicalSystem,
    CodeToFile,
    Connection,
    Slot,
)
from integrations.clinical.registry import clinical_system
from integrations.sandbox.server import SandboxServer

ODS = "Y00001"
ASHA, BEN = "9990000018", "9990000026"
DECEASED, LEFT, SENSITIVE, UNKNOWN = "9990000034", "9990000042", "9990000050", "9990000069"
FLU, PHONE = "Flu clinic", "Phone call"
BORN = date(1958, 3, 9)
INVITED = "1240781000000106"
LONDON = ZoneInfo("Europe/London")
ACTOR = Actor(id=UUID("5f0c1d2e-0000-4000-8000-000000000001"), given="Ada", family="Okafor")


def checked(nhs_number: str = ASHA, born: date | None = BORN) -> CheckedPatient:
    """A patient who was checked against this date of birth."""
    return CheckedPatient(nhs_number, born)


def today() -> date:
    return datetime.now(LONDON).date()


def day(after: int) -> date:
    return today() + timedelta(days=after)


def session(after: int, count: int = 2, **details: Any) -> dict[str, Any]:
    """A face-to-face flu session at nine, so many days from today."""
    start = f"{day(after)}T09:00:00"
    base = {"ods": ODS, "name": "Flu session", "slot_type": FLU, "start": start, "count": count}
    return {**base, "clinician": "Sr Sara Black", "location": "Example Surgery", **details}


def seed(system: str) -> dict[str, Any]:
    """One practice, six patients of whom two are shown, and flu slots on three days over more than two windows."""
    person = {"ods": ODS, "given": "Asha", "family": "Patel", "title": "Mrs", "dob": BORN.isoformat()}
    return {
        "practices": [
            {
                "ods": ODS,
                "system": system,
                "name": "Example Surgery",
                "consumer_asid": "200000000111",
                "local_codes": [{"scheme": "READ2", "value": "9mA1."}],
            }
        ],
        "patients": [
            {**person, "nhs_number": ASHA, "mobile": "07700 900123", "home_phone": "01632 960001"},
            {**person, "nhs_number": BEN, "given": "Ben", "title": ""},
            {**person, "nhs_number": DECEASED, "deceased": True},
            {**person, "nhs_number": LEFT, "inactive": True},
            {**person, "nhs_number": SENSITIVE, "sensitive": True},
        ],
        "sessions": [session(1), session(20), session(40)],
    }


ADDRESSES = {"vellum": f"/vellum/{ODS}"}
"""Where a system with a wire of its own answers in the sandbox; the others speak GP Connect."""


def certificates(sandbox: SandboxServer) -> Certificates:
    """A client's, which the sandbox lets in where it demands one."""
    client = sandbox.authority.client()
    return Certificates(client.certificate, client.key, sandbox.authority.certificate)


def connection(sandbox: SandboxServer, system: str, *, by_mutual_tls: bool = False) -> Connection:
    base = sandbox.secure_url if by_mutual_tls else sandbox.url
    return Connection(
        system=system,
        ods_code=ODS,
        practice_name="Example Surgery",
        practice_phone="01632 960000",
        gp_connect_url=base + ADDRESSES.get(system, f"/gpconnect/{ODS}/STU3/1/gpconnect"),
        asid_from="200000000111",
        asid_to="200000000999",
        gateway_url=f"{sandbox.url}/gateway/{ODS}",
        gateway_token=f"gateway-{ODS}",
        issuer_url="https://selfbook.example.nhs.uk/",
        certificates=certificates(sandbox) if by_mutual_tls else NO_CERTIFICATES,
    )


class World:
    """The sandbox with one seeded practice, and an adapter for it."""

    def __init__(self, sandbox: SandboxServer, system: str, *, by_mutual_tls: bool = False) -> None:
        self.sandbox = sandbox
        self.system = system
        self.connection = connection(sandbox, system, by_mutual_tls=by_mutual_tls)
        self.proxy_url = f"{sandbox.secure_url if by_mutual_tls else sandbox.url}/ssp"
        self.adapters: list[ClinicalSystem] = []
        sandbox.control("reset", {})
        sandbox.control("seed", seed(system))
        self.clinical = self.adapter()

    def adapter(self, **changes: Any) -> ClinicalSystem:
        """An adapter over the connection with these changes."""
        self.adapters.append(clinical_system(replace(self.connection, **changes), ACTOR))
        return self.adapters[-1]

    def close(self) -> None:
        for adapter in self.adapters:
            adapter.close()

    def slots(self) -> list[Slot]:
        return self.clinical.free_slots(today(), day(42), FLU)

    def change_record(self, nhs_number: str = ASHA, **changes: Any) -> None:
        """Somebody at the practice changes what stands in a record."""
        changed = self.sandbox.control("change-record", {"ods": ODS, "nhs_number": nhs_number, **changes})
        assert changed["changed"]

    def books(self, part: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.sandbox.control(f"books?part={part}")[part]
        return rows

    def all_calls(self) -> list[str]:
        """The targets of all calls so far, in their order."""
        return [entry["target"] for entry in self.books("journal")]

    def calls(self, target: str) -> list[int]:
        """The statuses of the calls of one target so far; 0 for one that was cut off."""
        return [entry["status"] for entry in self.books("journal") if entry["target"] == target]


def code(local_code: str = "9mA1.", key: UUID | None = None, description_id: str = "") -> CodeToFile:
    """The invitation code, with a local code beside it."""
    return CodeToFile(
        key=key or uuid4(),
        concept_id=INVITED,
        term="Invitation for flu vaccination",
        on=datetime.now(UTC).date(),
        local_scheme="READ2" if local_code else "",
        local_code=local_code,
        description_id=description_id,
    )
