"""Invitations that were made and have not left for so long that their patients must be looked up again.

A pause, or an account for texts that does not work, may keep an invitation for days. Nobody has its link yet, so it is
taken back whole: its patient waits again, is looked up as everybody is, and is invited anew or held back. What has been
tried and may have gone is left alone, and so is a link that somebody has seen.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.models.states import CampaignState, move
from campaigns.sending import schedule
from campaigns.sending.rechecks import clearance
from core.claims import WORKED_ON
from core.database import whole_sets
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import MessageState
from practices.audit import trail as audit
from practices.models import AuditEvent

logger = logging.getLogger(__name__)

AT_ONCE = 20_000
"""Invitations taken back in one transaction."""

_GOING = (CampaignState.STARTING, CampaignState.RUNNING)
_DELETE = SQL("DELETE FROM {} WHERE {} = ANY(%s)")


def _too_old(now: datetime) -> datetime:
    """Invitations made before then are too old: their patients were looked up at most `LASTS` before that."""
    return now - timedelta(hours=settings.RECHECK_AFTER_HOURS) + clearance.LASTS


def take_back(campaign: Campaign) -> int:
    """Take back the old unsent invitations of a locked batch that is resumed; how many. They are made anew."""
    now = timezone.now()
    _take_back_further(campaign, now)
    ids = _old(campaign, now)
    if not ids:
        return 0
    with connection.cursor() as cursor:
        for table, column in (
            (CodedEntry._meta.db_table, "subject_id"),
            (Message._meta.db_table, "subject_id"),
            (Invitation._meta.db_table, "id"),
        ):
            cursor.execute(_DELETE.format(Identifier(table), Identifier(column)).as_string(None), [ids])
    _open_parts(campaign, len(ids), now)
    audit.record(
        "campaign.invitations_remade",
        practice=campaign.practice,
        actor=None,
        object_id=campaign.id,
        patients=len(ids),
    )
    logger.info("invitations taken back", extra={"campaign_id": str(campaign.id), "count": len(ids)})
    return len(ids)


def _take_back_further(campaign: Campaign, now: datetime) -> None:
    """Delete the old unsent texts of the batch's plan, with their codes: their patients are due for them again.

    Their links are out: the text alone is taken back, and written anew once the record has been read.
    """
    rows = _waiting(campaign.id, now, Purpose.NEXT_INVITATION)
    ids = list(rows.select_for_update(skip_locked=True).order_by("id").values_list("id", flat=True)[:AT_ONCE])
    if not ids:
        return
    with connection.cursor() as cursor:
        for table, column in ((CodedEntry._meta.db_table, "after_message_id"), (Message._meta.db_table, "id")):
            cursor.execute(_DELETE.format(Identifier(table), Identifier(column)).as_string(None), [ids])
    if campaign.plan_stopped_at is None:
        campaign.next_invitation_at = min(campaign.next_invitation_at or now, now)
        campaign.save(update_fields=["next_invitation_at"])
    logger.info("further invitations taken back", extra={"campaign_id": str(campaign.id), "count": len(ids)})


def _waiting(campaign_id: UUID, now: datetime, purpose: Purpose) -> QuerySet[Message]:
    """The batch's texts of a purpose that nobody can have had, and that have waited for too long."""
    return Message.objects.of_batch(campaign_id).filter(
        purpose=purpose, state=MessageState.DUE, in_app_at=None, app_over=None, created_at__lt=_too_old(now)
    )


def _old(campaign: Campaign, now: datetime) -> list[UUID]:
    waiting = _waiting(campaign.id, now, Purpose.INVITATION)
    with whole_sets():
        # No worker takes them any more until we are done; those that one is taking now are left to it.
        texts = dict(
            waiting.select_for_update(skip_locked=True).order_by("id").values_list("subject_id", "id")[:AT_ONCE]
        )
    if not texts:
        return []
    return list(_unseen().filter(id__any_of=texts).select_for_update().values_list("id", flat=True))


def _unseen() -> QuerySet[Invitation]:
    """The invitations whose link nobody has had in hand."""
    others = Message.objects.filter(subject_id=OuterRef("id")).exclude(purpose=Purpose.INVITATION)
    shown = AuditEvent.objects.filter(object_id=OuterRef("id"), action="invitation.link_shown")
    unseen = Invitation.objects.filter(
        state=InvitationState.OPEN, opened_at=None, locked_at=None, date_of_birth_failures=0, elsewhere_at=None
    )
    return unseen.exclude(Exists(others)).exclude(Exists(shown))


def _open_parts(campaign: Campaign, patients: int, now: datetime) -> None:
    """Count the patients out of the parts that were made last, and let those parts be made full again."""
    (due_at,) = schedule.times(now, 1, any_hour=campaign.any_hour)
    for wave in campaign.waves.filter(made__gt=0).order_by("-number"):
        taken = min(wave.made, patients)
        if taken:
            wave.made, wave.due_at, wave.issued_at = wave.made - taken, due_at, None
            wave.save(update_fields=["made", "due_at", "issued_at"])
            patients -= taken
    if move(campaign, CampaignState.STARTING):
        campaign.save(update_fields=["state", "changed_at"])


def sweep() -> None:
    """Take back the old unsent invitations of batches that are going on.

    Batches with none to take back cost nothing: whatever their number, one statement finds the others.
    """
    old = Message.objects.filter(
        purpose__in=[Purpose.INVITATION, Purpose.NEXT_INVITATION],
        state=MessageState.DUE,
        held=False,
        in_app_at=None,
        app_over=None,
        created_at__lt=_too_old(timezone.now()),
    )
    first, further = old.filter(purpose=Purpose.INVITATION), old.filter(purpose=Purpose.NEXT_INVITATION)
    unseen = _unseen().filter(Exists(first.filter(subject_id=OuterRef("id"))), campaign=OuterRef("id"))
    going = Campaign.objects.filter(Exists(old.filter(campaign_id=OuterRef("id"))), state__in=_GOING)
    going = going.filter(Exists(unseen) | Exists(further.filter(campaign_id=OuterRef("id"))))
    for campaign_id in going.values_list("id", flat=True)[:WORKED_ON]:
        _take_back(campaign_id)


@transaction.atomic
def _take_back(campaign_id: UUID) -> None:
    rows = Campaign.objects.select_for_update(of=("self",), skip_locked=True).select_related("practice", "patient_list")
    campaign = rows.filter(id=campaign_id, state__in=_GOING).first()
    if campaign is not None:
        take_back(campaign)
