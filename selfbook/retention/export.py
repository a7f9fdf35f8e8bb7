"""A copy of all that a practice has about one patient here, for the patient to read (retention#copy-for-a-patient).

A page that prints, and beside it the same as JSON. It names no member of staff: who looked is "staff".
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from booking.models import (
    Attendance,
    AttendanceState,
    Booking,
    CancelReason,
    ClinicPatient,
    Decline,
    NewLinkRequest,
    PatientReply,
    ReportedAppointment,
    ReportedReminder,
    WaitingPatient,
)
from booking.reports.reasons import words_of
from campaigns.models import Invitation
from core.wording import nhs_date, nhs_datetime
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState
from patients.models import OptOut, Recipient
from practices.audit.labels import describe
from practices.models import Practice
from selfbook.audit_pages.search import find_events, traces
from selfbook.retention import reported

Entry = Mapping[str, str]
"""One thing that there is, as headings with what stands under each, in words."""


@dataclass(frozen=True, slots=True)
class Section:
    """Things of one kind."""

    title: str
    about: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Copy:
    """All there is about one patient, when it was put together, and how long it is kept."""

    practice: Practice
    nhs_number: str
    made_at: datetime
    sections: Sequence[Section]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing about the patient."""
        return not any(section.entries for section in self.sections)


def collect(practice: Practice, nhs_number: str) -> Copy:
    """Read everything about a patient of a practice. Nothing is changed."""
    recipients = list(
        Recipient.objects.filter(practice=practice, nhs_number=nhs_number)
        .select_related("patient_list")
        .order_by("patient_list__created_at")
    )
    rows = Invitation.objects.filter(practice=practice, recipient__in=recipients).select_related("campaign")
    invitations = list(rows.order_by("created_at"))
    ids = [invitation.id for invitation in invitations]
    in_reports = reported.of_patient(practice, nhs_number)
    of_reports = [row.id for row in in_reports]
    mobiles = sorted({recipient.mobile for recipient in recipients} - {""} | reported.mobiles(of_reports))
    sections = [
        Section("Lists", "The practice put you on these lists, to invite you.", list(_lists(recipients))),
        Section("Invitations", "Each is a personal link.", list(_invitations(invitations))),
        Section("Messages", "What we sent you, or were going to.", list(_messages([*ids, *of_reports]))),
        Section("Appointments", "What you asked for by a link, or staff for you.", list(_bookings(ids))),
        Section("Reports of appointments", "To remind you of them.", list(_reported(in_reports))),
        Section("What you told us", "By a link or by text. We do not keep the words of texts.", list(_answers(ids))),
        Section("Codes", "What we filed in your GP record, or were going to.", list(_codes(practice, nhs_number))),
        Section("No texts", "When texts to you were stopped.", list(_opt_outs(practice, nhs_number, mobiles))),
        Section("Who looked, and did what", "Without the names of staff.", list(_events(practice, nhs_number))),
    ]
    return Copy(practice, nhs_number, timezone.now(), sections)


def as_zip(copy: Copy) -> bytes:
    """The copy as a file: a page to read and print, and the same as JSON."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("your-data.html", render_to_string("retention/copy.jinja", {"copy": copy}))
        archive.writestr("your-data.json", json.dumps(as_json(copy), indent=2, ensure_ascii=False))
    return file.getvalue()


def as_json(copy: Copy) -> dict[str, Any]:
    """The copy as values that JSON has."""
    return {
        "practice": {"name": copy.practice.name, "ods_code": copy.practice.ods_code},
        "nhs_number": copy.nhs_number,
        "made_at": copy.made_at.isoformat(timespec="seconds"),
        "kept_for_days_after_a_batch_closes": copy.practice.retention_days,
        "sections": {section.title: [dict(entry) for entry in section.entries] for section in copy.sections},
    }


def _at(moment: datetime | None) -> str:
    return nhs_datetime(moment) if moment else ""


def _filled(**cells: str) -> Entry:
    """These headings with what stands under them; empty ones are left out."""
    return {name.replace("_", " ").capitalize(): value for name, value in cells.items() if value}


def _lists(recipients: Sequence[Recipient]) -> Iterator[Entry]:
    for row in recipients:
        yield {
            **_filled(
                uploaded=_at(row.patient_list.created_at),
                row=str(row.row_number),
                NHS_number=row.nhs_number,
                mobile=row.mobile,
                date_of_birth=nhs_date(row.date_of_birth) if row.date_of_birth else "",
                first_name=row.given_name,
                last_name=row.family_name,
                name_in_the_record=row.recorded_name,
                result=row.get_verdict_display(),
                why=". ".join(reason.title for reason in row.explanations()),
            ),
            **{f"In the file: {heading}": cell for heading, cell in row.as_written() if cell},
        }


def _invitations(invitations: Sequence[Invitation]) -> Iterator[Entry]:
    for row in invitations:
        tries = str(row.date_of_birth_failures) if row.date_of_birth_failures else ""
        yield _filled(
            about=str(row.campaign),
            made=_at(row.created_at),
            works_until=_at(row.expires_at),
            opened=_at(row.opened_at),
            answer=row.get_state_display(),
            wrong_dates_of_birth=tries,
            locked=_at(row.locked_at),
            ended_by_staff=_at(row.ended_at),
        )


def _messages(ids: Sequence[Any]) -> Iterator[Entry]:
    for row in Message.objects.filter(subject_id__in=ids).order_by("created_at"):
        yield _filled(
            about=str(Purpose(row.purpose).label),
            to=row.to,
            text=row.body.replace("{link}", "(your link)"),
            written=_at(row.created_at),
            sent=_at(row.sent_at),
            result=row.label,
        )


def _bookings(ids: Sequence[Any]) -> Iterator[Entry]:
    clinics = dict(
        ClinicPatient.objects.filter(booking__invitation__in=ids).values_list("booking", "clinic__created_at")
    )
    of_patient = Attendance.objects.filter(booking__invitation__in=ids, state=AttendanceState.MISSED)
    missed = set(of_patient.values_list("booking_id", flat=True))
    for row in Booking.objects.filter(invitation__in=ids).order_by("created_at"):
        yield _filled(
            begins=_at(row.starts_at),
            ends=_at(row.ends_at),
            where=str(row.slot.get("location") or ""),
            asked_for=_at(row.created_at),
            by="Staff, for you" if row.made_by_id else "You",
            result=row.get_state_display(),
            why_you_cancelled=CancelReason(row.cancel_reason).label if row.cancel_reason else "",
            clinic_cancelled_by_the_practice=_at(clinics.get(row.id)),
            did_you_come="No, by the practice's book" if row.id in missed else "",
            number_in_the_appointment_book=row.appointment_id,
        )


def _reported(rows: Sequence[ReportedAppointment]) -> Iterator[Entry]:
    reminders: dict[Any, list[str]] = {}
    for reminder in ReportedReminder.objects.filter(appointment__in=[row.id for row in rows]).order_by("-step"):
        what = f"{reminder.get_step_display()}: {reminder.get_state_display()}"
        reminders.setdefault(reminder.appointment_id, []).append(what)
    for row in rows:
        yield _filled(
            reported=_at(row.report.created_at),
            row=str(row.row_number),
            NHS_number=row.nhs_number,
            begins=_at(row.starts_at),
            slot_type=row.slot_type,
            clinician=row.clinician,
            where=row.location,
            not_used_because=". ".join(words_of(reason).title for reason in row.reasons),
            reminders=". ".join(reminders.get(row.id, [])),
        )


def _answers(ids: Sequence[Any]) -> Iterator[Entry]:
    for decline in Decline.objects.filter(invitation__in=ids):
        yield _filled(what="You do not want this", when=_at(decline.declined_at), taken_back=_at(decline.reversed_at))
    for reply in PatientReply.objects.filter(invitation__in=ids):
        yield _filled(what=f"A text from your phone: {reply.wish.replace('_', ' ')}", when=_at(reply.texted_at))
    for waiting in WaitingPatient.objects.filter(invitation__in=ids):
        yield _filled(what="Text me when there are more times", when=_at(waiting.asked_at))
    for request in NewLinkRequest.objects.filter(invitation__in=ids).order_by("asked_at"):
        yield _filled(what="Text me a new link", when=_at(request.asked_at))


def _codes(practice: Practice, nhs_number: str) -> Iterator[Entry]:
    for row in CodedEntry.objects.filter(practice=practice, nhs_number=nhs_number).order_by("created_at"):
        yield _filled(
            code=row.concept_id,
            meaning=row.term,
            dated=_at(row.happened_at),
            result=str(CodeState(row.state).label),
        )


def _opt_outs(practice: Practice, nhs_number: str, mobiles: Sequence[str]) -> Iterator[Entry]:
    own = OptOut.objects.filter(practice=practice)
    for row in [*own.filter(nhs_number=nhs_number), *own.filter(mobile__in=mobiles)]:
        how = "Added by staff" if row.created_by_id else row.how
        yield _filled(of=row.nhs_number or row.mobile, since=_at(row.created_at), how=how, until=_at(row.ended_at))


def _events(practice: Practice, nhs_number: str) -> Iterator[Entry]:
    for event in find_events(practice, {}, traces(practice, nhs_number)).order_by("id"):
        yield _filled(when=_at(event.at), what=describe(event.action), who="Staff" if event.actor_id else "")
