"""Times in which a practice's clinical system is of no use: they are noticed, told, and given back to the links.

It does not answer, there is no secure connection to it, or it refuses our calls.

Whoever calls the clinical system says how it went, by `failed` and `answered`. A short break is nobody's business. One
that lasted `LONG` is on the practice's pages while it lasts and for a day after, and when it is over all links that
were alive when it began live as much longer. Until then a link that ran out meanwhile counts as alive (faults#outage).
"""

import logging
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from booking.models import ClinicalOutage
from campaigns.models import Invitation, InvitationState
from integrations import record_reading
from integrations.clinical.errors import NO_SECURE_CONNECTION, Busy, ClinicalError, NotAuthorised, NotEnabled
from practices.alerts import services as alerts
from practices.audit import trail as audit
from practices.models import AlertKind, Practice

logger = logging.getLogger(__name__)

LONG = timedelta(minutes=5)
SHOWN_FOR = timedelta(days=1)


OF_ALL = (Busy, NotAuthorised)
"""Errors that whoever asks next would meet as well: they say nothing about one patient, slot or booking."""


def failed(practice_id: UUID, error: ClinicalError | None = None) -> None:
    """The practice's clinical system was asked, and this came of it; without an error, no answer came."""
    now = timezone.now()
    by_certificate = isinstance(error, NO_SECURE_CONNECTION)
    refused = isinstance(error, NotAuthorised | NotEnabled) and not by_certificate
    known = ClinicalOutage.objects.filter(practice_id=practice_id, ended_at=None).update(
        failed_at=now, by_certificate=by_certificate, refused=refused
    )
    if not known:
        began = ClinicalOutage(
            practice_id=practice_id, began_at=now, failed_at=now, by_certificate=by_certificate, refused=refused
        )
        ClinicalOutage.objects.bulk_create([began], ignore_conflicts=True)  # another process may have noticed too


def judge(practice_id: UUID, answers: Collection[record_reading.Answer]) -> None:
    """Note what the answers about several patients say of the practice's clinical system, whoever they are about."""
    if any(isinstance(answer, record_reading.Reading) for answer in answers):
        answered(practice_id)
        return
    failures = [answer for answer in answers if isinstance(answer, OF_ALL)]
    if error := next((failure for failure in failures if failure is not record_reading.NOT_ASKED), None):
        failed(practice_id, error)


def answered(practice_id: UUID) -> None:
    """The practice's clinical system has answered: an outage is over, and its time is given back to the links."""
    if ClinicalOutage.objects.filter(practice_id=practice_id, ended_at=None).exists():
        _end(practice_id)


@transaction.atomic
def _end(practice_id: UUID) -> None:
    outage = ClinicalOutage.objects.select_for_update().filter(practice_id=practice_id, ended_at=None).first()
    if outage is None:
        return
    alerts.settle(practice_id, AlertKind.SYSTEM_DOWN)
    now = timezone.now()
    lasted = now - outage.began_at
    if lasted < LONG:
        outage.delete()
        return
    outage.ended_at = now
    outage.save(update_fields=["ended_at"])
    alive = Invitation.objects.filter(
        practice_id=practice_id, state=InvitationState.OPEN, expires_at__gte=outage.began_at
    )
    extended = alive.extend_by(lasted)
    audit.record(
        "clinical.outage_ended",
        practice=Practice.objects.get(id=practice_id),
        actor=None,
        object_id=outage.id,
        minutes=round(lasted.total_seconds() / 60),
        links_extended=extended,
    )
    logger.info("outage over", extra={"practice_id": str(practice_id), "links": extended})


def spares(invitation: Invitation) -> bool:
    """Whether a link that has run out still counts, because it could not be used towards its end."""
    return ClinicalOutage.objects.filter(
        practice_id=invitation.practice_id,
        ended_at=None,
        began_at__lte=min(invitation.expires_at, timezone.now() - LONG),
    ).exists()


def to_tell(practice: Practice) -> ClinicalOutage | None:
    """The outage that the practice's pages tell of: one that lasts, or one that has ended within a day."""
    latest = ClinicalOutage.objects.filter(practice=practice).order_by("-began_at").first()
    now = timezone.now()
    if latest is None or (latest.ended_at or now) - latest.began_at < LONG:
        return None
    return latest if latest.ended_at is None or now - latest.ended_at < SHOWN_FOR else None


def alert_managers() -> None:
    """Have managers emailed of the outages that last, once of each."""
    for outage in ClinicalOutage.objects.filter(ended_at=None, began_at__lte=timezone.now() - LONG):
        alerts.note(outage.practice_id, AlertKind.SYSTEM_DOWN, str(outage.id))
