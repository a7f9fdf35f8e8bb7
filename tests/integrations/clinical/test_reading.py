"""Odd but real resources, and malformed ones (gp-connect#patients, gp-connect#slots)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.clinical.gp_connect import reading
from integrations.clinical.port import AppointmentStatus, UnreadableAnswer

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "2",
    "identifier": [{"system": reading.NHS_NUMBER, "value": "9990000018"}],
    "name": [
        {"use": "nickname", "family": "Pat"},
        {"use": "official", "family": "Patel", "given": ["Asha", "Devi"], "prefix": ["Mrs"]},
    ],
    "birthDate": "1958-03-09",
}
SLOT: dict[str, Any] = {
    "resourceType": "Slot",
    "id": "1584",
    "extension": [{"url": reading.DELIVERY_CHANNEL, "valueCode": "In-person"}],
    "serviceType": [{"text": " Flu clinic "}],
    "schedule": {"reference": "Schedule/14"},
    "status": "free",
    "start": "2026-10-25T01:30:00+01:00",
    "end": "2026-10-25T01:30:00+00:00",
}
SCHEDULE = {"resourceType": "Schedule", "id": "14", "actor": [{"reference": "Location/17"}]}
LOCATION = {"resourceType": "Location", "id": "17", "name": "Example Surgery"}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": item} for item in resources]}


def test_the_official_name_is_taken() -> None:
    patient = reading.patient(PATIENT)
    assert (patient.title, patient.given, patient.family) == ("Mrs", "Asha Devi", "Patel")


@pytest.mark.parametrize("born", ["1958", "1958-03", "", "1958-13-09"])
def test_a_birth_date_in_part_is_none(born: str) -> None:
    assert reading.patient({**PATIENT, "birthDate": born}).date_of_birth is None


def test_mobiles_come_by_rank_and_never_a_home_or_old_number() -> None:
    telecom = [
        {"system": "email", "value": "asha@example.com", "use": "mobile"},
        {"system": "phone", "value": "01632 960001", "use": "home"},
        {"system": "phone", "value": "07700 900005"},
        {"system": "phone", "value": "07700 900002", "use": "mobile", "rank": 2},
        {"system": "phone", "value": "07700 900001", "use": "mobile", "rank": 1},
        {"system": "phone", "value": "07700 900009", "use": "old"},
        {"system": "phone", "use": "mobile"},
    ]
    mobiles = reading.patient({**PATIENT, "telecom": telecom}).mobiles
    assert mobiles == ("07700 900001", "07700 900002", "07700 900005")


def test_a_slot_in_the_hour_that_comes_twice_keeps_its_offsets() -> None:
    (slot,) = reading.free_slots(bundle(SLOT, SCHEDULE, LOCATION))
    assert (slot.start, slot.end) == (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )
    assert (slot.slot_type, slot.session_name, slot.clinician) == ("Flu clinic", "", "")


def test_a_slot_with_no_delivery_channel_is_not_known_to_be_in_person() -> None:
    assert reading.free_slots(bundle({**SLOT, "extension": []}, SCHEDULE, LOCATION)) == []


@pytest.mark.parametrize(
    "payload",
    [
        bundle(SLOT, SCHEDULE),
        bundle(SLOT, LOCATION),
        bundle({**SLOT, "start": "2026-10-25T01:30:00"}, SCHEDULE, LOCATION),
        bundle({**SLOT, "start": None}, SCHEDULE, LOCATION),
        bundle({**SLOT, "id": ""}, SCHEDULE, LOCATION),
        {"resourceType": "Slot", "id": "1"},
        {"resourceType": "Bundle", "entry": [{}]},
        {"resourceType": "Bundle", "entry": 5},
    ],
)
def test_malformed_slots_are_unreadable(payload: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer), reading.promised():
        reading.free_slots(payload)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("booked", AppointmentStatus.BOOKED),
        ("noshow", AppointmentStatus.BOOKED),
        ("cancelled", AppointmentStatus.CANCELLED),
    ],
)
def test_an_appointment_of_the_practices_own_needs_no_slot_type(status: str, expected: AppointmentStatus) -> None:
    appointment = reading.appointment(
        {
            "resourceType": "Appointment",
            "id": "9",
            "meta": {"versionId": "3"},
            "status": status,
            "slot": [{"reference": "https://provider.example.nhs.uk/Slot/1584"}, {"reference": "Slot/1585"}],
            "start": "2026-10-10T09:00:00+01:00",
            "end": "2026-10-10T09:10:00+01:00",
        }
    )
    assert (appointment.status, appointment.slot_ids, appointment.slot_type, appointment.version) == (
        expected,
        ("1584", "1585"),
        "",
        "3",
    )
