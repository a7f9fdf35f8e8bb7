"""Keeping reports of appointments: each appointment once, whatever number of reports it is in, and what staff see.

The practice's row is locked while a report is stored, so two uploads of the same day cannot both have an appointment;
the unique constraint `reported_appointment_once` is the last guard.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from booking.models import AppointmentReport, RemindedSlotType, ReportedAppointment, ReportSource
from booking.models.reports import is_chosen
from booking.reports import reader
from booking.reports.reader import Line, Report, slot_type_key
from booking.reports.reasons import ReportReason
from patients.lists.services import display_name
from patients.opt_outs import services as opt_outs
from patients.tables.faults import FileFault
from practices.audit import trail as audit
from practices.models import Practice, User

_CHANGEABLE = ["slot_type", "slot_type_key", "clinician", "location"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A report, and whether it is new: the same file again is the report that it was."""

    report: AppointmentReport
    is_new: bool


def store(
    *, practice: Practice, file: BinaryIO, name: str, source: ReportSource, by: User | None, now: datetime | None = None
) -> Stored:
    """Read a report and keep its rows. Raises FileFault for a file that cannot be used; nothing of it is kept then."""
    read = reader.read_report(file, now or timezone.now())
    return _store(practice, read, display_name(name), source, by)


@transaction.atomic
def _store(practice: Practice, read: Report, name: str, source: ReportSource, by: User | None) -> Stored:
    lock(practice)
    if same := AppointmentReport.objects.filter(practice=practice, digest=read.digest).first():
        return Stored(same, is_new=False)
    report = AppointmentReport.objects.create(
        practice=practice,
        source=source,
        file_name=name,
        digest=read.digest,
        other_rows=read.other_rows,
        uploaded_by=by,
    )
    rows = _rows(report, read.lines)
    ReportedAppointment.objects.bulk_create(rows, batch_size=1000)
    usable = sum(not row.reasons for row in rows)
    audit.record(
        "appointment_report.stored", practice=practice, actor=by, object_id=report.id, rows=len(rows), usable=usable
    )
    return Stored(report, is_new=True)


def lock(practice: Practice) -> None:
    """Let nobody else store a report of the practice until the transaction ends."""
    Practice.objects.select_for_update(no_key=True).get(id=practice.id)


def refuse(*, practice: Practice, name: str, fault: FileFault) -> AppointmentReport:
    """Keep that a report from the folder could not be used, and why, for staff to see."""
    report = AppointmentReport.objects.create(
        practice=practice, source=ReportSource.FOLDER, file_name=display_name(name), fault=fault.message
    )
    audit.record("appointment_report.refused", practice=practice, actor=None, object_id=report.id, fault=fault.code)
    return report


def _rows(report: AppointmentReport, lines: Sequence[Line]) -> list[ReportedAppointment]:
    """The rows to store. Those of appointments that are here already are not reminded again, and bring their news.

    Where a patient sees two people at one time, the row with a slot type that is chosen is the one that counts.
    """
    usable = {(line.nhs_number, line.starts_at) for line in lines if not line.reasons}
    earlier = _of_earlier_reports(report.practice, usable)
    seen: set[tuple[str, datetime | None]] = set()
    changed: list[ReportedAppointment] = []
    rows: list[ReportedAppointment] = []
    chosen = set(RemindedSlotType.objects.filter(practice=report.practice).values_list("key", flat=True))
    for line in sorted(lines, key=lambda line: slot_type_key(line.slot_type) not in chosen):
        row = _row(report, line)
        key = line.nhs_number, line.starts_at
        if not line.reasons and key in seen:
            row.reasons = [ReportReason.TWICE]
        elif not line.reasons and (former := earlier.get(key)):
            row.reasons = [ReportReason.EARLIER_REPORT]
            for name in _CHANGEABLE:
                setattr(former, name, getattr(row, name) or getattr(former, name))
            changed.append(former)
        seen.add(key)
        rows.append(row)
    ReportedAppointment.objects.bulk_update(changed, _CHANGEABLE, batch_size=1000)
    return rows


def _of_earlier_reports(
    practice: Practice, keys: Collection[tuple[str, datetime | None]]
) -> dict[tuple[str, datetime | None], ReportedAppointment]:
    known = ReportedAppointment.objects.filter(
        practice=practice,
        reasons__len=0,
        nhs_number__in={number for number, _ in keys},
        starts_at__in={moment for _, moment in keys},
    )
    return {(row.nhs_number, row.starts_at): row for row in known if (row.nhs_number, row.starts_at) in keys}


def _row(report: AppointmentReport, line: Line) -> ReportedAppointment:
    return ReportedAppointment(
        practice=report.practice,
        report=report,
        row_number=line.number,
        nhs_number=line.nhs_number,
        starts_at=line.starts_at,
        slot_type=line.slot_type,
        slot_type_key=slot_type_key(line.slot_type),
        clinician=line.clinician,
        location=line.location,
        reasons=list(line.reasons),
    )


@transaction.atomic
def choose_slot_types(*, practice: Practice, names: Iterable[str], by: User) -> bool:
    """Remind of appointments of these slot types, and no others; False where it is so already.

    From then on the book is read in this person's name for all of them.
    """
    lock(practice)
    wanted = {slot_type_key(name): name for name in names}
    chosen = set(RemindedSlotType.objects.filter(practice=practice).values_list("key", flat=True))
    if chosen == wanted.keys():
        return False
    RemindedSlotType.objects.filter(practice=practice).delete()
    RemindedSlotType.objects.bulk_create(
        RemindedSlotType(practice=practice, key=key, name=name, chosen_by=by) for key, name in wanted.items()
    )
    audit.record("practice.reminded_slot_types", practice=practice, actor=by, object_id=practice.id, count=len(wanted))
    return True


@dataclass(frozen=True, slots=True)
class SlotTypeCount:
    """A slot type that reports have, with its appointments to come, and whether its patients are reminded."""

    name: str
    count: int
    is_chosen: bool


def slot_types(practice: Practice) -> list[SlotTypeCount]:
    """The slot types of the appointments to come, and those that are chosen, by name."""
    to_come = ReportedAppointment.objects.filter(practice=practice, reasons__len=0, starts_at__gt=timezone.now())
    counted = to_come.order_by().values_list("slot_type_key", "slot_type").annotate(count=Count("id"))
    names = dict(RemindedSlotType.objects.filter(practice=practice).values_list("key", "name"))
    chosen = set(names)
    counts: Counter[str] = Counter()
    for key, name, count in counted:
        counts[key] += count
        names.setdefault(key, name)
    rows = [SlotTypeCount(name, counts[key], key in chosen) for key, name in names.items()]
    return sorted(rows, key=lambda row: row.name.casefold())


NOT_CHOSEN = "slot_type_not_chosen"
"""In place of a reason: the row's slot type is none of those that the practice reminds of."""

OPTED_OUT = "opted_out"
"""In place of a reason: the patient wants no texts from the practice."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How many of a report's patients can be reminded and cannot, and why not: row numbers by reason, most first."""

    can: int
    cannot: int
    why: Sequence[tuple[str, Sequence[int]]]


def verdicts(report: AppointmentReport) -> Verdicts:
    """How it stands with a report's rows now, by what is chosen and who has opted out now. Three queries or four."""
    rows = list(
        report.rows.annotate(is_chosen=is_chosen())
        .order_by("row_number")
        .values_list("row_number", "nhs_number", "reasons", "is_chosen")
    )
    stopped = opt_outs.stopped_patients(report.practice, {number for _, number, reasons, _ in rows if not reasons})
    why: dict[str, list[int]] = {}
    can = 0
    for row_number, nhs_number, reasons, has_choice in rows:
        code = reasons[0] if reasons else _code(is_chosen=has_choice, is_stopped=nhs_number in stopped)
        if code:
            why.setdefault(code, []).append(row_number)
        else:
            can += 1
    ordered = sorted(why.items(), key=lambda pair: -len(pair[1]))
    return Verdicts(can, len(rows) - can, ordered)


def _code(*, is_chosen: bool, is_stopped: bool) -> str:
    return NOT_CHOSEN if not is_chosen else OPTED_OUT if is_stopped else ""


def reports(practice: Practice, most: int = 30) -> list[AppointmentReport]:
    """The practice's last reports, the newest first, each with `row_count` and `usable`."""
    counted = AppointmentReport.objects.filter(practice=practice).annotate(
        row_count=Count("rows"), usable=Count("rows", filter=Q(rows__reasons__len=0))
    )
    return list(counted[:most])
