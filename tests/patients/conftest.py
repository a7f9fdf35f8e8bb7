"""Practices whose staff upload lists, and an EMIS that answers for their patients."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from integrations.models import ClinicalConnection
from integrations.sandbox.server import SandboxServer
from patients.models import PatientList
from practices.models import Practice, User
from tests.factories import make_practice, make_staff
from tests.patients.list_files import EMIS, SYSTMONE
from tests.patients.uploads import upload


@dataclass
class Surgery:
    """A practice and a staff member of it."""

    practice: Practice
    staff: User

    def upload(self, data: bytes, name: str = "patients.csv") -> PatientList:
        return upload(self.practice, self.staff, data, name)


@dataclass
class EmisSurgery(Surgery):
    """A practice whose records are in the sandbox."""

    sandbox: SandboxServer

    def add_patient(self, nhs_number: str, **details: object) -> None:
        person = {"given": "Asha", "family": "Patel", "dob": "1958-03-09", "mobile": "07700 900123"}
        patient = {"ods": self.practice.ods_code, "nhs_number": nhs_number, **person, **details}
        self.sandbox.control("seed", {"patients": [patient]})

    def fault(self, kind: str, **details: object) -> None:
        self.sandbox.fault("gp_connect.patient", kind, **details)

    def mend(self) -> None:
        self.sandbox.control("faults", method="DELETE")

    def calls(self) -> int:
        """How often a patient was asked for."""
        journal = self.sandbox.control(f"books?part=journal&ods={self.practice.ods_code}")["journal"]
        return sum(entry["target"] == "gp_connect.patient" for entry in journal)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def systmone_surgery(db: None) -> Surgery:
    practice = make_practice(clinical_system=SYSTMONE)
    return Surgery(practice, make_staff(practice))


@pytest.fixture
def emis_surgery(transactional_db: None, sandbox: SandboxServer) -> Iterator[EmisSurgery]:
    practice = make_practice(clinical_system=EMIS)
    ods = practice.ods_code
    ClinicalConnection.objects.create(
        practice=practice,
        gp_connect_url=f"{sandbox.url}/gpconnect/{ods}/STU3/1/gpconnect",
        asid_from="200000000111",
        asid_to="200000000999",
        gateway_url=f"{sandbox.url}/gateway/{ods}",
        gateway_token=f"gateway-{ods}",
    )
    sandbox.control("reset", {})
    sandbox.control("seed", {"practices": [{"ods": ods, "system": EMIS, "name": practice.name}]})
    surgery = EmisSurgery(practice, make_staff(practice), sandbox)
    yield surgery
    surgery.mend()
