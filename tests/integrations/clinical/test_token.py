"""The unsigned token (gp-connect#token)."""

import base64
import json
from typing import Any

from integrations.clinical.gp_connect.token import unsigned_token
from integrations.clinical.port import Connection
from tests.integrations.clinical.world import ACTOR

CONNECTION = Connection(
    system="emis",
    ods_code="Y00001",
    practice_name="Example Surgery",
    practice_phone="01632 960000",
    gp_connect_url="https://provider.example.nhs.uk/Y00001/STU3/1/gpconnect",
    asid_from="200000000111",
    asid_to="200000000999",
    gateway_url="",
    gateway_token="",
    issuer_url="https://selfbook.example.nhs.uk",
)


def decoded(part: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return data


def test_the_token_is_unsigned_and_keeps_its_trailing_dot() -> None:
    header, _, signature = unsigned_token(CONNECTION, ACTOR, "patient/*.read").split(".")
    assert decoded(header) == {"alg": "none", "typ": "JWT"}
    assert signature == ""
    assert "=" not in header


def test_the_token_lives_five_minutes_and_names_scope_and_provider() -> None:
    claims = decoded(unsigned_token(CONNECTION, ACTOR, "patient/*.write").split(".")[1])
    assert claims["exp"] - claims["iat"] == 300
    assert claims["requested_scope"] == "patient/*.write"
    assert claims["reason_for_request"] == "directcare"
    assert claims["iss"] == "https://selfbook.example.nhs.uk/"
    assert claims["aud"] == CONNECTION.gp_connect_url
    assert claims["requesting_organization"]["identifier"][0]["value"] == "Y00001"


def test_the_token_names_the_member_of_staff() -> None:
    claims = decoded(unsigned_token(CONNECTION, ACTOR, "patient/*.read").split(".")[1])
    person = claims["requesting_practitioner"]
    assert claims["sub"] == person["id"] == str(ACTOR.id)
    assert person["name"] == [{"family": "Okafor", "given": ["Ada"]}]
    assert [item["value"] for item in person["identifier"]] == ["UNK", "UNK", str(ACTOR.id)]
