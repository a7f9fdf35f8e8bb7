"""The stand-in gateway, and what we send to gateways, beside the contract's own document (record-gateway#contract)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from integrations.clinical import gateway as client
from integrations.clinical.calls import Calls
from integrations.clinical.errors import ClinicalError
from integrations.clinical.gateway import Gateway
from integrations.conformance.contract import VERSION
from integrations.sandbox.server import SandboxServer
from tests.integrations.clinical.world import checked, code
from tests.integrations.clinical.world import connection as connection_to
from tests.integrations.sandbox.practice import ASHA, BEN, CONCEPT, ODS, UNKNOWN, Caller, day

DOCUMENT = Path("docs/gateway/openapi.yaml")
CONTRACT = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
HOST = CONTRACT["servers"][0]["url"]
OPENAPI = OpenAPI.from_dict(CONTRACT)
"""Made of a whole and valid OpenAPI document, or not at all."""


def request_of(sent: httpx.Request) -> MockRequest:
    path = sent.url.path.removeprefix(f"/gateway/{ODS}")
    headers = {name: value for name, value in sent.headers.items() if name.lower() != "host"}
    return MockRequest(
        HOST,
        sent.method.lower(),
        path,
        path_pattern="/v1/patients/{local_id}/codes" if path.endswith("/codes") else None,
        view_args={"local_id": path.split("/")[-2]} if path.endswith("/codes") else {},
        args=dict(sent.url.params),
        headers=headers,
        data=sent.content or None,
        content_type=headers.get("content-type", "application/json"),
    )


def hold_to_contract(answer: httpx.Response) -> httpx.Response:
    """Raise what is wrong with an answer; give it back else."""
    content_type = answer.headers["content-type"].partition(";")[0]
    response = MockResponse(
        answer.content, status_code=answer.status_code, headers=dict(answer.headers), content_type=content_type
    )
    OPENAPI.validate_response(request_of(answer.request), response)
    return answer


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture(params=["emis", "systmone"])
def caller(running: SandboxServer, request: pytest.FixtureRequest) -> Iterator[Caller]:
    made = Caller(running, request.param)
    made.http.event_hooks["response"] = [lambda answer: (answer.read(), hold_to_contract(answer))[0]]
    with made.http:
        yield made


def entry(**changes: Any) -> dict[str, Any]:
    local = {"scheme": "READ2", "value": "9N3G"}
    return {"snomed": CONCEPT, "local": local, "date": str(day(0)), "text": "Invitation", **changes}


def test_the_version_is_the_one_that_we_speak() -> None:
    assert CONTRACT["info"]["version"] == VERSION
    assert client.CONTRACT.fullmatch(VERSION)
    assert f"Version {CONTRACT['info']['version']}" in CONTRACT["info"]["description"]


def test_every_answer_is_as_the_contract_has_it(caller: Caller) -> None:
    """Of each call: what it is for, and each way in which it refuses. The client holds every answer to it."""
    statuses = [caller.gateway("GET", path).status_code for path in ("/health", "/capabilities")]
    for number in (ASHA, UNKNOWN, "9990000019", "12", "x"):
        statuses.append(caller.gateway("GET", f"/patients?nhs_number={number}").status_code)
    assert statuses == [200, 200, 200, 404, 422, 422, 422]
    patient = caller.gateway("GET", f"/patients?nhs_number={ASHA}").json()["local_id"]
    path, key = f"/patients/{patient}/codes", str(uuid4())
    statuses = [
        caller.gateway("POST", path, entry(), key).status_code,
        caller.gateway("POST", path, entry(), key).status_code,
        caller.gateway("POST", path, entry(text="Other"), key).status_code,
        caller.gateway("POST", path, entry()).status_code,
        caller.gateway("POST", path, entry(snomed="1240781000000160"), str(uuid4())).status_code,
        caller.gateway("POST", path, entry(snomed="19999999103"), str(uuid4())).status_code,
        caller.gateway("POST", path, entry(date="soon"), str(uuid4())).status_code,
        caller.gateway("POST", path, entry(local=["READ2"]), str(uuid4())).status_code,
        caller.gateway("POST", path, entry(description_id=CONCEPT), str(uuid4())).status_code,
        caller.gateway("POST", path, ["not an object"], str(uuid4())).status_code,
        caller.gateway("POST", "/patients/98765/codes", entry(), str(uuid4())).status_code,
        caller.gateway("GET", path).status_code,
        caller.gateway("GET", "/patients/98765/codes").status_code,
    ]
    assert statuses == [201, 201, 422, 400, 422, 422, 422, 422, 422, 400, 404, 200, 404]
    assert caller.gateway("GET", "/health", bearer="x").status_code == 401
    caller.sandbox.fault("gateway.codes", "late_code", seconds=60)
    assert caller.gateway("POST", path, entry(), str(uuid4())).status_code == 202
    caller.sandbox.fault("gateway.patient", "status", status=503)
    assert caller.gateway("GET", f"/patients?nhs_number={BEN}").status_code == 503


@pytest.mark.parametrize(
    ("status", "changes", "headers"),
    [
        (200, {"dob": "9 March 1958"}, {}),
        (200, {"local_id": 7}, {}),
        (200, {"deceased": "no"}, {}),
        (200, {}, {"cache-control": "public"}),
        (404, {}, {}),
    ],
)
def test_an_answer_of_another_form_is_found_out(status: int, changes: dict[str, Any], headers: dict[str, str]) -> None:
    body = {"nhs_number": ASHA, "local_id": "7", "dob": None, "deceased": False, "active": True, "sensitive": False}
    sent = httpx.Request("GET", f"{HOST}/v1/patients?nhs_number={ASHA}", headers={"Authorization": "Bearer x"})
    plain = {"cache-control": "no-store"}
    assert hold_to_contract(httpx.Response(200, json=body, headers=plain, request=sent))
    with pytest.raises(OpenAPIError):
        hold_to_contract(httpx.Response(status, json=body | changes, headers=plain | headers, request=sent))


class Recorded(Calls):
    """Calls whose requests are held to the contract as they leave, and their answers as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def _client(self, url: str) -> httpx.Client:
        client = super()._client(url)
        client.event_hooks["request"] = [self._look]
        client.event_hooks["response"] = [lambda answer: (answer.read(), hold_to_contract(answer))[0]]
        return client

    def _look(self, request: httpx.Request) -> None:
        self.sent.append(f"{request.method} {request.url.path.rpartition('/')[2]}")
        OPENAPI.validate_request(request_of(request))


def test_every_request_of_ours_is_as_the_contract_has_it(caller: Caller) -> None:
    calls = Recorded()
    try:
        stored = connection_to(caller.sandbox, "systmone")
        address = f"{caller.sandbox.url}/gateway/{ODS}"
        gateway = Gateway(calls, replace(stored, gateway_url=address, gateway_token=f"gateway-{ODS}"))
        gateway.greet()
        described = code("9N3G", description_id="1149291000000110")
        for wanted in (code(""), code("9N3G"), described):
            try:
                gateway.file(checked(ASHA), wanted, always_read_back=True)
            except ClinicalError:
                assert "emis" in str(caller.gateway("GET", "/health").json()), "EMIS knows none of these local codes"
        assert {"GET health", "GET capabilities", "GET patients", "GET codes", "POST codes"} == set(calls.sent)
    finally:
        calls.close()
