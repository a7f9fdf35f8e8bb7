"""Staff say that they are done with a patient to follow up, or take that back.

Each function is one transaction and leaves an audit event. Saying it twice, or two people at once, is harmless.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from campaigns.models import Campaign, Invitation
from campaigns.models.workspace import FollowedUp
from practices.audit import trail as audit
from practices.models import Practice, User

CANNOT = "cannot"
"""The kind of a batch's patients who cannot be sent a text, whom staff are done with all together."""


def done_with(about: str, kind: str = "", *, since: str = "") -> Exists:
    """Whether staff are done with what a row's column `about` names, for a queryset's filter.

    `kind` tells entries about the same thing apart; `since` names the column with the time from which it counts.
    """
    filters: dict[str, Any] = {"about": OuterRef(about)}
    if kind:
        filters["kind"] = kind
    if since:
        filters["at__gte"] = OuterRef(since)
    return Exists(FollowedUp.objects.filter(**filters))


def is_list_done(campaign: Campaign) -> bool:
    """Whether staff are done with the patients of a batch who cannot be sent a text."""
    return FollowedUp.objects.filter(about=campaign.id, kind=CANNOT).exists()


def reopen_list(campaign: Campaign) -> None:
    """Patients of a batch were held back who need to hear from staff: what staff were done with is not all of them."""
    FollowedUp.objects.filter(about=campaign.id, kind=CANNOT).delete()


@transaction.atomic
def mark(*, campaign: Campaign, invitation: Invitation | None, kind: str, about: UUID, by: User) -> None:
    """Take an entry off its list. The caller has seen that it is on it."""
    FollowedUp.objects.update_or_create(
        about=about,
        kind=kind,
        defaults={
            "practice_id": campaign.practice_id,
            "campaign": campaign,
            "invitation": invitation,
            "by": by,
            "at": timezone.now(),
        },
    )
    _record("patient.followed_up", campaign, invitation.id if invitation else None, kind, by)


@transaction.atomic
def put_back(*, practice: Practice, followed_up: UUID, by: User) -> bool:
    """Put an entry of the practice on its list again; whether it was off it."""
    rows = FollowedUp.objects.select_related("campaign").select_for_update(of=("self",))
    entry = rows.filter(practice=practice, id=followed_up).first()
    if entry is None:
        return False
    entry.delete()
    _record("patient.to_follow_up_again", entry.campaign, entry.invitation_id, entry.kind, by)
    return True


def _record(action: str, campaign: Campaign, invitation_id: UUID | None, kind: str, by: User) -> None:
    audit.record(
        action,
        practice=campaign.practice,
        actor=by,
        object_id=invitation_id or campaign.id,
        batch_id=campaign.id,
        kind=kind,
    )


def latest(practice: Practice) -> QuerySet[FollowedUp]:
    """What a practice's staff are done with, the latest first."""
    rows = FollowedUp.objects.filter(practice=practice).order_by("-at", "id")
    return rows.select_related("campaign", "invitation__recipient", "by")
