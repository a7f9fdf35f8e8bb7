"""The stand-in for GP Connect by the same oracles: its answers by STU3 and the schema, and whom it refuses."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from integrations.clinical.calls import Calls
from integrations.clinical.errors import ClinicalError
from integrations.clinical.gp_connect import GpConnect
from integrations.clinical.gp_connect.token import unsigned_token
from integrations.sandbox.gp_connect.answers import SPINE_CODES
from integrations.sandbox.server import SandboxServer
from tests.conformance import stu3
from tests.conformance.exchange import Answer, Request
from tests.conformance.oracle import oracle
from tests.conformance.spoiling import lenience
from tests.conformance.witness import Witness
from tests.integrations.clinical import world
from tests.integrations.clinical.world import ACTOR, ASHA, DECEASED, FLU, ODS, UNKNOWN, checked, day, today

API = oracle("gp_connect")
PREFIX = f"/gpconnect/{ODS}/STU3/1/gpconnect"
SPEC = "urn:nhs:names:services:gpconnect:fhir:rest:"
TYPED = "application/fhir+json; charset=utf-8"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


def afresh(sandbox: SandboxServer) -> None:
    sandbox.control("reset", {})
    sandbox.control("seed", world.seed("emis"))


@pytest.fixture
def witness(sandbox: SandboxServer) -> Iterator[Witness]:
    afresh(sandbox)
    with Witness(sandbox.url) as server:
        yield server


@pytest.fixture
def client(sandbox: SandboxServer, witness: Witness) -> Iterator[GpConnect]:
    calls = Calls(read_tries=1)
    yield GpConnect(calls, replace(world.connection(sandbox, "emis"), gp_connect_url=witness.url + PREFIX), ACTOR)
    calls.close()


def faults_of(witness: Witness) -> str:
    """What is wrong with any answer so far, in lines."""
    faults = set()
    for request, answer in witness.below(PREFIX):
        name = f"{request.method} {request.path} {answer.status}"
        wrong = API.answer_faults(request, answer) + (stu3.faults(json.loads(answer.body)) if answer.body else [])
        faults |= {f"{name}: {fault}" for fault in wrong}
    return "\n".join(sorted(faults))


def use_all(client: GpConnect) -> None:
    """Every call that the client makes."""
    client.find_patient(ASHA)
    slot = client.free_slots(today(), day(42), FLU)[0]
    made = client.book(checked(ASHA), slot, "Flu clinic")
    client.appointments(ASHA, today(), day(42))
    client.cancel(made.id, "Cancelled by patient")
    client.appointments(ASHA, today(), day(42))


def test_every_request_of_ours_is_as_specified(client: GpConnect, witness: Witness) -> None:
    use_all(client)
    faults = {
        f"{request.method} {fault}" for request, _ in witness.below(PREFIX) for fault in API.request_faults(request)
    }
    bodies = [json.loads(request.body) for request, _ in witness.below(PREFIX) if request.body]
    assert "\n".join(sorted(faults)) == ""
    assert [fault for body in bodies for fault in stu3.faults(body)] == []


def test_every_answer_of_the_sandbox_is_stu3_and_as_specified(client: GpConnect, witness: Witness) -> None:
    use_all(client)
    for number in (DECEASED, UNKNOWN, "9990000019"):
        with pytest.raises(ClinicalError):
            client.find_patient(number)
    connection = replace(world.connection(SandboxServer(), "emis"), gp_connect_url=witness.url + PREFIX)
    for path, interaction, scope in (
        ("/metadata", "read:metadata-1", "organization/*.read"),
        ("/Patient/1", "read:patient-1", "patient/*.read"),
        ("/Patient/99", "read:patient-1", "patient/*.read"),
        ("/Location/1", "read:location-1", "organization/*.read"),
        ("/Location/99", "read:location-1", "organization/*.read"),
        ("/Appointment/99", "read:appointment-1", "patient/*.read"),
    ):
        token = unsigned_token(connection, ACTOR, scope)
        headers = (*_asking(interaction), ("Authorization", f"Bearer {token}"))
        Request("GET", path, headers=headers).send(witness.url + PREFIX)
    assert len(witness.below(PREFIX)) > 12
    assert faults_of(witness) == ""


def _asking(interaction: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Ssp-TraceID", "5f0c1d2e-0000-4000-8000-000000000001"),
        ("Ssp-From", "200000000111"),
        ("Ssp-To", "200000000999"),
        ("Ssp-InteractionID", SPEC + interaction),
        ("Accept", "application/fhir+json"),
    )


@pytest.mark.parametrize("code", [*SPINE_CODES, ""])
def test_every_refusal_of_the_sandbox_is_as_specified(
    client: GpConnect, witness: Witness, sandbox: SandboxServer, code: str
) -> None:
    details = {"code": code} if code else {"status": 502}
    sandbox.fault("gp_connect.patient", "refuse", **details)
    with pytest.raises(ClinicalError):
        client.find_patient(ASHA)
    assert faults_of(witness) == ""


WRONG_RANGES = [
    ("ge{0}", "le{15}"),
    ("ge{0}", "le{31}"),
    ("ge{2}", "le{1}"),
    ("gt{0}", "lt{7}"),
    ("{0}", "{7}"),
    ("le{0}", "ge{7}"),
    ("ge2027-01", "le2027-02"),
]


@pytest.mark.parametrize(("start", "end"), WRONG_RANGES)
def test_a_range_that_no_schema_can_refuse_is_refused_by_the_sandbox(
    client: GpConnect, witness: Witness, start: str, end: str
) -> None:
    """More than two weeks, or backwards; and the prefixes that the provider test suite tries."""
    client.free_slots(today(), day(1), FLU)
    [(request, _)] = [pair for pair in witness.below(PREFIX) if pair[0].path == "/Slot"]
    days = [day(after).isoformat() for after in range(32)]
    others = tuple(pair for pair in request.query if pair[0] not in ("start", "end"))
    query = (("start", start.format(*days)), ("end", end.format(*days)), *others)
    answer = replace(request, query=query).send(witness.url + PREFIX)
    assert answer.status_code == 422
    assert faults_of(witness) == ""


def test_what_the_schema_refuses_the_sandbox_refuses(
    client: GpConnect, witness: Witness, sandbox: SandboxServer
) -> None:
    """Each call in its turn, after what must come before it: a cancellation needs its booking."""
    use_all(client)
    address = sandbox.url + PREFIX
    asked: dict[str, tuple[Request, list[Request]]] = {}
    before: list[Request] = []
    for request, answer in witness.below(PREFIX):
        right = request.with_header("Content-Type", TYPED) if request.body else request
        asked.setdefault(API.operation(request)["operationId"], (right, list(before)))
        before += [right] if request.method == "POST" and answer.status < 300 else []
    differences, sent = [], 0
    for right, earlier in asked.values():
        count, lenient = lenience(API, right, address, _again(sandbox, address, earlier))
        sent += count
        differences += lenient
    assert set(asked) == {"find_patient", "slots", "book", "patient_appointments", "read_appointment", "cancel"}
    assert sent > 400
    assert "\n".join(differences) == ""


def _again(sandbox: SandboxServer, address: str, earlier: list[Request]) -> Callable[[], Callable[[Request], Request]]:
    def again() -> Callable[[Request], Request]:
        afresh(sandbox)
        for request in earlier:
            assert request.send(address).status_code == 201
        return lambda request: request

    return again


def test_an_answer_without_a_body_is_what_prefer_minimal_asks_for(client: GpConnect, witness: Witness) -> None:
    slot = client.free_slots(today(), day(42), FLU)[1]
    client.book(checked(ASHA), slot, "Flu clinic")
    [(request, answer)] = [pair for pair in witness.below(PREFIX) if pair[0].method == "POST"]
    assert isinstance(answer, Answer)
    assert answer.headers["Location"].startswith(PREFIX + "/Appointment/")
    assert request.header("Prefer") == "return=representation"
