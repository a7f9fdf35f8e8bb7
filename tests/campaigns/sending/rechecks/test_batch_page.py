"""What staff see of the looks on a batch's pages, and what they can do about whom it left out."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from booking.staff.batch import recipients
from campaigns.models import Campaign, Invitation
from campaigns.models.states import CampaignState
from campaigns.results.funnel import funnel
from campaigns.sending import control, issuing
from campaigns.sending.rechecks import look_ups
from campaigns.workspace import include_booked
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from patients.lists.downloads import cannot_be_sent_csv
from patients.reasons import Reason
from practices.models import AuditEvent, Role
from tests.campaigns.sending.rechecks.clinic import Clinic, rows, texted, work
from tests.factories import make_staff
from tests.html import Page, check_page

pytestmark = pytest.mark.django_db


def see(clinic: Clinic, name: str = "progress", batch: Campaign | None = None, role: Role = Role.SENDER) -> Page:
    client = Client()
    client.force_login(clinic.staff if role == Role.SENDER else make_staff(clinic.practice, role))
    return check_page(client.get(reverse(f"campaigns:{name}", args=[batch.id] if batch else [])))


def press(clinic: Clinic, batch: Campaign, seen: int) -> Page:
    client = Client()
    client.force_login(clinic.staff)
    address = reverse("campaigns:include-booked", args=[batch.id])
    return check_page(client.post(address, {"seen": seen}, follow=True))


def with_booked(clinic: Clinic, patients: int = 3, booked: int = 2, **fields: object) -> Campaign:
    batch = clinic.sent(patients, **fields)
    for number in range(booked):
        clinic.book(rows(batch)[number], after=5 + number)
    return work(batch)


def test_the_page_follows_the_looks(clinic: Clinic, settings: Settings) -> None:
    settings.LOOKUPS_AT_ONCE = 1
    batch = clinic.sent(6)
    page = see(clinic, batch=batch)
    assert "Checking 0 of 6 patients before their texts go." in page.text
    assert "Nothing has gone yet: you can still change everything." in page.text
    clinic.fails("gp_connect.patient", skip=4)
    work(batch)
    page = see(clinic, batch=batch)
    assert "The texts wait, because we must look patients up first. We cannot reach EMIS." in page.text
    assert "Pause this batch" in page.text
    assert "Waits for EMIS" in see(clinic, "home").text
    clinic.mend()
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        work(batch)
    page = see(clinic, batch=batch)
    assert "before their texts go" not in page.text
    assert "look patients up" not in page.text
    assert "Waits for EMIS" not in see(clinic, "home").text


def test_a_batch_that_waits_from_the_start_is_marked_at_home_too(clinic: Clinic) -> None:
    batch = clinic.sent(1)
    clinic.fails()
    work(batch)
    assert "Waits for EMIS" in see(clinic, "home").text
    assert "The texts wait" in see(clinic, batch=batch).text


def test_changes_are_counted_named_and_lead_to_the_patients(clinic: Clinic) -> None:
    batch = clinic.sent(5)
    clinic.change(rows(batch)[0], deceased=1)
    clinic.change(rows(batch)[1], mobile="07700 900987")
    for number in (2, 3):
        clinic.book(rows(batch)[number], after=5 + number)
    work(batch)
    page = see(clinic, batch=batch)
    assert "Changed since the list was checked" in page.text
    for text in ("Not found in EMIS1", "New mobile number in EMIS: we text the new one1"):
        assert text in page.text.replace(" 1", "1")
    assert "We left out 2 patients who have an appointment already." in page.text
    numbers = funnel(batch)
    assert (numbers.rows, numbers.can, numbers.cannot, numbers.invitations) == (5, 2, 3, 2)
    listed = recipients.choices(batch, numbers)
    assert {item.value: item.count for item in listed if item.value.startswith("change-")} == {
        "change-already_booked": 2,
        "change-new_mobile": 1,
        "change-record_not_found": 1,
    }
    for choice, row in (("change-record_not_found", 0), ("change-new_mobile", 1)):
        assert [item.id for item in recipients.chosen(batch, choice)] == [rows(batch)[row].id]
    lines = {line.recipient.row_number: " ".join(line.texts) for line in recipients.lines(batch, rows(batch))}
    by_row = [lines[row.row_number] for row in rows(batch)]
    assert "EMIS shows no active patient with this NHS number" in by_row[0]
    assert "The mobile number is new: EMIS had another when the list was checked." in by_row[1]
    assert "The appointment is on " in by_row[2]
    assert batch.patient_list is not None
    assert len(list(cannot_be_sent_csv(batch.patient_list))) == 1 + 3


def test_staff_invite_those_as_well(clinic: Clinic) -> None:
    batch = with_booked(clinic)
    assert len(texted(batch)) == 1
    page = press(clinic, batch, 2)
    assert "2 more patients will be invited." in page.text
    assert "They have been added already" in press(clinic, batch, 2).text
    work(batch)
    assert (len(texted(batch)), len(set(texted(batch)))) == (3, 3)
    numbers = funnel(batch)
    assert (numbers.can, numbers.cannot, numbers.invitations, batch.state) == (3, 0, 3, CampaignState.RUNNING)
    assert "Changed since the list was checked" not in see(clinic, batch=batch).text
    event = AuditEvent.objects.get(action="campaign.booked_included")
    assert (event.actor, event.data["patients"]) == (clinic.staff, 2)


def test_whoever_of_them_has_died_meanwhile_is_not_invited(clinic: Clinic) -> None:
    batch = with_booked(clinic)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        clinic.change(rows(batch)[0], deceased=1)
        include_booked.include(campaign=batch, seen=2, by=clinic.staff)
        work(batch)
    assert len(texted(batch)) == 2
    assert rows(batch)[0].reasons == [Reason.RECORD_NOT_FOUND]


@pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.FINISHED])
def test_of_a_batch_that_rests_or_is_over(clinic: Clinic, state: CampaignState) -> None:
    batch = with_booked(clinic, 2)
    if state == CampaignState.PAUSED:
        control.pause(campaign=batch, by=clinic.staff)
    else:
        control.finish()
    batch.refresh_from_db()
    assert batch.state == state
    include_booked.include(campaign=batch, seen=2, by=clinic.staff)
    if state == CampaignState.PAUSED:
        assert texted(work(batch)) == []
        control.resume(campaign=batch, by=clinic.staff)
    assert len(texted(work(batch))) == 2


def test_their_batchs_own_reminders_are_for_them_too(clinic: Clinic) -> None:
    batch = with_booked(clinic, 2, reminder_days=[2])
    Campaign.objects.filter(id=batch.id).update(next_reminder_at=None)
    include_booked.include(campaign=batch, seen=2, by=clinic.staff)
    batch.refresh_from_db()
    assert batch.next_reminder_at is not None


def test_no_more_than_staff_were_told_of_and_nobody_of_a_cancelled_batch(clinic: Clinic) -> None:
    batch = with_booked(clinic)
    assert "The number of patients was 1 and is now 2." in press(clinic, batch, 1).text
    assert len(texted(work(batch))) == 1
    control.cancel(campaign=batch, by=clinic.staff)
    assert "Nobody can be added to it now." in press(clinic, batch, 2).text
    assert "as well" not in see(clinic, batch=batch).text
    assert Invitation.objects.count() == 1


def test_only_senders_of_the_practice_may(clinic: Clinic) -> None:
    batch = with_booked(clinic)
    assert "as well" in see(clinic, batch=batch).text
    assert "as well" not in see(clinic, batch=batch, role=Role.VIEWER).text
    for user, status in (
        (make_staff(clinic.practice, Role.VIEWER), 403),
        (make_staff(Clinic(clinic.sandbox).practice), 404),
    ):
        client = Client()
        client.force_login(user)
        assert client.post(reverse("campaigns:include-booked", args=[batch.id]), {"seen": 9}).status_code == status
    assert len(texted(work(batch))) == 1


def test_after_the_first_texts_the_page_says_both(clinic: Clinic, settings: Settings) -> None:
    settings.LOOKUPS_AT_ONCE = 1
    batch = clinic.sent(4)
    clinic.fails("gp_connect.patient", skip=2)
    look_ups.check(batch.id)
    clinic.mend()
    issuing.issue(batch.id)
    Message.objects.update(state=MessageState.SENT, due_at=None, sent_at=timezone.now())
    page = see(clinic, batch=batch)
    assert "Sending: 2 of 4 texts done." in page.text


# The wizard


def test_the_wizard_says_who_will_be_left_out_and_asks(clinic: Clinic) -> None:
    batch = clinic.draft(2)
    page = see(clinic, "patients", batch)
    assert "Just before the texts go we look each patient up in EMIS again, and in your appointment book." in page.text
    assert "Patients who have an appointment of this type already" in page.text
    client = Client()
    client.force_login(clinic.staff)
    answer = {"list": str(batch.patient_list_id), "booked": "no", "within_days": "14"}
    client.post(reverse("campaigns:include", args=[batch.id]), answer)
    batch.refresh_from_db()
    assert (batch.include_booked, batch.booked_within_days, batch.list_agreed) == (False, 14, False)
    Campaign.objects.update(list_agreed=True)
    assert "today or in the next 14 days" in see(clinic, "summary", batch).text
    client.post(reverse("campaigns:include", args=[batch.id]), {**answer, "booked": "yes"})
    Campaign.objects.update(list_agreed=True)
    batch.refresh_from_db()
    page = see(clinic, "summary", batch)
    assert batch.include_booked
    assert "Texts that go more than 24 hours after you uploaded the list go after a new look in EMIS." in page.text
    wrong = check_page(client.post(reverse("campaigns:include", args=[batch.id]), {**answer, "within_days": "85"}))
    assert "Choose how far ahead from the list" in wrong.text
