"""What a look at a patient's record and appointments, just before the invitation, means for them."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from campaigns.drafts import services
from campaigns.models import Campaign
from campaigns.models.rechecks import RecordCheck
from campaigns.models.states import CampaignState
from campaigns.results import followed_up
from campaigns.results.funnel import funnel
from campaigns.sending import control
from campaigns.sending.rechecks import changes, clearance, look_ups, settling
from patients.lists import queries
from patients.lists.screening import screen
from patients.models import OptOutSource, Recipient, Verdict
from patients.opt_outs import services as opt_outs
from patients.reasons import Reason
from tests.campaigns.sending.rechecks.clinic import Clinic, reasons, rows, texted, work
from tests.factories import make_recipient

pytestmark = pytest.mark.django_db

TWO_DAYS = timedelta(days=2)
NEW = "+447700900987"


def later(by: timedelta = TWO_DAYS) -> time_machine.travel:
    return time_machine.travel(timezone.now() + by)


def of_change(batch: Campaign) -> dict[str, int]:
    return {change.code: change.count for change in changes.changes(batch)}


def test_everybody_is_looked_up_and_who_is_as_listed_is_invited(clinic: Clinic) -> None:
    batch = work(clinic.sent(3))
    assert sorted(texted(batch)) == sorted(row.mobile for row in rows(batch))
    assert batch.state == CampaignState.RUNNING
    assert of_change(batch) == {}
    assert RecordCheck.objects.filter(campaign=batch, read_at__isnull=False, change="").count() == 3


def test_a_look_takes_two_calls_for_each_patient_and_is_not_made_twice(clinic: Clinic) -> None:
    batch = work(clinic.sent(5))
    assert (clinic.calls("gp_connect.patient"), clinic.calls("gp_connect.appointments")) == (5, 5)
    work(batch)
    look_ups.sweep()
    assert clinic.calls("gp_connect.patient") == 5


@pytest.mark.parametrize("age", [23, 25])
def test_where_the_booked_are_invited_too_a_young_list_costs_no_call(clinic: Clinic, age: int) -> None:
    batch = clinic.sent(3, include_booked=True, send_at=timezone.now() + timedelta(hours=age))
    with later(timedelta(hours=age, minutes=1)):
        work(batch)
    assert len(texted(batch)) == 3
    assert clinic.calls("gp_connect.patient") == (3 if age > 24 else 0)
    assert clinic.calls("gp_connect.appointments") == 0


@pytest.mark.hazard("H-16.1")
@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"deceased": 1}, Reason.RECORD_NOT_FOUND),
        ({"inactive": 1}, Reason.RECORD_NOT_FOUND),
        ({"sensitive": 1}, Reason.RECORD_NOT_FOUND),
        ({"dob": "1958-03-10"}, Reason.RECORD_BIRTH_DIFFERS),
        ({"dob": "2020-03-09"}, Reason.RECORD_BIRTH_DIFFERS),
        ({"mobile": ""}, Reason.RECORD_NO_MOBILE),
        ({"mobile": "01134960000"}, Reason.RECORD_BAD_MOBILE),
    ],
)
def test_who_has_changed_is_held_back_with_the_reason(clinic: Clinic, record: dict[str, object], reason: str) -> None:
    batch = clinic.sent(3)
    clinic.change(rows(batch)[1], **record)
    work(batch)
    assert reasons(batch) == [[], [reason], []]
    assert len(texted(batch)) == 2
    numbers = funnel(batch)
    assert (numbers.can, numbers.cannot, numbers.rows, numbers.invitations) == (2, 1, 3, 2)
    assert batch.state == CampaignState.RUNNING
    assert of_change(batch) == {reason: 1}
    assert [row.id for row in changes.of_change(batch, reason)] == [rows(batch)[1].id]
    assert batch.patient_list is not None
    assert queries.to_contact(batch.patient_list) == 1


def test_a_surname_that_is_another_by_now_is_shown_beside_that_of_the_list(clinic: Clinic) -> None:
    batch = clinic.sent(1)
    Recipient.objects.update(original={"family_name": "Patel"})
    clinic.change(rows(batch)[0], family="Okoro", given="Ben")
    assert reasons(work(batch)) == [[Reason.RECORD_NAME_DIFFERS]]
    (row,) = rows(batch)
    assert row.recorded_name == "Ben Okoro"
    assert "Okoro" in row.explanations()[0].sentence


def test_two_records_with_one_number_are_nobodys(clinic: Clinic) -> None:
    batch = clinic.sent(1)
    (row,) = rows(batch)
    patient = {"ods": clinic.practice.ods_code, "given": "Ben", "family": "Okoro", "dob": "1960-01-01"}
    clinic.sandbox.control("seed", {"patients": [{**patient, "nhs_number": row.nhs_number}]})
    assert reasons(work(batch)) == [[Reason.RECORD_SEVERAL]]
    assert batch.state == CampaignState.RUNNING


@pytest.mark.hazard("H-02.2")
def test_emis_a_new_mobile_is_texted_and_counted(clinic: Clinic) -> None:
    batch = clinic.sent(2)
    clinic.change(rows(batch)[0], mobile="07700 900987")
    work(batch)
    assert sorted(texted(batch)) == sorted([NEW, rows(batch)[1].mobile])
    assert of_change(batch) == {"new_mobile": 1}
    assert "we text the new one" in changes.changes(batch)[0].label


def test_a_new_mobile_whose_owner_wants_no_texts_is_not_texted(clinic: Clinic) -> None:
    batch = clinic.sent(2)
    opt_outs.add(practice=clinic.practice, by=None, source=OptOutSource.PATIENT, mobile=NEW)
    clinic.change(rows(batch)[0], mobile="07700 900987")
    work(batch)
    assert texted(batch) == [rows(batch)[1].mobile]
    assert reasons(batch) == [[Reason.OPTED_OUT], []]
    assert "new_mobile" not in of_change(batch), "it is not texted"


def test_the_name_of_the_record_is_greeted_unless_the_text_would_be_too_long(
    clinic: Clinic, settings: Settings
) -> None:
    settings.MESSAGE_FRAGMENTS_MAX = 2
    batch = clinic.sent(2, message="Dear {name}, " + "a" * 190 + " {practice}: {link}")
    clinic.change(rows(batch)[0], given="Alex")
    clinic.change(rows(batch)[1], given="Bartholomew" * 6)
    work(batch)
    assert [row.given_name for row in rows(batch)] == ["Alex", ""]


@pytest.mark.hazard("H-02.2")
@pytest.mark.parametrize(
    ("old", "mobile", "held"),
    [(True, "07700 900987", True), (True, "", False), (True, "01134960000", False), (False, "07700 900987", False)],
)
def test_systmone_another_mobile_in_the_record_holds_back_once_the_list_is_old(
    systmone: Clinic, old: bool, mobile: str, held: bool
) -> None:
    batch = systmone.sent(1, send_at=timezone.now() + TWO_DAYS if old else None)
    (row,) = rows(batch)
    systmone.change(row, mobile=mobile)
    with later(TWO_DAYS + timedelta(minutes=1) if old else timedelta(minutes=1)):
        work(batch)
    assert reasons(batch) == [[Reason.RECORD_MOBILE_DIFFERS] if held else []]
    assert texted(batch) == ([] if held else [row.mobile])


def test_systmone_its_number_written_otherwise_is_the_same(systmone: Clinic) -> None:
    batch = systmone.sent(1, send_at=timezone.now() + TWO_DAYS)
    (row,) = rows(batch)
    systmone.change(row, mobile="0044 " + row.mobile.removeprefix("+44"))
    with later(TWO_DAYS + timedelta(minutes=1)):
        work(batch)
    assert texted(batch) == [row.mobile]


# Booked already


@pytest.mark.hazard("H-16.3")
@pytest.mark.parametrize(
    ("after", "slot_type", "days", "left_out"),
    [
        (5, "Flu clinic", None, True),
        (0, "Flu clinic", None, True),
        (5, "Blood test", None, False),
        (5, "flu  CLINIC", None, True),
        (14, "Flu clinic", 14, True),
        (15, "Flu clinic", 14, False),
        (80, "Flu clinic", None, True),
    ],
)
def test_who_is_booked_for_the_slot_type_within_the_days_is_left_out(
    clinic: Clinic, after: int, slot_type: str, days: int | None, left_out: bool
) -> None:
    with time_machine.travel(timezone.now().replace(hour=7, minute=0), tick=True):
        batch = clinic.sent(2, booked_within_days=days)
        clinic.book(rows(batch)[0], after=after, slot_type=slot_type)
        work(batch)
    assert reasons(batch) == [[Reason.ALREADY_BOOKED] if left_out else [], []]
    assert len(texted(batch)) == (1 if left_out else 2)
    assert of_change(batch) == ({Reason.ALREADY_BOOKED: 1} if left_out else {})
    assert batch.patient_list is not None
    assert queries.to_contact(batch.patient_list) == 0, "they need not hear from anybody"


def test_staff_may_include_them_beforehand(clinic: Clinic) -> None:
    batch = clinic.sent(2, include_booked=True)
    clinic.book(rows(batch)[0])
    assert len(texted(work(batch))) == 2


def test_whoever_is_screened_again_stays_left_out(clinic: Clinic) -> None:
    batch = clinic.sent(2)
    clinic.book(rows(batch)[0])
    work(batch)
    assert batch.patient_list is not None
    screen(batch.patient_list)
    assert reasons(batch) == [[Reason.ALREADY_BOOKED], []]


# Waves


def test_each_part_is_looked_up_in_its_turn_and_its_place_taken_by_the_next(clinic: Clinic) -> None:
    batch = clinic.sent(6, spread_days=3)
    dead, booked = rows(batch)[0], rows(batch)[3]
    clinic.change(dead, deceased=1)
    work(batch)
    assert [row.mobile for row in rows(batch)[1:3]] == sorted(texted(batch), key=[r.mobile for r in rows(batch)].index)
    assert clinic.calls("gp_connect.appointments") == 2, "not for the parts to come"
    clinic.book(booked, after=20)
    with later(timedelta(days=1, minutes=1)):
        work(batch)
    assert len(texted(batch)) == 4
    with later(timedelta(days=2, minutes=2)):
        work(batch)
    assert reasons(batch) == [[Reason.RECORD_NOT_FOUND], [], [], [Reason.ALREADY_BOOKED], [], []]
    assert (len(texted(batch)), batch.state) == (4, CampaignState.RUNNING)
    assert of_change(batch) == {Reason.RECORD_NOT_FOUND: 1, Reason.ALREADY_BOOKED: 1}


def test_a_look_holds_for_an_hour_and_no_longer(clinic: Clinic) -> None:
    batch = clinic.sent(2)
    look_ups.check(batch.id)
    with later(clearance.LASTS + timedelta(minutes=1)):
        clinic.change(rows(batch)[0], deceased=1)
        assert len(texted(work(batch))) == 1


def test_the_looks_begin_before_the_part_is_due_and_the_texts_do_not(clinic: Clinic) -> None:
    batch = clinic.sent(2, send_at=timezone.now() + timedelta(hours=2))
    work(batch)
    assert clinic.calls("gp_connect.patient") == 0
    with later(timedelta(hours=1, minutes=50)):
        work(batch)
        assert (clinic.calls("gp_connect.patient"), texted(batch)) == (2, [])
        batch.refresh_from_db()
        assert batch.state == CampaignState.SCHEDULED
    with later(timedelta(hours=2, minutes=1)):
        work(batch)
    assert (clinic.calls("gp_connect.patient"), len(texted(batch))) == (2, 2)


def test_texts_go_chunk_by_chunk_as_patients_are_looked_up(clinic: Clinic, settings: Settings) -> None:
    settings.LOOKUPS_AT_ONCE = 1
    batch = clinic.sent(5)
    clinic.fails("gp_connect.patient", skip=2)
    work(batch)
    assert len(texted(batch)) == 2
    clinic.mend()
    with later(timedelta(minutes=1)):
        assert len(texted(work(batch))) == 5
    assert len(set(texted(batch))) == 5


def test_a_batch_of_which_nobody_is_left_ends(clinic: Clinic) -> None:
    batch = clinic.sent(2)
    for row in rows(batch):
        clinic.change(row, deceased=1)
    work(batch)
    assert (texted(batch), batch.state) == ([], CampaignState.RUNNING)
    control.finish()
    batch.refresh_from_db()
    assert batch.state == CampaignState.FINISHED


def test_whom_staff_had_done_with_all_together_they_see_again_when_more_are_held_back(clinic: Clinic) -> None:
    batch = clinic.sent(2)
    assert batch.patient_list is not None
    make_recipient(batch.patient_list, verdict=Verdict.CANNOT, reasons=[Reason.MOBILE_MISSING], mobile="")
    followed_up.mark(campaign=batch, invitation=None, kind=followed_up.CANNOT, about=batch.id, by=clinic.staff)
    clinic.change(rows(batch)[0], deceased=1)
    work(batch)
    assert not followed_up.is_list_done(batch)


def test_who_opts_out_after_send_is_counted(clinic: Clinic) -> None:
    batch = clinic.sent(3, send_at=timezone.now() + TWO_DAYS)
    first, second = rows(batch)[:2]
    with later(timedelta(hours=1)):
        opt_outs.add(practice=clinic.practice, by=None, source=OptOutSource.PATIENT, nhs_number=first.nhs_number)
        opt_outs.add(practice=clinic.practice, by=None, source=OptOutSource.CHANNEL, mobile=second.mobile)
    with later(TWO_DAYS + timedelta(minutes=1)):
        work(batch)
        assert len(texted(batch)) == 1
        assert of_change(batch) == {Reason.OPTED_OUT: 2}


# One patient who alone cannot be read


def test_one_patient_who_cannot_be_read_waits_alone_and_is_given_up_after_a_day(clinic: Clinic) -> None:
    batch = clinic.sent(3)
    row = rows(batch)[1]
    clinic.sandbox.fault(
        "gp_connect.patient",
        "status",
        status=200,
        body="<html>",
        times=None,
        match={"identifier": f"https://fhir.nhs.uk/Id/nhs-number|{row.nhs_number}"},
    )
    work(batch)
    assert (len(texted(batch)), reasons(batch), batch.state) == (2, [[], [], []], CampaignState.STARTING)
    calls = clinic.calls()
    work(batch)
    assert clinic.calls() == calls, "not again at once"
    with later(settling.RETRY + timedelta(minutes=1)):
        work(batch)
        assert clinic.calls() == calls + 1
    with later(settling.LATE + timedelta(minutes=1)):
        work(batch)
    assert (reasons(batch)[1], batch.state) == ([Reason.RECORD_UNREADABLE], CampaignState.RUNNING)
    assert of_change(batch) == {Reason.RECORD_UNREADABLE: 1}


def test_one_whose_appointments_alone_cannot_be_read_is_not_guessed_about(clinic: Clinic) -> None:
    batch = clinic.sent(2)
    clinic.sandbox.fault("gp_connect.appointments", "status", status=200, body="{}", times=1)
    work(batch)
    assert (len(texted(batch)), batch.state) == (1, CampaignState.STARTING)
    with later(settling.RETRY + timedelta(minutes=1)):
        work(batch)
    assert (len(texted(batch)), batch.state) == (2, CampaignState.RUNNING)


# Undo, pause, cancel


def test_until_the_first_invitation_all_can_be_undone_and_what_was_seen_stays(clinic: Clinic) -> None:
    batch = clinic.sent(3)
    clinic.change(rows(batch)[0], deceased=1)
    clinic.book(rows(batch)[1])
    look_ups.check(batch.id)
    assert reasons(batch) == [[Reason.RECORD_NOT_FOUND], [Reason.ALREADY_BOOKED], []]
    assert control.undo(campaign=batch, by=clinic.staff)
    assert reasons(batch) == [[Reason.RECORD_NOT_FOUND], [], []]
    assert not RecordCheck.objects.exists()
    batch.refresh_from_db()
    services.choose_slot_type(campaign=batch, slot_type="Blood test", by=clinic.staff)
    services.agree_list(campaign=batch, by=clinic.staff)
    services.start(campaign=batch, longest_name="Asha", by=clinic.staff)
    work(batch)
    assert sorted(texted(batch)) == sorted(row.mobile for row in rows(batch)[1:])


def test_a_draft_that_was_looked_up_can_be_deleted(clinic: Clinic) -> None:
    batch = clinic.sent(2)
    look_ups.check(batch.id)
    control.undo(campaign=batch, by=clinic.staff)
    services.delete_draft(campaign=Campaign.objects.get(id=batch.id), by=clinic.staff)
    assert not Recipient.objects.exists()


def test_nobody_is_looked_up_for_a_batch_that_is_paused_or_cancelled(clinic: Clinic, settings: Settings) -> None:
    settings.LOOKUPS_AT_ONCE = 1
    batch = clinic.sent(4)
    clinic.fails("gp_connect.patient", skip=2)
    work(batch)
    clinic.mend()
    assert control.pause(campaign=batch, by=clinic.staff)
    calls = clinic.calls()
    with later(timedelta(minutes=10)):
        work(batch)
        assert (clinic.calls(), len(texted(batch))) == (calls, 2)
        assert control.resume(campaign=batch, by=clinic.staff)
        assert len(texted(work(batch))) == 4
    assert control.cancel(campaign=batch, by=clinic.staff)
    look_ups.sweep()
    work(batch)
    assert clinic.calls() == calls + 2


@pytest.mark.hazard("H-04.2")
def test_an_appointment_that_cannot_be_read_may_be_of_the_slot_type(clinic: Clinic) -> None:
    batch = clinic.sent(2)
    first, second = rows(batch)
    for row in (first, second):
        clinic.book(row, slot_type="Travel")
    clinic.fails("gp_connect.appointments", "appointment_without_status", times=1)
    work(batch)
    assert len(texted(batch)) == 1, "one waits, because nobody knows; the other's appointment is of another type"
    assert RecordCheck.objects.filter(campaign=batch, unread_since__isnull=False).count() == 1


def test_who_is_surely_booked_is_left_out_whatever_else_cannot_be_read(clinic: Clinic) -> None:
    batch = clinic.sent(1)
    clinic.book(rows(batch)[0])
    clinic.fails("gp_connect.appointments", "entry_of_error", times=1)
    work(batch)
    assert reasons(batch) == [[Reason.ALREADY_BOOKED]]
