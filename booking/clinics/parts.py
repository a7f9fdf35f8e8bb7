"""The days, sessions and clinicians that a practice's patients have booked into, and the appointments of each."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from booking.models import CURRENT, Booking, BookingState, CancelledClinic
from core.wording import LONDON
from practices.models import Practice

WHOLE_DAY = "all"
"""The key of everything on a day."""

_STATES = sorted(str(state) for state in CURRENT | {BookingState.MOVING})


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be cancelled of a day: a session, a clinician, or, with neither, all of it.

    `count` is how many appointments are in it. The key stands in addresses, so it is no name: names of staff are
    personal.
    """

    session: str = ""
    clinician: str = ""
    count: int = 0

    @property
    def key(self) -> str:
        """What tells the parts of one day apart."""
        if not (self.session or self.clinician):
            return WHOLE_DAY
        return hashlib.sha256(repr((self.session, self.clinician)).encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """The part in words that begin a sentence."""
        if self.session:
            return f"Session: {self.session}"
        return f"Clinician: {self.clinician}" if self.clinician else "The whole day"


def days(practice: Practice) -> list[tuple[date, int]]:
    """The days from today on for which patients have booked through us, each with how many appointments are to come."""
    to_come = _to_come(practice).annotate(day=TruncDate("starts_at", tzinfo=LONDON)).order_by("day")
    return list(to_come.values_list("day").annotate(Count("id")))


def parts(practice: Practice, day: date) -> list[Part]:
    """What can be cancelled of a day: all of it, each session and each clinician. Empty where nobody has booked."""
    rows = list(of_day(practice, day).values_list("slot__session_name", "slot__clinician"))
    sessions, clinicians = Counter(name or "" for name, _ in rows), Counter(name or "" for _, name in rows)
    return [
        *([Part(count=len(rows))] if rows else []),
        *(Part(session=name, count=number) for name, number in sorted(sessions.items()) if name),
        *(Part(clinician=name, count=number) for name, number in sorted(clinicians.items()) if name),
    ]


def of_day(practice: Practice, day: date) -> QuerySet[Booking]:
    """The appointments of a day (in London) that are to come, made or on their way, the earliest first."""
    begins = datetime.combine(day, time(), LONDON)
    ends = datetime.combine(day + timedelta(days=1), time(), LONDON)
    return _to_come(practice).filter(starts_at__gte=begins, starts_at__lt=ends).order_by("starts_at", "id")


def within(practice: Practice, day: date, part: Part) -> QuerySet[Booking]:
    """Those of them that are in a part of the day."""
    return of_day(practice, day).filter(**named(session=part.session, clinician=part.clinician))


def of_clinic(clinic: CancelledClinic) -> QuerySet[Booking]:
    """The appointments to come that are in a cancelled clinic."""
    return within(clinic.practice, clinic.day, Part(session=clinic.session, clinician=clinic.clinician))


def named(*, session: str, clinician: str) -> Mapping[str, Any]:
    """The filter for rows with a slot of this session or clinician; for all where neither is given."""
    wanted = {"slot__session_name": session, "slot__clinician": clinician}
    return {path: name for path, name in wanted.items() if name}


def _to_come(practice: Practice) -> QuerySet[Booking]:
    return Booking.objects.filter(practice=practice, state__in=_STATES, starts_at__gt=timezone.now())
