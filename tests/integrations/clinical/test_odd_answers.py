"""Odd answers over HTTP: one odd resource costs one slot, and nothing is concluded wrongly (gp-connect#odd-answers)."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from integrations.clinical.errors import (
    AppointmentNotFound,
    BookingRefused,
    Busy,
    NotAuthorised,
    OtherNumber,
    PatientNotFound,
    SeveralPatients,
    SlotGone,
    UnreadableAnswer,
)
from integrations.clinical.port import AppointmentStatus, Omission, left_out_of
from tests.integrations.clinical.world import ASHA, FLU, World, checked, day, session, today

SLOTS, PATIENT, APPOINTMENTS, APPOINTMENT, CANCEL = (
    f"gp_connect.{part}" for part in ("slots", "patient", "appointments", "appointment", "cancel")
)


def free(world: World) -> tuple[int, Mapping[Omission, int]]:
    """How many flu slots there are in two weeks, of two, and why others are left out."""
    slots = world.clinical.free_slots(today(), day(13), FLU)
    return len(slots), dict(left_out_of(slots))


@pytest.mark.parametrize(
    ("kind", "left", "why"),
    [
        ("slot_without_start", 1, Omission.NO_START),
        ("slot_of_other_type", 1, Omission.NO_START),
        ("slot_without_offset", 1, Omission.NO_START),
        ("slot_without_end", 1, Omission.NO_END),
        ("slot_of_no_length", 1, Omission.NO_LENGTH),
        ("slot_backwards", 1, Omission.NO_LENGTH),
        ("slot_without_id", 1, Omission.NO_NUMBER),
        ("slot_without_session", 1, Omission.NO_SESSION),
        ("entry_without_resource", 2, Omission.BROKEN),
        ("entry_of_nothing", 2, Omission.BROKEN),
        ("entry_of_error", 2, Omission.BROKEN),
    ],
)
def test_one_odd_resource_costs_one_slot(emis: World, kind: str, left: int, why: Omission) -> None:
    emis.sandbox.fault(SLOTS, kind)
    assert free(emis) == (left, {why: 1})


@pytest.mark.parametrize(
    ("kind", "why"), [("session_missing", Omission.NO_SESSION), ("session_without_place", Omission.NO_PLACE)]
)
def test_without_its_session_or_place_no_slot_of_a_session_can_be_booked(emis: World, kind: str, why: Omission) -> None:
    emis.sandbox.control("seed", {"sessions": [session(2, 1, name="Other session")]})
    emis.sandbox.fault(SLOTS, kind)
    left, left_out = free(emis)
    assert (left, left_out[why]) == (2, 1)


@pytest.mark.parametrize(
    "kind",
    [
        *("slot_in_utc", "slot_with_fraction", "absolute_references", "unknown_type", "remark", "twice"),
        *("place_missing", "clinician_without_name", "clinician_missing"),
    ],
)
def test_what_is_only_unusual_costs_nothing_and_can_be_booked(emis: World, kind: str) -> None:
    emis.sandbox.fault(SLOTS, kind, code=None if kind in ("remark", "twice") else "all")
    slots = emis.clinical.free_slots(today(), day(13), FLU)
    assert len(slots) == 2
    assert left_out_of(slots).keys() <= {Omission.BROKEN}  # an entry of nothing in the place of a missing clinician
    assert emis.clinical.book(checked(ASHA), slots[0], "Flu").status is AppointmentStatus.BOOKED


def test_slots_come_with_who_is_seen_and_where(emis: World) -> None:
    details = {"role": "Practice nurse", "gender": "female", "address": "1 High Street, Leeds, LS1 6AE"}
    more = session(3, 1, slot_type="Travel", clinician="Sr Ida Brown", location="Other Surgery", **details)
    emis.sandbox.control("seed", {"sessions": [more]})
    (slot,) = emis.clinical.free_slots(today(), day(13), "Travel")
    assert (slot.clinician, slot.role, slot.gender) == ("Sr Ida Brown", "Practice nurse", "female")
    assert (slot.location, slot.address) == ("Other Surgery", "1 High Street, Leeds, LS1 6AE")
    made = emis.clinical.book(checked(ASHA), slot, "Travel")
    assert made.slot_ids == (slot.id,)
    assert slot.practitioner_id


@pytest.mark.hazard("H-11.1")
def test_slots_without_a_delivery_channel_are_counted_and_offered_where_the_practice_wants_them(emis: World) -> None:
    emis.sandbox.control("seed", {"sessions": [session(3, 3, delivery_channel="")]})
    for offers, left in ((False, 2), (True, 5)):
        clinical = emis.adapter(offers_unmarked=offers)
        slots, types = clinical.free_slots(today(), day(13), FLU), clinical.slot_types(today(), day(13))
        assert (len(slots), getattr(slots, "unmarked", 0), getattr(types, "unmarked", 0)) == (left, 3, 3)
        assert [item.free for item in types] == [left]


@pytest.mark.parametrize("kind", ["paged", "paged_relative"])
@pytest.mark.parametrize("through_proxy", [False, True])
def test_all_pages_of_a_search_are_read(emis: World, kind: str, through_proxy: bool) -> None:
    emis.sandbox.control("seed", {"sessions": [session(3, 7)]})
    clinical = emis.adapter(ssp_url=f"{emis.sandbox.url}/ssp") if through_proxy else emis.clinical
    emis.sandbox.fault(SLOTS, kind, times=None)
    slots = clinical.free_slots(today(), day(13), FLU)
    assert (len(slots), dict(left_out_of(slots))) == (9, {})
    assert len(emis.calls(SLOTS)) > 4


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        *[(kind, SLOTS) for kind in ("paged_elsewhere", "paged_in_a_circle", "paged_without_end")],
        *[(kind, PATIENT) for kind in ("paged_in_a_circle", "paged_without_end")],
    ],
)
def test_pages_from_elsewhere_or_without_end_are_unreadable(emis: World, kind: str, target: str) -> None:
    emis.sandbox.control("seed", {"sessions": [session(3, 3)]})
    emis.sandbox.fault(target, kind, times=None)
    with pytest.raises(UnreadableAnswer):
        emis.slots() if target == SLOTS else emis.clinical.find_patient(ASHA)
    assert len(emis.calls(target)) <= 100


@pytest.mark.parametrize(
    "body", ['{"resourceType": "Bundle", "total": NaN}', '{"resourceType": "Bundle", "entry": ' + "[" * 100_000]
)
def test_json_that_is_none_is_unreadable(emis: World, body: str) -> None:
    emis.sandbox.fault(SLOTS, "status", status=200, body=body)
    with pytest.raises(UnreadableAnswer):
        emis.slots()


@pytest.mark.parametrize("kind", ["patient_without_name", "remark", "absolute_references", "entry_of_nothing"])
def test_an_odd_patient_who_is_surely_the_one_is_found(emis: World, kind: str) -> None:
    emis.sandbox.fault(PATIENT, kind)
    assert emis.clinical.find_patient(ASHA).nhs_number == ASHA


@pytest.mark.parametrize(("kind", "error"), [("patient_without_number", UnreadableAnswer), ("twice", SeveralPatients)])
def test_a_patient_who_may_be_another_is_not_taken(emis: World, kind: str, error: type[Exception]) -> None:
    emis.sandbox.fault(PATIENT, kind)
    with pytest.raises(error) as caught:
        emis.clinical.find_patient(ASHA)
    assert not isinstance(caught.value, OtherNumber)


@pytest.mark.parametrize("kind", ["appointment_without_start", "appointment_without_status", "entry_of_error"])
def test_one_odd_appointment_does_not_lose_the_others_and_is_counted(emis: World, kind: str) -> None:
    for slot in emis.slots()[:2]:
        emis.clinical.book(checked(ASHA), slot, "Flu")
    emis.sandbox.fault(APPOINTMENTS, kind)
    listed = emis.clinical.appointments(ASHA, today(), day(42))
    assert (len(listed), dict(left_out_of(listed))) == (2 - (kind != "entry_of_error"), {Omission.BROKEN: 1})


def test_an_appointment_that_does_not_say_its_slot_is_in_none(emis: World) -> None:
    emis.clinical.book(checked(ASHA), emis.slots()[0], "Flu")
    emis.sandbox.fault(APPOINTMENTS, "appointment_without_slot")
    (listed,) = emis.clinical.appointments(ASHA, today(), day(42))
    assert listed.slot_ids == ()


@pytest.mark.parametrize("like_demonstrator", [False, True])
def test_what_the_practice_has_removed_is_gone(emis: World, like_demonstrator: bool) -> None:
    made = emis.clinical.book(checked(ASHA), emis.slots()[0], "Flu")
    emis.sandbox.control("gp-connect", {"like_demonstrator": like_demonstrator})
    emis.sandbox.control("remove-appointment", {"id": made.id})
    with pytest.raises(AppointmentNotFound):
        emis.clinical.cancel(made.id, "Cancelled by patient")


@pytest.mark.parametrize("target", [APPOINTMENT, CANCEL])
@pytest.mark.parametrize(
    "answer",
    [
        {"code": "PATIENT_NOT_FOUND"},
        {"code": "REFERENCE_NOT_FOUND"},
        {"body": '{"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}'},
        {"body": "<html>Not found</html>"},
        {"body": ""},
    ],
)
@pytest.mark.parametrize("status", [404, 410])
def test_any_404_about_an_appointment_means_gone(emis: World, target: str, answer: dict[str, str], status: int) -> None:
    made = emis.clinical.book(checked(ASHA), emis.slots()[0], "Flu")
    emis.sandbox.fault(target, "status", status=status, **answer)
    with pytest.raises(AppointmentNotFound):
        emis.clinical.cancel(made.id, "Cancelled by patient")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 404, "body": "<html>Not found</html>"}, UnreadableAnswer),
        ({"status": 404, "code": "ORGANISATION_NOT_FOUND"}, NotAuthorised),
        ({"status": 503, "body": "down"}, Busy),
    ],
)
def test_a_404_of_a_whole_address_is_not_one_appointments_end(
    emis: World, answer: dict[str, object], error: type[Exception]
) -> None:
    made = emis.clinical.book(checked(ASHA), emis.slots()[0], "Flu")
    emis.sandbox.fault(APPOINTMENT, "status", status=404, body="<html>Not found</html>")
    emis.sandbox.fault("gp_connect.metadata", "status", times=None, **answer)
    with pytest.raises(error):
        emis.clinical.cancel(made.id, "Cancelled by patient")


def test_a_reason_that_is_there_already_gives_way(emis: World) -> None:
    made = emis.clinical.book(checked(ASHA), emis.slots()[0], "Flu")
    emis.sandbox.fault(APPOINTMENT, "appointment_with_reason")
    assert emis.clinical.cancel(made.id, "Cancelled by patient").status is AppointmentStatus.CANCELLED
    assert emis.calls(CANCEL) == [200]


def test_a_version_may_stand_in_the_header_alone(emis: World) -> None:
    made = emis.clinical.book(checked(ASHA), emis.slots()[0], "Flu")
    emis.sandbox.fault(APPOINTMENT, "appointment_without_version")
    assert emis.clinical.cancel(made.id, "Cancelled by patient").status is AppointmentStatus.CANCELLED


@pytest.mark.parametrize("like_demonstrator", [False, True])
def test_a_booking_error_is_about_what_it_names(emis: World, like_demonstrator: bool) -> None:
    emis.sandbox.control("gp-connect", {"like_demonstrator": like_demonstrator})
    slot = emis.slots()[0]
    with pytest.raises(SlotGone):
        emis.clinical.book(checked(ASHA), replace(slot, id="987654"), "Flu")
    # A location whose number is the slot's is not the slot.
    with pytest.raises(BookingRefused):
        emis.clinical.book(checked(ASHA), replace(slot, location_id=slot.id + "9", id=slot.id), "Flu")
    with pytest.raises(SlotGone):
        emis.clinical.book(checked(ASHA), replace(slot, practitioner_id="987654"), "Flu")


def test_a_patient_who_left_in_between_is_named_by_the_error(emis: World) -> None:
    slot = emis.slots()[0]
    words = "Patient resource reference 2 is not a valid resource."
    body = (
        '{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid", "details":'
        f' {{"coding": [{{"code": "INVALID_RESOURCE"}}]}}, "diagnostics": "{words}"}}]}}'
    )
    emis.sandbox.fault("gp_connect.book", "status", status=422, body=body)
    with pytest.raises(PatientNotFound):
        emis.clinical.book(checked(ASHA), slot, "Flu")


def test_a_body_without_its_encoding_is_refused_by_the_stand_in(emis: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.clinical.gp_connect.transport.CONTENT_TYPE", "application/fhir+json")
    with pytest.raises(NotAuthorised):
        emis.clinical.book(checked(ASHA), emis.slots()[0], "Flu")
    assert emis.books("appointments") == []
