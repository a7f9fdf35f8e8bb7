"""What goes every night, and keeping a batch longer (retention#every-night).

One practice after the other, one batch after the other. While one worker is at it no other begins: a lock that ends
with its connection says so.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from campaigns.models import Campaign, CampaignState
from campaigns.models.states import move
from campaigns.sending import approval
from campaigns.sending.rechecks import forgetting
from integrations.models import DeliveryReceipt, GoneText
from patients.lists.discarding import discard
from patients.models import ListState, PatientList
from patients.opt_outs import digests as opt_out_digests
from practices.audit import trail as audit
from practices.models import Practice, User
from selfbook.retention import closing, erasing, reported, requests

logger = logging.getLogger(__name__)

_LOCK = 7_301_002
LOOSE = 10_000
"""Rows about no batch that are deleted in one statement."""


class CannotKeep(Exception):
    """A batch that is erased, or being erased, cannot be kept. Its text is for staff."""


def sweep() -> int:
    """Erase all whose time is over; how many batches went. Does nothing while another worker is at it."""
    with _alone() as alone:
        if not alone:
            return 0
        closing.note()
        return sum(_erase_of(practice) for practice in Practice.objects.order_by("id"))


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether this is the only sweep. The lock is the connection's, so that a worker that dies leaves none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (alone,) = cursor.fetchone()
    try:
        yield bool(alone)
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _erase_of(practice: Practice) -> int:
    before = timezone.now() - timedelta(days=practice.retention_days)
    batches = sum(erasing.erase(campaign_id) for campaign_id in closing.due(practice).values_list("id", flat=True))
    for campaign_id in _old_drafts(practice, before):
        empty_draft(campaign_id, before)
    for patient_list in PatientList.objects.of_practice(practice).filter(campaign=None, created_at__lt=before):
        if patient_list.state in (ListState.READY, ListState.REFUSED):
            discard(patient_list)
    reported.erase_old(practice, before)
    _erase_loose(practice, before)
    opt_out_digests.erase_old(practice, before)
    requests.forget_old(practice)
    return batches


def _old_drafts(practice: Practice, before: datetime) -> list[UUID]:
    states = [CampaignState.DRAFT, CampaignState.AWAITING]
    drafts = Campaign.objects.of(practice).filter(state__in=states, changed_at__lt=before, patient_list__isnull=False)
    return list(drafts.values_list("id", flat=True))


@transaction.atomic
def empty_draft(campaign_id: UUID, before: datetime) -> bool:
    """Take the list off a draft that nobody has changed since a moment; the draft stays, without patients."""
    rows = Campaign.objects.select_for_update(of=("self",)).select_related("practice", "patient_list")
    draft = rows.get(id=campaign_id)
    if draft.state not in (CampaignState.DRAFT, CampaignState.AWAITING) or draft.changed_at >= before:
        return False
    patient_list = draft.patient_list
    if patient_list is None or (draft.keep_until and draft.keep_until >= timezone.localdate()):
        return False
    if draft.state == CampaignState.AWAITING:
        move(draft, CampaignState.DRAFT)
        approval.forget(draft)
    forgetting.forget(draft)
    draft.patient_list, draft.list_agreed = None, False
    draft.save(update_fields=["state", "patient_list", "list_agreed", *approval.FIELDS, "changed_at"])
    discard(patient_list)
    audit.record("campaign.list_erased", practice=draft.practice, actor=None, object_id=draft.id)
    return True


def _erase_loose(practice: Practice, before: datetime) -> None:
    """Delivery news and texts of a restore that are older than a moment: mostly their messages went long ago."""
    news = DeliveryReceipt.objects.filter(practice=practice, received_at__lt=before).order_by("pk")
    while ids := list(news.values_list("pk", flat=True)[:LOOSE]):
        DeliveryReceipt.objects.filter(pk__in=ids).delete()
    GoneText.objects.filter(practice=practice, seen_at__lt=before).delete()


@transaction.atomic
def keep(*, campaign: Campaign, until: date, reason: str, by: User) -> None:
    """Keep a batch's patients until the end of a day, whatever the practice's days say. Raises CannotKeep."""
    locked = Campaign.objects.select_for_update(of=("self",)).select_related("practice").get(id=campaign.id)
    if locked.is_erased:
        raise CannotKeep("This batch has been erased, or is being erased now.")
    locked.keep_until, locked.keep_reason, locked.keep_by = until, reason, by
    locked.save(update_fields=["keep_until", "keep_reason", "keep_by"])
    day = until.isoformat()
    audit.record("campaign.keep", practice=locked.practice, actor=by, object_id=locked.id, until=day)


@transaction.atomic
def end_keep(*, campaign: Campaign, by: User) -> None:
    """Let a batch be erased in its time again. Twice is the same as once."""
    locked = Campaign.objects.select_for_update(of=("self",)).select_related("practice").get(id=campaign.id)
    if locked.keep_until is None:
        return
    locked.keep_until, locked.keep_reason, locked.keep_by = None, "", None
    locked.save(update_fields=["keep_until", "keep_reason", "keep_by"])
    audit.record("campaign.keep_ended", practice=locked.practice, actor=by, object_id=locked.id)
