"""Addresses of GP Connect calls (gp-connect#calls)."""

from dataclasses import replace

import httpx

from integrations.clinical.calls import Calls, HeadersMaker, Response
from integrations.clinical.gp_connect.transport import Interaction, Transport
from tests.integrations.clinical.test_token import CONNECTION
from tests.integrations.clinical.world import ACTOR

BASE = CONNECTION.gp_connect_url


def transport(ssp_url: str = "") -> Transport:
    return Transport(Calls(), replace(CONNECTION, ssp_url=ssp_url), ACTOR)


def test_pipe_and_plus_are_percent_encoded_and_stay_so() -> None:
    query = [("identifier", "https://fhir.nhs.uk/Id/nhs-number|9990000018"), ("end", "le2026-10-25T01:00:00+01:00")]
    address = transport().address(["Patient"], query)
    assert address == (
        f"{BASE}/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number%7C9990000018&end=le2026-10-25T01:00:00%2B01:00"
    )
    assert httpx.URL(address).raw_path.decode() == address.removeprefix("https://provider.example.nhs.uk")


def test_the_proxy_comes_before_the_whole_address_of_the_provider() -> None:
    address = transport(ssp_url="https://proxy.example.nhs.uk/").address(["Slot"])
    assert address == f"https://proxy.example.nhs.uk/{BASE}/Slot"


class WrittenCalls(Calls):
    """Writes nothing anywhere, and keeps the headers."""

    def send(
        self, method: str, url: str, headers: HeadersMaker, content: bytes, read_seconds: float = 30.0
    ) -> Response:
        self.headers = headers()
        return Response(200, httpx.Headers(), b"")


def test_what_is_written_names_its_charset() -> None:
    calls = WrittenCalls()
    Transport(calls, CONNECTION, ACTOR).send("POST", Interaction.BOOK, ["Appointment"], {})
    assert calls.headers["Content-Type"] == "application/fhir+json;charset=utf-8"


def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    assert transport().address(["Appointment", "../Patient/2?x"]) == f"{BASE}/Appointment/..%2FPatient%2F2%3Fx"


def test_interactions_name_their_scope() -> None:
    prefix = "urn:nhs:names:services:gpconnect:fhir:rest:"
    assert {interaction.id.removeprefix(prefix): interaction.scope for interaction in Interaction} == {
        "search:patient-1": "patient/*.read",
        "search:slot-1": "organization/*.read",
        "create:appointment-1": "patient/*.write",
        "read:appointment-1": "patient/*.read",
        "search:patient_appointments-1": "patient/*.read",
        "cancel:appointment-1": "patient/*.write",
        "read:metadata-1": "organization/*.read",
    }
