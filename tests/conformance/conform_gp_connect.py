"""GP Connect: the client against a mock of what the specification asks, and each answer that a provider may give."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.clinical.calls import Calls
from integrations.clinical.errors import ClinicalError, UnknownOutcome
from integrations.clinical.gp_connect import GpConnect
from integrations.clinical.port import Appointment, AppointmentStatus, Connection, PatientDetails, Slot
from tests.conformance import stu3
from tests.conformance.mock import Mock
from tests.conformance.oracle import oracle
from tests.conformance.samples import Sampler
from tests.integrations.clinical.world import ACTOR, ASHA, ODS, checked, day, today

API, ANSWERS = oracle("gp_connect"), oracle("gp_connect_answers")
SAMPLES = Sampler(ANSWERS)
PREFIX = f"/gpconnect/{ODS}/STU3/1/gpconnect"
MEDIA = "application/fhir+json"
VERSION = {"ETag": 'W/"1"'}
PATIENTS, SLOTS = dict(SAMPLES.variants("Patient")), dict(SAMPLES.variants("Slot"))
OUTCOMES = dict(SAMPLES.variants("OperationOutcome"))
APPOINTMENTS = dict(SAMPLES.variants("Appointment"))
STATUSES = (400, 401, 403, 404, 409, 415, 422, 429, 500, 501, 502, 503, 504)

STRUCTURE = "https://fhir.nhs.uk/STU3/StructureDefinition/"
START, END = f"{day(3)}T09:00:00+00:00", f"{day(3)}T09:10:00+00:00"
SLOT = Slot(
    id="1584", schedule_id="14", session_name="", slot_type="Flu clinic", clinician="", location_id="17", location="",
    start=datetime.fromisoformat(START).astimezone(UTC), end=datetime.fromisoformat(END).astimezone(UTC),
)  # fmt: skip

CONNECTION = Connection(
    system="emis", ods_code=ODS, practice_name="Example Surgery", practice_phone="01632 960000", gp_connect_url="",
    asid_from="200000000111", asid_to="200000000999", gateway_url="", gateway_token="",
    issuer_url="https://selfbook.example.nhs.uk/",
)  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Mock]:
    with Mock(API, PREFIX) as server:
        yield server


@pytest.fixture
def mock(running: Mock) -> Iterator[Mock]:
    running.forget()
    yield running
    assert "\n".join(running.faults) == ""
    bodies = [json.loads(request.body) for _, request in running.requests if request.body]
    assert [fault for body in bodies for fault in stu3.faults(body)] == []


@pytest.fixture
def client(mock: Mock) -> Iterator[GpConnect]:
    calls = Calls(read_tries=1)
    yield GpConnect(calls, replace(CONNECTION, gp_connect_url=mock.url), ACTOR)
    calls.close()


def a_patient(**changes: Any) -> dict[str, Any]:
    """Asha, as the mock's practice has her."""
    return {**SAMPLES.full("Patient"), **changes}


def bundle(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", **({"entry": entries} if entries else {}), **more}


def of(kind: str, number: str, **changes: Any) -> dict[str, Any]:
    return {**SAMPLES.full(kind), "id": number, **changes}


def a_slot(number: str = "1584", **changes: Any) -> dict[str, Any]:
    times = {"start": START, "end": END, "schedule": {"reference": "Schedule/14"}}
    return of("Slot", number, **{**times, **changes})


def around() -> list[dict[str, Any]]:
    """What comes with the slots: schedule, clinician, location and practice."""
    actors = [{"reference": "Location/17"}, {"reference": "Practitioner/2"}]
    place = {"reference": "Organization/23"}
    return [
        of("Schedule", "14", actor=actors),
        of("Practitioner", "2"),
        of("Location", "17", managingOrganization=place),
        of("Organization", "23"),
    ]


def an_appointment(**changes: Any) -> dict[str, Any]:
    """The appointment at the sampled slot, in full."""
    people = [{"actor": {"reference": name}, "status": "accepted"} for name in ("Patient/14", "Location/17")]
    made = of("Appointment", "9", start=START, end=END, created=START, slot=[{"reference": "Slot/1584"}])
    booked_by = {
        "url": STRUCTURE + "Extension-GPConnect-BookingOrganisation-1",
        "valueReference": {"reference": "#1"},
    }
    organisation = {**SAMPLES.full("Organization"), "id": "1"}
    return {**made, "participant": people, "extension": [booked_by], "contained": [organisation], **changes}


# Patients.


@pytest.mark.parametrize("name", PATIENTS)
def test_a_patient_is_asked_for_as_specified_and_each_answer_is_understood(
    mock: Mock, client: GpConnect, name: str
) -> None:
    mock.will_answer("find_patient", bundle(PATIENTS[name]), media=MEDIA)
    numbers = [item.get("value") for item in PATIENTS[name].get("identifier", []) if "system" in item]
    if numbers != [ASHA]:
        with pytest.raises(ClinicalError):  # who it is cannot be known: never somebody by guess
            client.find_patient(ASHA)
        return
    patient = client.find_patient(ASHA)
    assert isinstance(patient, PatientDetails)
    assert (patient.nhs_number, patient.local_id) == (ASHA, PATIENTS[name]["id"])
    names: list[dict[str, str]] = PATIENTS[name].get("name") or [{}]
    assert patient.family == names[0].get("family", "")


@pytest.mark.parametrize("beside", [{}, {"link": [{"relation": "self", "url": "https://provider.example/Patient"}]}])
def test_nobody_is_an_empty_bundle(mock: Mock, client: GpConnect, beside: dict[str, Any]) -> None:
    mock.will_answer("find_patient", bundle(**beside), media=MEDIA)
    with pytest.raises(ClinicalError):
        client.find_patient(ASHA)


def test_a_warning_beside_the_patient_is_no_second_patient(mock: Mock, client: GpConnect) -> None:
    mock.will_answer("find_patient", bundle(a_patient(), SAMPLES.full("OperationOutcome")), media=MEDIA)
    assert client.find_patient(ASHA).nhs_number == ASHA


# Slots.


@pytest.mark.parametrize("name", SLOTS)
def test_slots_are_asked_for_as_specified_and_one_that_lacks_something_hides_no_other(
    mock: Mock, client: GpConnect, name: str
) -> None:
    odd = {**SLOTS[name], "id": "9999", "schedule": {"reference": "Schedule/14"}, "start": START, "end": END}
    mock.will_answer("slots", bundle(odd, a_slot(), *around()), media=MEDIA)
    slots = {slot.id: slot for slot in client.free_slots(today(), day(7), "Flu clinic")}
    assert "1584" in slots
    channels = [item.get("valueCode") for item in odd.get("extension", [])]
    has_type = [item.get("text") for item in odd.get("serviceType", [])] == ["Flu clinic"]
    if channels == ["In-person"] and has_type:
        assert "9999" in slots
    if channels in (["Telephone"], ["Video"]):
        assert "9999" not in slots


ODD = {
    f"{kind}, {name}": (kind, value)
    for kind in ("Schedule", "Practitioner", "Location", "Organization")
    for name, value in SAMPLES.variants(kind)
}


@pytest.mark.parametrize("name", ODD)
def test_what_comes_with_slots_may_lack_what_is_optional(mock: Mock, client: GpConnect, name: str) -> None:
    kind, value = ODD[name]
    entries = [
        {**value, "id": item["id"], **({"actor": item["actor"]} if kind == "Schedule" and value["actor"] else {})}
        if item["resourceType"] == kind
        else item
        for item in around()
    ]
    other = of("Schedule", "15", actor=[{"reference": "Location/18"}])
    second = [a_slot("77", schedule={"reference": "Schedule/15"}), other, of("Location", "18")]
    mock.will_answer("slots", bundle(a_slot(), *second, *entries), media=MEDIA)
    slots = {slot.id for slot in client.free_slots(today(), day(7), "Flu clinic")}
    assert "77" in slots
    if kind != "Schedule":
        assert slots == {"1584", "77"}


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule": {"reference": "https://provider.example/STU3/1/gpconnect/Schedule/14"}},
        {"schedule": {"reference": "Schedule/404"}},
        {"extension": []},
    ],
    ids=["absolute reference", "schedule is not there", "no delivery channel"],
)
def test_an_imperfect_slot_hides_no_other(mock: Mock, client: GpConnect, changes: dict[str, Any]) -> None:
    mock.will_answer("slots", bundle(a_slot("9999", **changes), a_slot(), *around()), media=MEDIA)
    slots = {slot.id for slot in client.free_slots(today(), day(7), "Flu clinic")}
    assert "1584" in slots
    if "https" in str(changes):
        assert "9999" in slots


def test_a_warning_among_the_slots_and_an_absolute_reference_are_understood(mock: Mock, client: GpConnect) -> None:
    base = "https://provider.example/STU3/1/gpconnect/"
    schedule = of("Schedule", "14", actor=[{"reference": base + "Location/17"}, {"reference": base + "Practitioner/2"}])
    slot = a_slot(schedule={"reference": base + "Schedule/14"})
    entries = [slot, schedule, *around()[1:], SAMPLES.full("OperationOutcome")]
    mock.will_answer("slots", bundle(*entries), media=MEDIA)
    [understood] = client.free_slots(today(), day(7), "Flu clinic")
    assert understood.location_id == "17"


# Booking and cancelling.


@pytest.mark.parametrize("name", APPOINTMENTS)
def test_a_booking_is_asked_for_as_specified_and_each_answer_is_understood(
    mock: Mock, client: GpConnect, name: str
) -> None:
    answer = {**APPOINTMENTS[name], "id": "9", "start": START, "end": END, "slot": [{"reference": "Slot/1584"}]}
    answer["participant"] = an_appointment()["participant"]
    mock.will_answer("find_patient", bundle(a_patient()), media=MEDIA)
    location = {"Location": f"{PREFIX}/Appointment/9/_history/1", **VERSION}
    mock.will_answer("book", answer, 201, location, MEDIA)
    if answer["status"] != "booked":
        with pytest.raises(UnknownOutcome):
            client.book(checked(ASHA), SLOT, "Flu clinic")
        return
    made = client.book(checked(ASHA), SLOT, "Flu clinic")
    assert isinstance(made, Appointment)
    assert (made.id, made.status, made.slot_ids) == ("9", AppointmentStatus.BOOKED, ("1584",))


@pytest.mark.parametrize("status", STATUSES)
def test_each_refusal_is_a_typed_error(mock: Mock, client: GpConnect, status: int) -> None:
    mock.will_answer("find_patient", bundle(a_patient()), media=MEDIA)
    mock.will_answer("read_appointment", an_appointment(), headers=VERSION, media=MEDIA)
    for outcome in OUTCOMES.values():
        for operation in ("book", "cancel", "slots", "patient_appointments"):
            mock.answers[operation].clear()
            mock.will_answer(operation, outcome, status, media=MEDIA)
        with pytest.raises(ClinicalError):
            client.book(checked(ASHA), SLOT, "Flu clinic")
        with pytest.raises(ClinicalError):
            client.cancel("9", "Cancelled by patient")
        with pytest.raises(ClinicalError):
            client.free_slots(today(), day(1), "Flu clinic")
        with pytest.raises(ClinicalError):
            client.appointments(ASHA, today(), day(1))


REASON = {"url": STRUCTURE + "Extension-GPConnect-AppointmentCancellationReason-1", "valueString": "An older reason"}


@pytest.mark.parametrize("more", [[], [REASON], [REASON, REASON]], ids=["no reason yet", "one", "two"])
def test_a_cancellation_is_put_back_as_specified(mock: Mock, client: GpConnect, more: list[dict[str, Any]]) -> None:
    current = an_appointment()
    current["extension"] = [*current["extension"], *more]
    mock.will_answer("read_appointment", current, headers=VERSION, media=MEDIA)
    mock.will_answer("cancel", {**current, "status": "cancelled"}, headers={"ETag": 'W/"2"'}, media=MEDIA)
    assert client.cancel("9", "Cancelled by patient").status is AppointmentStatus.CANCELLED
    [request] = mock.asked("cancel")
    sent = json.loads(request.body)
    assert request.header("If-Match") == 'W/"1"'
    assert {key for key in sent if sent[key] != current.get(key)} == {"status", "extension"}


@pytest.mark.parametrize("name", APPOINTMENTS)
def test_each_appointment_of_a_patient_is_understood(mock: Mock, client: GpConnect, name: str) -> None:
    mock.will_answer("find_patient", bundle(a_patient()), media=MEDIA)
    other = {**APPOINTMENTS[name], "id": "10", "start": START, "end": END}
    mock.will_answer("patient_appointments", bundle(an_appointment(), other), media=MEDIA)
    appointments = client.appointments(ASHA, today(), day(30))
    assert {made.id for made in appointments} == {"9", "10"}


def test_samples_are_stu3_and_answers_of_the_schema() -> None:
    """The mock's own answers are judged by both oracles, or they would show nothing."""
    resources = [a_patient(), a_slot(), an_appointment(), *around(), SAMPLES.full("OperationOutcome")]
    assert [fault for resource in resources for fault in stu3.faults(resource)] == []
    assert stu3.faults(bundle(*resources)) == []
