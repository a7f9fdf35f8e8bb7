"""What a gateway says that it can do: read with care, and relied on for nothing that it does not say."""

from dataclasses import replace
from typing import Any

import pytest

from integrations.clinical.errors import Busy, CodeNotAccepted, KeyReused, LocalCodeMissing, NotAuthorised
from integrations.clinical.port import Capabilities, CapabilityAnswer
from tests.integrations.clinical.world import ASHA, ODS, World, checked, code

DESCRIPTION = "1149291000000110"
MAPS = Capabilities(CapabilityAnswer.GIVEN, "1.1", maps_local_codes=True)


def gateway(world: World, **facts: Any) -> None:
    """Exchange the practice's gateway for one of these facts."""
    world.sandbox.control(
        "seed",
        {"practices": [{"ods": ODS, "system": world.system, "name": "Example Surgery", "gateway_token": "", **facts}]},
    )


def test_a_gateway_that_maps_needs_no_local_code(emis: World) -> None:
    gateway(emis, maps_local_codes=True)
    assert emis.clinical.file_code(checked(ASHA), code("")).verified
    (entry,) = emis.books("codes")
    assert (entry["scheme"], entry["value"]) == ("", "")
    # Its word is not enough: the entry was looked for before, and read back after.
    assert emis.calls("gateway.read_codes") == [200, 200]


@pytest.mark.hazard("H-07.1")
def test_what_a_mapping_gateway_drops_is_found_out(emis: World) -> None:
    gateway(emis, maps_local_codes=True)
    emis.sandbox.fault("gateway.codes", "drop_code")
    with pytest.raises(CodeNotAccepted):
        emis.clinical.file_code(checked(ASHA), code(""))
    assert emis.calls("gateway.codes") == [201]


def test_it_is_asked_once_and_not_at_all_where_that_is_known(emis: World) -> None:
    gateway(emis, maps_local_codes=True)
    for _ in range(2):
        emis.clinical.file_code(checked(ASHA), code(""))
    emis.adapter(capabilities=MAPS).file_code(checked(ASHA), code(""))
    assert len(emis.calls("gateway.capabilities")) == 1


def test_one_older_than_the_question_maps_nothing(emis: World) -> None:
    gateway(emis, contract="1.0")
    with pytest.raises(LocalCodeMissing):
        emis.clinical.file_code(checked(ASHA), code(""))
    assert emis.clinical.file_code(checked(ASHA), code("9mA1.")).verified


@pytest.mark.hazard("H-07.1")
@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"contract": "2.0", "maps_local_codes": true}',
        '{"contract": "1", "maps_local_codes": true}',
        '{"contract": 1.1, "maps_local_codes": true}',
        '{"contract": "1.1\\n", "maps_local_codes": true}',
        '{"contract": "1.1", "maps_local_codes": "true"}',
        '{"contract": "1.1", "maps_local_codes": 1}',
        '{"contract": "1.1", "maps_local_codes": null}',
        '{"contract": "1.1", "maps_local_codes": true, "takes_description_ids": "yes"}',
        '{"contract": "1.1"}',
    ],
)
def test_what_cannot_be_read_promises_nothing(emis: World, body: str) -> None:
    emis.sandbox.fault("gateway.capabilities", "status", status=200, body=body)
    with pytest.raises(LocalCodeMissing):
        emis.clinical.file_code(checked(ASHA), code("", description_id=DESCRIPTION))
    assert emis.books("codes") == []


def test_a_later_minor_version_is_read(emis: World) -> None:
    gateway(emis, maps_local_codes=True, contract="1.27")
    assert emis.clinical.file_code(checked(ASHA), code("")).verified


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "status", "status": 503}, Busy),
        ({"kind": "status", "status": 500}, Busy),
        ({"kind": "refuse", "status": 429, "code": "BUSY"}, Busy),
        ({"kind": "timeout_before"}, Busy),
        ({"kind": "refuse", "status": 401, "code": "NOT_AUTHORISED"}, NotAuthorised),
    ],
)
def test_while_it_cannot_be_asked_no_code_is_given_up(
    emis: World, fault: dict[str, Any], expected: type[Exception]
) -> None:
    gateway(emis, maps_local_codes=True)
    emis.sandbox.fault("gateway.capabilities", times=None, **fault)
    with pytest.raises(expected):
        emis.clinical.file_code(checked(ASHA), code(""))
    emis.sandbox.control("faults", method="DELETE")
    assert emis.clinical.file_code(checked(ASHA), code("")).verified


@pytest.mark.parametrize(("status", "refusal"), [(404, "NO_SUCH_CALL"), (405, "ERROR"), (501, "ERROR")])
def test_any_other_refusal_is_that_of_an_old_gateway(emis: World, status: int, refusal: str) -> None:
    emis.sandbox.fault("gateway.capabilities", "refuse", status=status, code=refusal)
    with pytest.raises(LocalCodeMissing):
        emis.clinical.file_code(checked(ASHA), code(""))


def test_the_terms_own_id_goes_to_whoever_takes_it(world: World) -> None:
    wanted = code("9mA1.", description_id=DESCRIPTION)
    world.clinical.file_code(checked(ASHA), wanted)
    world.clinical.file_code(checked(ASHA), code("9mA1."))
    gateway(world, contract="1.0", local_codes=[{"scheme": "READ2", "value": "9mA1."}])
    world.adapter().file_code(checked(ASHA), replace(code("9mA1."), description_id=DESCRIPTION))
    assert [entry["description_id"] for entry in world.books("codes")] == [DESCRIPTION, None, None]


def test_a_key_with_other_content_is_for_a_person_to_look_at(world: World) -> None:
    world.sandbox.fault("gateway.codes", "refuse", status=422, code="IDEMPOTENCY_KEY_REUSED")
    with pytest.raises(KeyReused):
        world.clinical.file_code(checked(ASHA), code())
