"""Where EMIS and SystmOne differ: what a code needs, and whose word is believed (record-gateway#local-codes)."""

import pytest

from integrations.clinical.emis import Emis
from integrations.clinical.errors import (
    Busy,
    CodeNotAccepted,
    LocalCodeMissing,
    NotEnabled,
    PatientNotFound,
    UnknownOutcome,
    UnreadableAnswer,
)
from integrations.clinical.registry import SYSTEMS
from integrations.clinical.systmone import SystmOne
from tests.integrations.clinical.world import ASHA, BEN, DECEASED, World, checked, code


def test_every_system_has_its_adapter(emis: World, systmone: World) -> None:
    assert {"emis", "systmone"} <= set(SYSTEMS)
    assert isinstance(emis.clinical, Emis)
    assert isinstance(systmone.clinical, SystmOne)


def test_emis_files_the_local_code_beside_the_concept(emis: World) -> None:
    assert emis.clinical.file_code(checked(ASHA), code("9mA1.")).verified
    (entry,) = emis.books("codes")
    assert (entry["scheme"], entry["value"]) == ("READ2", "9mA1.")
    # Looked for before, and read back after.
    assert emis.calls("gateway.read_codes") == [200, 200]


def test_emis_guesses_no_local_code(emis: World) -> None:
    with pytest.raises(LocalCodeMissing):
        emis.clinical.file_code(checked(ASHA), code(""))
    assert emis.all_calls() == ["gateway.capabilities"]


def test_a_local_code_that_emis_does_not_know_is_found_out(emis: World) -> None:
    with pytest.raises(CodeNotAccepted):
        emis.clinical.file_code(checked(ASHA), code("9zzz."))
    # The system itself said that it had been filed.
    assert emis.calls("gateway.codes") == [201]
    assert emis.books("codes") == []


def test_emis_is_not_verified_while_the_read_back_fails(emis: World) -> None:
    # The look before passes, the look after fails.
    emis.sandbox.fault("gateway.read_codes", "status", skip=1, status=200, body="")
    wanted = code()
    first = emis.clinical.file_code(checked(ASHA), wanted)
    assert not first.verified
    second = emis.clinical.file_code(checked(ASHA), wanted)
    assert second.verified
    assert second.entry_id == first.entry_id


def test_systmone_takes_the_concept_alone(systmone: World) -> None:
    assert systmone.clinical.file_code(checked(ASHA), code("9mA1.")).verified
    (entry,) = systmone.books("codes")
    assert (entry["scheme"], entry["value"]) == ("", "")
    assert systmone.clinical.file_code(checked(ASHA), code("")).verified


def test_systmone_is_believed_when_the_gateway_has_read_back(systmone: World) -> None:
    systmone.clinical.file_code(checked(ASHA), code())
    assert systmone.calls("gateway.read_codes") == [200]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "refuse", "status": 422, "code": "CODE_NOT_ACCEPTED"}, CodeNotAccepted),
        ({"kind": "refuse", "status": 429, "code": "BUSY"}, Busy),
        ({"kind": "status", "status": 503}, UnknownOutcome),
        ({"kind": "status", "status": 200, "body": "<html>"}, UnknownOutcome),
        ({"kind": "status_after", "status": 201, "body": "{}"}, UnknownOutcome),
        ({"kind": "status_after", "status": 201, "body": ""}, UnknownOutcome),
    ],
)
def test_answers_to_a_filing(world: World, fault: dict[str, str], expected: type[Exception]) -> None:
    world.sandbox.fault("gateway.codes", **fault)
    with pytest.raises(expected):
        world.clinical.file_code(checked(ASHA), code())
    assert len(world.calls("gateway.codes")) == 1


@pytest.mark.parametrize("body", ["", "<html>", "[]", "{}", '{"nhs_number": "9990000026"}'])
def test_a_gateway_that_answers_something_else_is_unreadable(world: World, body: str) -> None:
    world.sandbox.fault("gateway.patient", "status", status=200, body=body)
    with pytest.raises(UnreadableAnswer):
        world.clinical.file_code(checked(ASHA), code())
    assert world.books("codes") == []


def test_a_filed_code_is_found_by_its_key_alone(world: World) -> None:
    wanted = code()
    assert world.clinical.find_code(ASHA, wanted) == ""
    filed = world.clinical.file_code(checked(ASHA), wanted)
    before = world.calls("gateway.codes")
    assert world.clinical.find_code(ASHA, wanted) == filed.entry_id
    # The same concept for the same patient, filed for another reason, is another entry.
    assert world.clinical.find_code(ASHA, code()) == ""
    assert world.clinical.find_code(BEN, wanted) == ""
    assert world.calls("gateway.codes") == before


def test_a_code_is_not_looked_for_where_the_patient_is_not_shown(world: World) -> None:
    with pytest.raises(PatientNotFound):
        world.clinical.find_code(DECEASED, code())


def test_without_a_gateway_no_code_is_looked_for(world: World) -> None:
    with pytest.raises(NotEnabled):
        world.adapter(gateway_url="").find_code(ASHA, code())
