"""What reports of appointments say of patients: it goes in its time, with the patient, and is in the patient's copy."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booking.models import AppointmentReport, ReportedAppointment, ReportedReminder
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from practices.models import Practice
from selfbook.retention import export, patient, reported
from tests.factories import make_practice, nhs_number
from tests.selfbook.retention.test_erasing import everything

pytestmark = pytest.mark.django_db
NUMBER, MOBILE = nhs_number(4_242), "+447700900777"


def make_reported(practice: Practice, number: str = NUMBER, *, days_ago: int = 200) -> ReportedAppointment:
    """An appointment of so many days ago in a report of the day before, whose reminder has gone."""
    at = timezone.now() - timedelta(days=days_ago)
    digest = f"{AppointmentReport.objects.count():064}"
    report = AppointmentReport.objects.create(practice=practice, source="upload", digest=digest)
    AppointmentReport.objects.filter(id=report.id).update(created_at=at - timedelta(days=1))
    row = ReportedAppointment.objects.create(
        practice=practice, report=report, row_number=2, nhs_number=number, starts_at=at, slot_type="Nurse"
    )
    reminder = ReportedReminder.objects.create(
        practice=practice, appointment=row, step=1, state="written", until=at, settled_at=at
    )
    Message.objects.create(
        id=reminder.id, practice=practice, campaign_id=report.id, subject_id=row.id, purpose=Purpose.APPOINTMENT,
        to=MOBILE, body="Dear Asha, a reminder", state=MessageState.DELIVERED, due_at=None, sent_at=at, settled_at=at,
    )  # fmt: skip
    return row


@pytest.mark.hazard("H-24.1")
def test_old_rows_go_with_their_texts_and_their_report_and_young_ones_stay() -> None:
    practice = make_practice()
    make_reported(practice)
    young = make_reported(practice, days_ago=20)
    make_reported(make_practice())
    assert reported.erase_old(practice, timezone.now() - timedelta(days=90)) == 1
    assert list(ReportedAppointment.objects.filter(practice=practice)) == [young]
    assert list(AppointmentReport.objects.filter(practice=practice)) == [young.report]
    assert Message.objects.filter(practice=practice).count() == 1


def test_a_patient_of_reports_alone_is_erased_and_others_are_not() -> None:
    practice = make_practice()
    make_reported(practice)
    other = make_reported(practice, nhs_number(4_243))
    assert patient.erase(practice, NUMBER, by=None).rows == 1
    assert NUMBER not in everything()
    assert list(ReportedAppointment.objects.all()) == [other]


def test_nothing_is_erased_while_a_reminder_is_on_its_way() -> None:
    practice = make_practice()
    make_reported(practice)
    row = ReportedAppointment.objects.get()
    Message.objects.all().delete()
    Message.objects.create(
        practice=practice, campaign_id=row.report_id, subject_id=row.id, purpose=Purpose.APPOINTMENT, to=MOBILE,
        body="x", state=MessageState.STARTED,
    )  # fmt: skip
    with pytest.raises(patient.UnderWay):
        patient.erase(practice, NUMBER, by=None)


def test_the_copy_has_the_appointment_and_the_text() -> None:
    practice = make_practice()
    make_reported(practice)
    sections = {section.title: section.entries for section in export.collect(practice, NUMBER).sections}
    (entry,) = sections["Reports of appointments"]
    assert (entry["Slot type"], entry["Reminders"]) == ("Nurse", "1 working day before: Text written")
    assert sections["Messages"][0]["To"] == MOBILE
