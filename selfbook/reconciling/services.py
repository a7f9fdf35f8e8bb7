"""Finding out what went after the dump that was restored, and letting things leave (restoring#what-went).

Per practice, while it is on hold. Every step may be repeated, and one that was broken off goes on: what it has written
stays. Nothing is sent or asked for by any of them.
"""

import logging
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from booking.workers import reconcile as bookings
from campaigns.sending import restored
from integrations.outbox.messages import gone_texts, last_times
from integrations.reconciling import codes, texts
from practices.audit import trail as audit
from practices.holds import services as holds
from practices.journal.places import Unreadable
from practices.models import Hold, Practice, User
from selfbook.retention import replaying

logger = logging.getLogger(__name__)

FRESH = timedelta(hours=1)
"""Letting go needs a look no older than this: patients book and text in the meantime."""


LABELS = {
    "listed": "texts in the provider's list",
    "received": "texts from patients in it",
    "remade": "invitations made anew whose texts had gone",
    "gone": "waiting messages that had gone",
    "unclear": "messages that NHS Notify may have had, settled or texted instead",
    "useless": "messages withdrawn because their last time is over",
    "strangers": "texts that went and belong to nothing in this database",
    "looked_up": "patients looked up in the appointment book",
    "booked": "appointments found in it",
    "cancelled": "cancellations found in it",
    "declined": "declines found in records",
    "filed": "waiting codes found in records",
    "unread": "patients who could not be read",
    "erased_again": "batches and patients erased again",
    "opted_out_again": "opt-outs that were made since, by a digest of their number",
    "opted_in_again": "opt-outs that had ended since",
    "unknown_digests": "entries of the journal whose key is missing from DIGEST_KEYS",
    "journal_lost": "entries that the journal outside has lost: others may be lost too, so ask staff who opted out",
}
"""What each count of a report is, in words that follow the number."""


NO_JOURNAL = "The journal of erasures and opt-outs cannot be read. See that Redis is there, and JOURNAL_FILE."


class NotReconciled(Exception):
    """Nobody has found out lately what went, or it could not be found out: its text is for the administrator."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found for one practice, in counts.

    `gone`: waiting messages that had gone. `unclear`: messages that NHS Notify may have had. `useless`: messages whose
    last time is over. `strangers`: texts that went and belong to nothing here. `trouble` is set where the provider of
    texts could not be asked, or the journal outside could not be read: then nothing is let go.
    """

    listed: int = 0
    received: int = 0
    remade: int = 0
    gone: int = 0
    unclear: int = 0
    useless: int = 0
    strangers: int = 0
    looked_up: int = 0
    booked: int = 0
    cancelled: int = 0
    declined: int = 0
    filed: int = 0
    unread: int = 0
    erased_again: int = 0
    opted_out_again: int = 0
    opted_in_again: int = 0
    unknown_digests: int = 0
    journal_lost: int = 0
    trouble: str = ""


def describe_trouble(trouble: str) -> str:
    """Why it could not be found out what went, in words for an administrator; empty where it could."""
    if trouble in ("", NO_JOURNAL):
        return trouble
    return "Its provider of texts could not be asked. Test the connection, and try again."


def held() -> list[Hold]:
    """The practices that Selfbook holds by itself, each once, by name."""
    rows = (
        holds.in_force().filter(cause__in=holds.AUTOMATIC, practice__isnull=False).order_by("practice__name", "since")
    )
    return list({hold.practice_id: hold for hold in rows}.values())


def find_out(practice: Practice) -> Report:
    """Find out what went since what is last known, and write it. Raises Hold.DoesNotExist where nothing is held."""
    own = Hold.objects.filter(practice=practice, cause__in=holds.AUTOMATIC)
    hold = own.order_by("last_known").first()
    if hold is None:
        raise Hold.DoesNotExist
    since = hold.last_known or hold.since
    try:
        listing = texts.read(practice, since)
    except texts.NotListed as failure:
        logger.warning("provider not asked", extra={"practice_id": str(practice.id), "error": str(failure)})
        audit.record("hold.reconciled", practice=practice, actor=None, trouble=str(failure))
        return Report(trouble=str(failure))
    try:
        replayed = replaying.replay(practice)
    except Unreadable:
        logger.warning("journal not read", extra={"practice_id": str(practice.id)})
        audit.record("hold.reconciled", practice=practice, actor=None, trouble=NO_JOURNAL)
        return Report(trouble=NO_JOURNAL)
    remade = restored.make_again(practice)
    gone = gone_texts.match_waiting(practice)
    booked = bookings.reconcile(practice, since)
    gone += gone_texts.match_waiting(practice)
    report = Report(
        listed=listing.sent,
        received=listing.received,
        remade=remade,
        gone=gone,
        unclear=texts.settle_unknowable(practice, hold.since),
        useless=last_times.withdraw(practice),
        strangers=gone_texts.left(practice),
        filed=codes.find_filed(practice),
        **asdict(booked),
        **asdict(replayed),
    )
    _note(practice, report)
    return report


@transaction.atomic
def _note(practice: Practice, report: Report) -> None:
    Hold.objects.filter(practice=practice, cause__in=holds.AUTOMATIC).update(reconciled_at=timezone.now())
    counts: dict[str, Any] = {name: count for name, count in asdict(report).items() if isinstance(count, int) and count}
    audit.record("hold.reconciled", practice=practice, actor=None, **counts)
    logger.info("reconciled", extra={"practice_id": str(practice.id), "count": report.gone})


def let_go(practice: Practice, *, by: User | None) -> int:
    """Let things leave that Selfbook held by itself; how many holds ended. Raises NotReconciled."""
    own = Hold.objects.filter(practice=practice, cause__in=holds.AUTOMATIC)
    if replaying.is_waiting(practice):
        raise NotReconciled(f"{practice.name}: find out again what went. The journal has news since.")
    if own.exclude(reconciled_at__gt=timezone.now() - FRESH).exists():
        raise NotReconciled(f"{practice.name}: find out first what went, or do so again. Nobody has in the last hour.")
    return holds.release(practice, by=by, causes=holds.AUTOMATIC)
