"""What every adapter must do, run against every record system. A new adapter passes this suite first."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from integrations.clinical.errors import (
    AppointmentNotFound,
    BookingRefused,
    Busy,
    ClinicalError,
    InvalidNhsNumber,
    NotAuthorised,
    NotEnabled,
    PatientNotFound,
    SeveralPatients,
    SlotGone,
    SlotTaken,
    UnknownOutcome,
    UnreadableAnswer,
)
from integrations.clinical.port import AppointmentStatus, SlotType
from tests.integrations.clinical.world import (
    ASHA,
    BEN,
    DECEASED,
    FLU,
    LEFT,
    ODS,
    PHONE,
    SENSITIVE,
    UNKNOWN,
    World,
    checked,
    code,
    day,
    session,
    today,
)

LOGIN_PAGE = "<!doctype html><title>Log in</title>"


def test_finds_a_patient(world: World) -> None:
    patient = world.clinical.find_patient(ASHA)
    assert (patient.nhs_number, patient.title, patient.given, patient.family) == (ASHA, "Mrs", "Asha", "Patel")
    assert patient.date_of_birth == date(1958, 3, 9)
    assert patient.mobiles == ("07700 900123",)


def test_a_patient_without_a_mobile_has_none(world: World) -> None:
    assert world.clinical.find_patient(BEN).mobiles == ()


@pytest.mark.parametrize("number", [UNKNOWN, DECEASED, LEFT, SENSITIVE])
def test_who_is_not_shown_is_not_found(world: World, number: str) -> None:
    with pytest.raises(PatientNotFound):
        world.clinical.find_patient(number)


@pytest.mark.parametrize("number", ["9990000019", "999", "999000001|", ""])
def test_a_wrong_nhs_number_is_named_so(world: World, number: str) -> None:
    with pytest.raises(InvalidNhsNumber):
        world.clinical.find_patient(number)


def test_a_number_that_two_patients_have_is_nobody(world: World) -> None:
    twin = {"ods": ODS, "nhs_number": ASHA, "given": "A", "family": "Patel", "dob": "1958-03-09"}
    world.sandbox.control("seed", {"patients": [twin]})
    with pytest.raises(SeveralPatients):
        world.clinical.find_patient(ASHA)


def test_slot_types_are_counted_by_name(world: World) -> None:
    more = [session(2, 3, slot_type="Asthma review"), session(2, 3, slot_type=PHONE, delivery_channel="Telephone")]
    world.sandbox.control("seed", {"sessions": more})
    assert world.clinical.slot_types(today(), day(42)) == [SlotType("Asthma review", 3), SlotType(FLU, 6)]


def test_free_slots_over_more_than_two_windows_come_once_and_in_order(world: World) -> None:
    slots = world.slots()
    assert [slot.start.date() for slot in slots] == [day(1), day(1), day(20), day(20), day(40), day(40)]
    assert len({slot.id for slot in slots}) == 6
    assert slots == sorted(slots, key=lambda slot: slot.start)
    assert all(slot.start.tzinfo and slot.end - slot.start == timedelta(minutes=5) for slot in slots)
    first = slots[0]
    assert (first.session_name, first.slot_type, first.clinician) == ("Flu session", FLU, "Sr Sara Black")
    assert first.location == "Example Surgery"


def test_every_day_of_a_long_range_is_searched(world: World) -> None:
    world.sandbox.control("seed", {"sessions": [session(n, 1, slot_type="Daily") for n in range(1, 60)]})
    free_slots = world.clinical.free_slots(day(1), day(59), "Daily")
    assert [slot.start.date() for slot in free_slots] == [day(n) for n in range(1, 60)]


def test_only_free_bookable_slots_in_person_and_for_us_are_offered(world: World) -> None:
    hidden: list[dict[str, object]] = [
        {"taken": True},
        {"bookable": False},
        {"delivery_channel": "Video"},
        {"delivery_channel": "Visit"},
        {"only_ods": "Y99999"},
        {"only_organisation_type": "urgent-care"},
    ]
    ours = session(3, 1, slot_type="Ours", only_ods=ODS, only_organisation_type="gp-practice", clinician="")
    world.sandbox.control("seed", {"sessions": [ours, *(session(3, 1, slot_type="Ours", **item) for item in hidden)]})
    assert [slot.clinician for slot in world.clinical.free_slots(today(), day(10), "Ours")] == [""]


def test_slots_that_have_begun_are_not_offered(world: World) -> None:
    world.sandbox.control("seed", {"sessions": [session(0, 1, slot_type="Early", start=f"{today()}T00:00:00")]})
    assert world.clinical.free_slots(today(), day(1), "Early") == []


def test_no_slots_is_an_empty_list(world: World) -> None:
    assert world.clinical.free_slots(day(2), day(3), FLU) == []
    assert world.clinical.free_slots(day(3), day(2), FLU) == []


def test_books_a_slot(world: World) -> None:
    slot = world.slots()[0]
    made = world.clinical.book(checked(ASHA), slot, "Flu vaccination " + "x" * 200)
    assert (made.status, made.slot_ids, made.slot_type) == (AppointmentStatus.BOOKED, (slot.id,), FLU)
    assert (made.start, made.end) == (slot.start, slot.end)
    (appointment,) = world.books("appointments")
    assert (appointment["nhs_number"], appointment["status"]) == (ASHA, "booked")
    assert appointment["description"].startswith("Flu vaccination x")
    assert len(appointment["description"]) == 100
    assert slot.id not in [free.id for free in world.slots()]


def test_a_slot_that_a_receptionist_took_is_taken(world: World) -> None:
    world.sandbox.fault("gp_connect.book", "slot_taken")
    with pytest.raises(SlotTaken):
        world.clinical.book(checked(ASHA), world.slots()[0], "Flu")
    assert world.books("appointments") == []


def test_many_patients_and_one_slot_make_one_appointment(world: World) -> None:
    slot = world.slots()[0]

    def attempt(number: str) -> str:
        try:
            return world.clinical.book(checked(number), slot, "Flu").id
        except SlotTaken:
            return ""

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(attempt, [ASHA, BEN] * 10))
    assert len([appointment_id for appointment_id in made if appointment_id]) == 1
    assert len(world.books("appointments")) == 1


def test_a_slot_that_is_no_more_is_gone(world: World) -> None:
    with pytest.raises(SlotGone):
        world.clinical.book(checked(ASHA), replace(world.slots()[0], id="987654"), "Flu")


def test_a_slot_that_has_begun_is_gone(world: World) -> None:
    start = f"{today()}T00:00:00"
    seeded = world.sandbox.control("seed", {"sessions": [session(0, 1, start=start)]})
    slot = world.slots()[0]
    # The slot as it was offered before it began.
    begun = next(item for item in world.books("slots") if item["id"] == seeded["first_slot_ids"][-1])
    past = replace(
        slot,
        id=str(begun["id"]),
        start=type(slot.start).fromisoformat(begun["start"]),
        end=type(slot.start).fromisoformat(begun["finish"]),
    )
    with pytest.raises(SlotGone):
        world.clinical.book(checked(ASHA), past, "Flu")


def test_a_broken_practice_rule_refuses_the_booking(world: World) -> None:
    world.sandbox.fault("gp_connect.book", "refuse", code="INVALID_RESOURCE")
    with pytest.raises(BookingRefused):
        world.clinical.book(checked(ASHA), world.slots()[0], "Flu")


def test_nobody_is_booked_who_is_not_found(world: World) -> None:
    with pytest.raises(PatientNotFound):
        world.clinical.book(checked(DECEASED), world.slots()[0], "Flu")
    assert world.calls("gp_connect.book") == []


@pytest.mark.parametrize(("kind", "booked"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_booking_without_an_answer_is_unknown_until_the_appointments_are_read(
    world: World, kind: str, booked: int
) -> None:
    slot = world.slots()[0]
    world.sandbox.fault("gp_connect.book", kind)
    with pytest.raises(UnknownOutcome):
        world.clinical.book(checked(ASHA), slot, "Flu")
    assert world.calls("gp_connect.book") == [0]
    appointments = world.clinical.appointments(ASHA, today(), day(42))
    assert [(item.start, item.slot_ids) for item in appointments] == [(slot.start, (slot.id,))] * booked


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "code": "INTERNAL_SERVER_ERROR"},
        {"status": 502},
        {"status": 200, "body": LOGIN_PAGE},
        {"status": 201, "body": ""},
        {"status": 201, "body": '{"resourceType": "Appointment", "id": "1", "sta', "content_type": "text/plain"},
        {"status": 201, "body": '{"resourceType": "Appointment", "status": "booked"}'},
        {"status": 302, "body": "", "headers": {"Location": "/__control/health"}},
        {"status": 401, "body": LOGIN_PAGE, "expected": NotAuthorised},
        {"status": 404, "body": LOGIN_PAGE},
        {"status": 429, "body": "", "headers": {"Retry-After": "7"}, "expected": Busy},
    ],
    ids=lambda fault: f"{fault['status']}-{len(str(fault))}",
)
def test_only_a_clear_answer_to_a_booking_is_believed(world: World, fault: dict[str, object]) -> None:
    slot = world.slots()[0]
    expected = fault.get("expected", UnknownOutcome)
    world.sandbox.fault(
        "gp_connect.book", "status_after", **{name: value for name, value in fault.items() if name != "expected"}
    )
    with pytest.raises(ClinicalError) as caught:
        world.clinical.book(checked(ASHA), slot, "Flu")
    assert type(caught.value) is expected
    assert len(world.calls("gp_connect.book")) == 1


def test_appointments_hold_cancelled_ones_and_leave_out_the_past(world: World) -> None:
    first, second = world.slots()[:2]
    remaining = world.clinical.book(checked(ASHA), first, "Flu")
    dropped = world.clinical.book(checked(ASHA), second, "Flu")
    world.clinical.cancel(dropped.id, "Cancelled by patient")
    appointments = world.clinical.appointments(ASHA, day(-30), day(42))
    assert [(item.id, item.status.value, item.slot_type) for item in appointments] == [
        (remaining.id, "booked", FLU),
        (dropped.id, "cancelled", FLU),
    ]
    assert world.clinical.appointments(ASHA, day(-30), day(-1)) == []
    assert world.clinical.appointments(BEN, today(), day(42)) == []


def test_cancelling_frees_the_slot_and_may_be_repeated(world: World) -> None:
    slot = world.slots()[0]
    made = world.clinical.book(checked(ASHA), slot, "Flu")
    for _ in range(2):
        gone = world.clinical.cancel(made.id, "Cancelled by patient")
        assert (gone.id, gone.status) == (made.id, AppointmentStatus.CANCELLED)
    assert world.calls("gp_connect.cancel") == [200]
    assert slot.id in [free.id for free in world.slots()]


def test_cancelling_what_somebody_else_cancels_in_between_succeeds(world: World) -> None:
    made = world.clinical.book(checked(ASHA), world.slots()[0], "Flu")
    world.sandbox.fault("gp_connect.cancel", "status_after", status=409, code="FHIR_CONSTRAINT_VIOLATION")
    assert world.clinical.cancel(made.id, "Cancelled by patient").status is AppointmentStatus.CANCELLED


def test_a_cancellation_without_an_answer_is_unknown_and_may_be_repeated(world: World) -> None:
    made = world.clinical.book(checked(ASHA), world.slots()[0], "Flu")
    world.sandbox.fault("gp_connect.cancel", "timeout_after")
    with pytest.raises(UnknownOutcome):
        world.clinical.cancel(made.id, "Cancelled by patient")
    assert world.clinical.cancel(made.id, "Cancelled by patient").status is AppointmentStatus.CANCELLED


def test_cancelling_an_unknown_appointment(world: World) -> None:
    with pytest.raises(AppointmentNotFound):
        world.clinical.cancel("987654", "Cancelled by patient")


def test_a_code_is_filed_and_verified(world: World) -> None:
    wanted = code()
    filed = world.clinical.file_code(checked(ASHA), wanted)
    (entry,) = world.books("codes")
    assert filed.verified
    assert (entry["entry_id"], entry["nhs_number"], entry["snomed"]) == (filed.entry_id, ASHA, wanted.concept_id)
    assert (entry["day"], entry["term"]) == (wanted.on.isoformat(), wanted.term)


def test_the_same_key_files_one_entry_even_days_later(world: World) -> None:
    wanted = code()
    first = world.clinical.file_code(checked(ASHA), wanted)
    world.sandbox.control("clock", {"offset_seconds": 3 * 24 * 3600})
    assert world.clinical.file_code(checked(ASHA), wanted) == first
    assert len(world.books("codes")) == 1


def test_a_code_without_an_answer_may_be_sent_again(world: World) -> None:
    wanted = code()
    world.sandbox.fault("gateway.codes", "timeout_after")
    with pytest.raises(UnknownOutcome):
        world.clinical.file_code(checked(ASHA), wanted)
    assert world.clinical.file_code(checked(ASHA), wanted).verified
    assert len(world.books("codes")) == 1


def test_a_code_that_shows_later_is_not_verified_until_then(world: World) -> None:
    wanted = code()
    world.sandbox.fault("gateway.codes", "late_code", seconds=60)
    first = world.clinical.file_code(checked(ASHA), wanted)
    assert not first.verified
    world.sandbox.control("clock", {"offset_seconds": 61})
    second = world.clinical.file_code(checked(ASHA), wanted)
    assert second.verified
    assert second.entry_id == first.entry_id


@pytest.mark.parametrize("number", [UNKNOWN, DECEASED, LEFT, SENSITIVE])
def test_no_code_is_filed_for_who_is_not_found(world: World, number: str) -> None:
    with pytest.raises(PatientNotFound):
        world.clinical.file_code(checked(number), code())
    assert world.books("codes") == []


def test_codes_need_a_gateway_and_its_token(world: World) -> None:
    with pytest.raises(NotEnabled):
        world.adapter(gateway_url="").file_code(checked(ASHA), code())
    with pytest.raises(NotAuthorised):
        world.adapter(gateway_token="wrong").file_code(checked(ASHA), code())


@pytest.mark.parametrize("wrong", ["asid_from", "asid_to"])
def test_a_wrong_asid_is_for_an_administrator(world: World, wrong: str) -> None:
    with pytest.raises(NotAuthorised):
        world.adapter(**{wrong: "100000000000"}).find_patient(ASHA)


def test_a_capability_that_is_off_is_not_enabled(world: World) -> None:
    off = {"ods": ODS, "system": world.system, "name": "Example Surgery", "gp_connect_enabled": False}
    world.sandbox.control("seed", {"practices": [off]})
    with pytest.raises(NotEnabled):
        world.clinical.find_patient(ASHA)


def test_a_read_is_tried_again_when_the_proxy_fails(world: World) -> None:
    world.sandbox.fault("gp_connect.patient", "status", status=502, times=2)
    assert world.clinical.find_patient(ASHA).nhs_number == ASHA
    assert world.calls("gp_connect.patient") == [502, 502, 200]


def test_a_read_that_keeps_failing_is_busy(world: World) -> None:
    world.sandbox.fault("gp_connect.patient", "timeout_before", times=None)
    with pytest.raises(Busy):
        world.clinical.find_patient(ASHA)
    assert world.calls("gp_connect.patient") == [0, 0, 0]


def test_a_write_is_never_tried_again(world: World) -> None:
    slot = world.slots()[0]
    world.sandbox.fault("gp_connect.book", "status", status=502, times=2)
    with pytest.raises(UnknownOutcome):
        world.clinical.book(checked(ASHA), slot, "Flu")
    assert world.calls("gp_connect.book") == [502]


def test_too_many_requests_says_how_long_to_wait(world: World) -> None:
    world.sandbox.fault("gp_connect.patient", "status", status=429, headers={"Retry-After": "86400"})
    with pytest.raises(Busy) as caught:
        world.clinical.find_patient(ASHA)
    assert caught.value.retry_after == 86400


@pytest.mark.parametrize("body", ["", LOGIN_PAGE, '{"resourceType": "Bundle", "entry": [', "[]", '{"resourceType": 1}'])
@pytest.mark.parametrize("target", ["gp_connect.patient", "gp_connect.slots"])
def test_a_read_answered_with_something_else_is_unreadable(world: World, target: str, body: str) -> None:
    world.sandbox.fault(target, "status", status=200, body=body)
    with pytest.raises(UnreadableAnswer):
        world.clinical.find_patient(ASHA) if target == "gp_connect.patient" else world.slots()


def test_everything_works_through_the_proxy(world: World) -> None:
    clinical = world.adapter(ssp_url=world.proxy_url)
    made = clinical.book(checked(ASHA), world.slots()[0], "Flu")
    assert clinical.cancel(made.id, "Cancelled by patient").status is AppointmentStatus.CANCELLED


def test_nobody_is_named_in_errors_and_logs(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world.sandbox.fault("gp_connect.patient", "status", status=502, times=None)
    with pytest.raises(Busy) as caught:
        world.clinical.book(checked(ASHA), world.slots()[0], "Flu")
    assert ASHA not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert ASHA not in caplog.text


def test_a_closed_adapter_is_of_no_more_use(world: World) -> None:
    clinical = world.adapter()
    clinical.close()
    with pytest.raises(RuntimeError):
        clinical.find_patient(ASHA)
