"""Who did not come, where the practice's book says so: claim, call, settle, on the evening of the day.

The book shows nothing of days gone by (gp-connect#appointments), so each appointment is looked up after it
and before midnight. A book that says nothing says nothing: nobody is taken to have come, or to have stayed away.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from booking.models import Attendance, AttendanceState, Booking, BookingState
from booking.slots import outages
from booking.workers.remind import question_about
from core.hints import hint
from core.wording import LONDON
from integrations import record_reading
from integrations.clinical import port
from practices.holds.claiming import claim_some
from practices.models import Practice

logger = logging.getLogger(__name__)

HOUR = 19
"""From this hour, by the clocks in London: surgeries have closed, and staff have marked who did not come."""

AFTER = timedelta(hours=1)
"""So long after an appointment, where it is a late one."""

RETRY = timedelta(minutes=15)
CHUNK = 1000


def sweep() -> None:
    """Lay out the day's appointments that are over, let go of those of days gone by, and hint at what is due."""
    now = timezone.now()
    over = Attendance.objects.filter(state=AttendanceState.DUE, until__lte=now)
    over.update(state=AttendanceState.UNKNOWN, due_at=None, claimed_until=None, settled_at=now)
    if now.astimezone(LONDON).hour >= HOUR:
        _lay_out(now)
    due = Attendance.objects.filter(state=AttendanceState.DUE, due_at__lte=now)
    for practice_id in due.order_by().values_list("practice_id", flat=True).distinct():
        hint("booking.look_up_attendance", practice_id)


def _lay_out(now: datetime) -> None:
    today = now.astimezone(LONDON).date()
    begins, ends = (_midnight(today + timedelta(days=days)) for days in (0, 1))
    bookings = Booking.objects.filter(
        state=BookingState.BOOKED, starts_at__gte=begins, starts_at__lt=ends, ends_at__lte=now - AFTER, attendance=None
    )
    rows = [
        Attendance(booking_id=booking_id, practice_id=practice_id, due_at=now, until=ends)
        for booking_id, practice_id in bookings.values_list("id", "practice_id")[:CHUNK]
    ]
    Attendance.objects.bulk_create(rows, ignore_conflicts=True)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def look_up(practice_id: UUID) -> None:
    """Look up some of a practice's appointments. Harmless however often, late or at once it runs."""
    practice = Practice.objects.get(id=practice_id)
    claimed = claim(practice)
    if claimed and settle(claimed, call(practice, claimed)):
        hint("booking.look_up_attendance", practice_id)


def claim(practice: Practice) -> list[Attendance]:
    """Some due rows, for a while nobody else's; none while another worker has some, or nothing may leave."""
    waiting = Attendance.objects.filter(practice=practice, state=AttendanceState.DUE)
    related = ("booking__invitation__recipient", "booking__invitation__campaign__started_by")
    still = Q(until__gt=timezone.now())
    rows = waiting.select_related(*related)
    return claim_some(practice, rows, most=record_reading.CHUNK, lasts=record_reading.LASTS, only=still)


def call(practice: Practice, claimed: Sequence[Attendance]) -> dict[UUID, record_reading.Answer]:
    """What the book has of the patients of some appointments, in the name of whoever sent their batch."""
    asked = (
        (row.booking.invitation.campaign.started_by, row.booking_id, question_about(row.booking)) for row in claimed
    )
    answers = record_reading.read_by_actor(practice, asked, timezone.localdate())
    if any(isinstance(answer, record_reading.Reading) for answer in answers.values()):
        outages.answered(practice.id)
    return answers


@transaction.atomic
def settle(claimed: Sequence[Attendance], answers: Mapping[UUID, record_reading.Answer]) -> bool:
    """Write what the book says; whether any could be read, so that there may be more to do at once."""
    ids, now = [row.booking_id for row in claimed], timezone.now()
    still = Attendance.objects.filter(booking__in=ids, state=AttendanceState.DUE).select_related("booking")
    rows, read = list(still.select_for_update(of=("self",)).order_by("booking_id")), False
    for row in rows:
        answer = answers.get(row.booking_id, record_reading.NOT_ASKED)
        row.claimed_until = None
        row.state = _state(row.booking, answer)
        read = read or isinstance(answer, record_reading.Reading)
        if row.state == AttendanceState.DUE:
            row.due_at = now + RETRY
            continue
        row.due_at, row.settled_at = None, now
    Attendance.objects.bulk_update(rows, ["state", "due_at", "claimed_until", "settled_at"])
    if rows:
        missed = sum(row.state == AttendanceState.MISSED for row in rows)
        logger.info("attendance looked up", extra={"looked_up": len(rows), "missed": missed})
    return read


def _state(booking: Booking, answer: record_reading.Answer) -> AttendanceState:
    """What the book says of an appointment; DUE where it could not be read, or not all of it."""
    appointments = answer.appointments if isinstance(answer, record_reading.Reading) else ()
    statuses = [item.status for item in appointments if item.id == booking.appointment_id]
    if not isinstance(record_reading.conclusive(answer, found=bool(statuses)), record_reading.Reading):
        return AttendanceState.DUE
    return AttendanceState.MISSED if port.AppointmentStatus.MISSED in statuses else AttendanceState.NOT_MISSED
