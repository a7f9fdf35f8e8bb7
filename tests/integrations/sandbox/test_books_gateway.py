"""The stand-in record gateway (record-gateway#contract)."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from integrations.sandbox.server import SandboxServer
from tests.integrations.sandbox.practice import ASHA, CONCEPT, UNKNOWN, Caller, day


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture(params=["emis", "systmone"])
def caller(running: SandboxServer, request: pytest.FixtureRequest) -> Iterator[Caller]:
    made = Caller(running, request.param)
    with made.http:
        yield made


def filing(**changes: Any) -> dict[str, Any]:
    local = {"scheme": "READ2", "value": "9mA1."}
    return {"snomed": CONCEPT, "local": local, "date": str(day(0)), "text": "Invitation", **changes}


def patient_id(caller: Caller) -> str:
    return str(caller.gateway("GET", f"/patients?nhs_number={ASHA}").json()["local_id"])


def test_only_the_practices_own_token_is_let_in(caller: Caller) -> None:
    assert caller.gateway("GET", "/health").json()["ok"]
    assert caller.gateway("GET", "/health", bearer="x").status_code == 401


def test_an_unknown_patient_is_not_found(caller: Caller) -> None:
    response = caller.gateway("GET", f"/patients?nhs_number={UNKNOWN}")
    assert (response.status_code, response.json()["code"]) == (404, "PATIENT_NOT_FOUND")


def test_a_key_gets_its_first_answer_again(caller: Caller) -> None:
    path, key = f"/patients/{patient_id(caller)}/codes", str(uuid4())
    first = caller.gateway("POST", path, filing(), key)
    again = caller.gateway("POST", path, filing(), key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    other = caller.gateway("POST", path, filing(text="Other"), key)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert caller.gateway("POST", path, filing()).status_code == 400


def test_a_key_is_forgotten_after_a_day(caller: Caller) -> None:
    path, key = f"/patients/{patient_id(caller)}/codes", str(uuid4())
    first = caller.gateway("POST", path, filing(), key).json()
    caller.sandbox.control("clock", {"offset_seconds": 24 * 3600 + 1})
    assert caller.gateway("POST", path, filing(), key).json() != first


@pytest.mark.parametrize(
    "changes",
    [{"snomed": "1240781000000160"}, {"snomed": "1149291000000110"}, {"snomed": None}, {"date": "soon"}],
)
def test_what_is_no_concept_is_not_accepted(caller: Caller, changes: dict[str, Any]) -> None:
    response = caller.gateway("POST", f"/patients/{patient_id(caller)}/codes", filing(**changes), str(uuid4()))
    assert response.status_code == 422


@pytest.mark.parametrize("caller", ["emis"], indirect=True)
def test_emis_reports_success_and_keeps_nothing_it_does_not_know(caller: Caller) -> None:
    path = f"/patients/{patient_id(caller)}/codes"
    assert caller.gateway("POST", path, filing(), str(uuid4())).status_code == 201
    assert caller.gateway("GET", path).json() == {"codes": []}
    assert caller.gateway("POST", path, filing(local=None), str(uuid4())).status_code == 422


@pytest.mark.parametrize("caller", ["systmone"], indirect=True)
def test_an_entry_is_read_back_by_its_key_or_its_id(caller: Caller) -> None:
    path, key = f"/patients/{patient_id(caller)}/codes", str(uuid4())
    entry = caller.gateway("POST", path, filing(), key).json()["entry_id"]
    for query in (f"?key={key}", f"?entry_id={entry}", ""):
        (row,) = caller.gateway("GET", path + query).json()["codes"]
        assert (row["entry_id"], row["snomed"]) == (entry, CONCEPT)
    assert caller.gateway("GET", f"{path}?key={uuid4()}").json() == {"codes": []}


@pytest.mark.parametrize("caller", ["systmone"], indirect=True)
def test_a_code_can_be_lost_on_request(caller: Caller) -> None:
    path = f"/patients/{patient_id(caller)}/codes"
    caller.sandbox.fault("gateway.codes", "drop_code", match={"nhs_number": ASHA})
    assert caller.gateway("POST", path, filing(), str(uuid4())).json()["verified"] is True
    assert caller.gateway("GET", path).json() == {"codes": []}
