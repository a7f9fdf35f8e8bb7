"""Odd but real resources, and malformed ones (gp-connect#patients, gp-connect#slots)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.clinical.errors import UnreadableAnswer
from integrations.clinical.gp_connect import reading, slots
from integrations.clinical.gp_connect.bundles import searchset
from integrations.clinical.port import AppointmentStatus, Listing, Omission, Slot

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
    "extension": [{"url": slots.DELIVERY_CHANNEL, "valueCode": "In-person"}],
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


def read(*resources: dict[str, Any], offers_unmarked: bool = False) -> Listing[Slot]:
    """The slots of a bundle, as long before they begin as one likes."""
    book = slots.Book()
    book.add(searchset([bundle(*resources)]))
    return book.to_come(datetime(2020, 1, 1, tzinfo=UTC), offers_unmarked=offers_unmarked)


def test_a_slot_in_the_hour_that_comes_twice_keeps_its_offsets() -> None:
    (slot,) = read(SLOT, SCHEDULE, LOCATION)
    assert (slot.start, slot.end) == (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )
    assert (slot.slot_type, slot.session_name, slot.clinician) == ("Flu clinic", "", "")


def test_a_slot_with_no_delivery_channel_is_not_known_to_be_in_person() -> None:
    unmarked = ({**SLOT, "extension": []}, SCHEDULE, LOCATION)
    assert (len(read(*unmarked)), read(*unmarked).unmarked) == (0, 1)
    (slot,) = read(*unmarked, offers_unmarked=True)
    assert not slot.is_marked


def channel(*codes: object) -> list[dict[str, object]]:
    return [{"url": slots.DELIVERY_CHANNEL, "valueCode": code} for code in codes]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"start": "2026-10-25T01:30:00"}, Omission.NO_START),
        ({"start": "0001-01-01T00:00:00+01:00"}, Omission.NO_START),
        ({"start": None}, Omission.NO_START),
        ({"end": 7}, Omission.NO_END),
        ({"end": SLOT["start"]}, Omission.NO_LENGTH),
        ({"id": ""}, Omission.NO_NUMBER),
        ({"id": ".."}, Omission.NO_NUMBER),
        ({"id": "1/2"}, Omission.NO_NUMBER),
        ({"id": 1584}, Omission.NO_NUMBER),
        ({"schedule": {"reference": "Schedule/15"}}, Omission.NO_SESSION),
        ({"schedule": {"reference": "Location/17"}}, Omission.NO_SESSION),
        ({"schedule": []}, Omission.NO_SESSION),
        ({"status": None}, Omission.BROKEN),
        ({"extension": channel("Telephone", "In-person")}, Omission.UNCLEAR_KIND),
        ({"extension": channel("On foot")}, Omission.UNCLEAR_KIND),
    ],
)
def test_an_odd_slot_costs_itself_alone(change: dict[str, Any], why: Omission) -> None:
    listed = read({**SLOT, **change}, {**SLOT, "id": "1585"}, SCHEDULE, LOCATION)
    assert ([slot.id for slot in listed], dict(listed.left_out)) == (["1585"], {why: 1})


@pytest.mark.parametrize("change", [{"status": "busy"}, {"extension": channel("Telephone")}])
def test_a_slot_that_is_surely_not_for_us_is_not_counted(change: dict[str, Any]) -> None:
    listed = read({**SLOT, **change}, SCHEDULE, LOCATION)
    assert (list(listed), dict(listed.left_out), listed.unmarked) == ([], {}, 0)


def test_a_slot_listed_at_two_times_is_at_neither() -> None:
    listed = read(SLOT, {**SLOT, "end": "2026-10-25T02:00:00+00:00"}, SLOT, SCHEDULE, LOCATION)
    assert (list(listed), dict(listed.left_out)) == ([], {Omission.CONTRADICTORY: 1})


def test_a_session_that_names_no_location_has_no_slots() -> None:
    listed = read(SLOT, {**SCHEDULE, "actor": [{"reference": "Practitioner/2"}]}, LOCATION)
    assert (list(listed), dict(listed.left_out)) == ([], {Omission.NO_PLACE: 1})


def test_a_location_that_is_only_named_can_be_booked_without_its_name() -> None:
    (slot,) = read(SLOT, SCHEDULE)
    assert (slot.location_id, slot.location, slot.address) == ("17", "", "")


@pytest.mark.parametrize(
    "reference", ["https://provider.example.nhs.uk/STU3/Location/17", "Location/17/_history/3", " Location/17 "]
)
def test_references_are_read_however_they_are_written(reference: str) -> None:
    (slot,) = read(SLOT, {**SCHEDULE, "actor": [{"reference": reference}]}, LOCATION)
    assert (slot.location_id, slot.location) == ("17", "Example Surgery")


def test_references_may_be_those_of_the_bundle_alone() -> None:
    entries = [
        {"resource": {**SLOT, "schedule": {"reference": "urn:uuid:1"}}},
        {"fullUrl": "urn:uuid:1", "resource": {**SCHEDULE, "actor": [{"reference": "urn:uuid:2"}]}},
        {"fullUrl": "urn:uuid:2", "resource": LOCATION},
    ]
    book = slots.Book()
    book.add(searchset([{"resourceType": "Bundle", "entry": entries}]))
    (slot,) = book.to_come(datetime(2020, 1, 1, tzinfo=UTC), offers_unmarked=False)
    assert (slot.schedule_id, slot.location_id) == ("14", "17")


def test_what_is_left_out_of_one_type_is_not_counted_for_another() -> None:
    book = slots.Book()
    odd = {**SLOT, "end": None}
    book.add(searchset([bundle(odd, {**odd, "id": "1585", "serviceType": []}, SCHEDULE, LOCATION)]))
    early = datetime(2020, 1, 1, tzinfo=UTC)
    for slot_type, count in (("Flu clinic", 2), ("Travel", 1), (None, 2)):
        listed = book.to_come(early, offers_unmarked=False, slot_type=slot_type)
        assert dict(listed.left_out) == {Omission.NO_END: count}
    assert not book.to_come(datetime(2030, 1, 1, tzinfo=UTC), offers_unmarked=False).left_out


@pytest.mark.parametrize("payload", [{"resourceType": "Slot", "id": "1"}, {"resourceType": "Bundle", "entry": 5}])
def test_what_is_no_bundle_is_unreadable(payload: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer):
        searchset([payload])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("booked", AppointmentStatus.BOOKED),
        ("noshow", AppointmentStatus.MISSED),
        ("arrived", AppointmentStatus.BOOKED),
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


@pytest.mark.parametrize(
    ("fields", "minutes"), [({}, 0), ({"minutesDuration": 10}, 10), ({"end": "soon", "minutesDuration": "10"}, 0)]
)
def test_an_appointment_without_an_end_is_read_by_its_length(fields: dict[str, Any], minutes: int) -> None:
    read = reading.appointment(
        {"resourceType": "Appointment", "id": "9", "status": "booked", "start": SLOT["start"], **fields}
    )
    assert (read.end - read.start, read.version) == (timedelta(minutes=minutes), "")


@pytest.mark.parametrize("numbers", [[], ["9990000018", "9990000026"], [""], [None]])
def test_a_patient_without_one_nhs_number_is_unreadable(numbers: list[object]) -> None:
    identifiers = [{"system": reading.NHS_NUMBER, "value": number} for number in numbers]
    with pytest.raises(UnreadableAnswer):
        reading.patient({**PATIENT, "identifier": identifiers})


def test_a_number_may_be_written_in_groups_and_twice() -> None:
    identifiers = [{"system": reading.NHS_NUMBER, "value": written} for written in ("999 000 0018", "9990000018")]
    assert reading.patient({**PATIENT, "identifier": identifiers}).nhs_number == "9990000018"
