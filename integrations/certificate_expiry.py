"""Certificates of GP Connect that run out: who is warned, when, and in which words (gp-connect#mutual-tls).

Sixty, thirty and seven days before, and once it is over. By then nobody can book, so the day must surprise nobody: the
admin has it in its list and pages, staff on their home page, and whoever watches the service in its log each day.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from django.db.models import Q, QuerySet
from django.utils import timezone

from core.wording import local, nhs_date, plural
from integrations.models import ClinicalConnection
from practices.models import Practice

logger = logging.getLogger(__name__)


class Stage(IntEnum):
    """How near the end is: the days before it from which a warning of this kind is due."""

    EXPIRED = 0
    WEEK = 7
    MONTH = 30
    TWO_MONTHS = 60


FIRST = timedelta(days=Stage.TWO_MONTHS)


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a certificate of a connection runs out: `what` it is, and what is to be done about it."""

    what: str
    remedy: str
    ends_at: datetime
    now: datetime

    @property
    def days(self) -> int:
        """Days until the one on which it ends, in London: 0 on that day, less after it."""
        return (local(self.ends_at).date() - local(self.now).date()).days

    @property
    def stage(self) -> Stage | None:
        """Which warning is due; None while none is."""
        if self.ends_at <= self.now:
            return Stage.EXPIRED
        return next((stage for stage in Stage if stage and self.days <= stage), None)

    @property
    def is_over(self) -> bool:
        """Whether it holds no more."""
        return self.stage == Stage.EXPIRED

    @property
    def is_pressing(self) -> bool:
        """Whether it is over, or will be in a week."""
        return self.is_over or self.stage == Stage.WEEK

    @property
    def day(self) -> str:
        """The day on which it ends, such as 3 March 2027."""
        return nhs_date(local(self.ends_at).date(), weekday=False)

    @property
    def state(self) -> str:
        """In a few words, such as "expires on 3 March 2027, in 6 days"."""
        if self.stage is None:
            return f"expires on {self.day}"
        if self.is_over:
            return f"expired on {self.day}"
        return f"expires on {self.day}, " + (f"in {plural(self.days, 'day')}" if self.days else "today")

    @property
    def warning(self) -> str:
        """For administrators, with what to do."""
        until = "Until then" if self.is_over else "Otherwise"
        return f"{self.what} {self.state}. {self.remedy} {until} patients cannot book."


def of(stored: ClinicalConnection, now: datetime | None = None) -> list[Expiry]:
    """When the connection's certificates run out, ours first; empty where it has none."""
    now = now or timezone.now()
    ends = [
        ("The client certificate of GP Connect", "Enter a new one with its key.", stored.certificate_ends_at),
        ("A certificate of the Spine's authorities", "Enter those that are valid.", stored.spine_ca_ends_at),
    ]
    return [Expiry(what, remedy, at, now) for what, remedy, at in ends if at is not None]


def to_warn_of(stored: ClinicalConnection, now: datetime | None = None) -> list[Expiry]:
    """Those of which a warning is due."""
    return [expiry for expiry in of(stored, now) if expiry.stage is not None]


def of_practice(practice: Practice) -> list[Expiry]:
    """The warnings that are due for a practice's staff."""
    stored = ClinicalConnection.objects.filter(practice=practice).only("certificate_ends_at", "spine_ca_ends_at")
    return [expiry for row in stored for expiry in to_warn_of(row)]


def due(rows: QuerySet[ClinicalConnection], now: datetime | None = None) -> QuerySet[ClinicalConnection]:
    """The connections of which a warning is due."""
    until = (now or timezone.now()) + FIRST + timedelta(days=1)  # the day as a whole
    return rows.filter(Q(certificate_ends_at__lt=until) | Q(spine_ca_ends_at__lt=until))


def write_log() -> None:
    """One line for each warning that is due: an error where it is over or will be in a week."""
    rows: Iterable[ClinicalConnection] = due(ClinicalConnection.objects.select_related("practice"))
    for row in rows:
        for expiry in to_warn_of(row):
            level = logging.ERROR if expiry.is_pressing else logging.WARNING
            extra = {"practice_id": str(row.practice_id), "which": expiry.what, "days": expiry.days}
            logger.log(level, "a certificate runs out", extra={**extra, "ends_at": expiry.ends_at.isoformat()})
