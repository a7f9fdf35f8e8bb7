"""Nothing is written to a record that is not the one its patient was checked against, and that costs no call."""

import json
from datetime import date
from typing import Any

import pytest

from integrations.clinical.errors import (
    OtherNumber,
    PatientNotFound,
    RecordFault,
    RecordMismatch,
    SeveralPatients,
    UnknownOutcome,
)
from integrations.clinical.port import CheckedPatient, CodeToFile, Slot
from tests.integrations.clinical.world import ASHA, BEN, BORN, ODS, World, checked, code

OTHER = date(1961, 5, 3)


class Writes:
    """Both writes that go to a patient's record, and whether one was made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.slot: Slot = world.slots()[0]
        self.code: CodeToFile = code()

    def book(self, patient: CheckedPatient) -> str:
        return self._world.clinical.book(patient, self.slot, "Flu").id

    def file(self, patient: CheckedPatient) -> str:
        return self._world.clinical.file_code(patient, self.code).entry_id

    def made(self) -> list[Any]:
        return [*self._world.books("appointments"), *self._world.books("codes")]


@pytest.fixture
def writes(world: World) -> Writes:
    return Writes(world)


@pytest.mark.parametrize("write", ["book", "file"])
@pytest.mark.parametrize(
    ("recorded", "patient", "fault"),
    [
        ({"dob": OTHER.isoformat()}, checked(), RecordFault.BIRTH_DIFFERS),
        ({"dob": "1958-03-10"}, checked(), RecordFault.BIRTH_DIFFERS),
        ({"dob": ""}, checked(), RecordFault.NO_BIRTH),
        ({"dob": "1958"}, checked(), RecordFault.NO_BIRTH),
        ({"dob": "1958-03"}, checked(), RecordFault.NO_BIRTH),
        ({"given": "Ann"}, checked(born=None), RecordFault.NOT_CHECKED),
    ],
)
def test_another_date_of_birth_stops_both_writes(
    world: World, writes: Writes, write: str, recorded: dict[str, str], patient: CheckedPatient, fault: RecordFault
) -> None:
    world.change_record(**recorded)
    with pytest.raises(RecordMismatch) as caught:
        getattr(writes, write)(patient)
    assert caught.value.fault == fault
    assert str(caught.value) == fault.value  # and nothing of what stands in the record
    assert writes.made() == []
    assert not {"gp_connect.book", "gateway.codes"} & set(world.all_calls())


@pytest.mark.parametrize("write", ["book", "file"])
def test_the_same_date_of_birth_lets_both_through(world: World, writes: Writes, write: str) -> None:
    world.change_record(given="Aisha", family="Bloggs")
    assert getattr(writes, write)(checked())
    assert len(writes.made()) == 1


@pytest.mark.parametrize("write", ["book", "file"])
@pytest.mark.parametrize("gone", ["deceased", "inactive", "sensitive"])
def test_a_record_that_is_not_shown_any_more(world: World, writes: Writes, write: str, gone: str) -> None:
    """Died, left, or restricted since: whatever the date of birth says."""
    world.change_record(ASHA, **{gone: True})
    with pytest.raises(PatientNotFound):
        getattr(writes, write)(checked())
    assert writes.made() == []


@pytest.mark.hazard("H-08.3")
@pytest.mark.parametrize("write", ["book", "file"])
def test_two_records_with_one_number(world: World, writes: Writes, write: str) -> None:
    twin = {"ods": ODS, "nhs_number": ASHA, "given": "Joe", "family": "Bloggs", "dob": BORN.isoformat()}
    world.sandbox.control("seed", {"patients": [twin]})
    with pytest.raises(SeveralPatients):
        getattr(writes, write)(checked())
    assert writes.made() == []


@pytest.mark.hazard("H-08.3")
@pytest.mark.parametrize("write", ["book", "file"])
def test_a_record_whose_number_was_replaced(world: World, writes: Writes, write: str) -> None:
    """Merged into another: the system may answer with that one."""
    target, answer = (
        ("gp_connect.patient", _found(world, BEN)) if write == "book" else ("gateway.patient", _details(BEN))
    )
    world.sandbox.fault(target, "status", status=200, body=json.dumps(answer))
    with pytest.raises(OtherNumber):
        getattr(writes, write)(checked())
    assert writes.made() == []


def test_a_gateway_that_does_not_give_the_date_of_birth_files_nothing(world: World, writes: Writes) -> None:
    answer = _details(ASHA)
    del answer["dob"]
    world.sandbox.fault("gateway.patient", "status", status=200, body=json.dumps(answer), times=None)
    with pytest.raises(RecordMismatch) as caught:
        writes.file(checked())
    assert caught.value.fault == RecordFault.NO_BIRTH
    assert world.clinical.find_code(ASHA, writes.code) == "", "what is in the record can still be looked for"


def test_a_code_that_is_in_the_record_already_is_filed_whatever_stands_there_now(world: World, writes: Writes) -> None:
    """Its answer was lost when the record was still the same: to say "not filed" now would have staff file it twice."""
    world.sandbox.fault("gateway.codes", "timeout_after")
    with pytest.raises(UnknownOutcome):
        writes.file(checked())
    world.change_record(dob=OTHER.isoformat())
    assert writes.file(checked())
    assert len(writes.made()) == 1


def test_the_look_costs_no_call(world: World, writes: Writes) -> None:
    before = len(world.all_calls())
    writes.book(checked())
    assert world.all_calls()[before:] == ["gp_connect.patient", "gp_connect.book"]
    writes.file(checked())
    look = ["gateway.patient", "gateway.read_codes", "gateway.codes"]
    read_back = ["gateway.read_codes"] if world.system == "emis" else []
    assert world.all_calls()[before + 2 :] == look + read_back


def _found(world: World, nhs_number: str) -> dict[str, Any]:
    """A record as the system's own wire has it."""
    if world.system != "vellum":
        return _bundle(nhs_number)
    plain = {"id": 1, "given": "Asha", "family": "Patel", "title": "", "mobiles": []}
    return {**plain, "nhs": nhs_number, "born": BORN.isoformat()}


def _bundle(nhs_number: str) -> dict[str, Any]:
    identifier = [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": nhs_number}]
    patient = {
        "resourceType": "Patient",
        "id": "1",
        "identifier": identifier,
        "name": [{"family": "Patel"}],
        "birthDate": BORN.isoformat(),
    }
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": patient}]}


def _details(nhs_number: str) -> dict[str, Any]:
    shown = {"deceased": False, "active": True, "sensitive": False}
    return {"nhs_number": nhs_number, "local_id": "1", "dob": BORN.isoformat(), **shown}
