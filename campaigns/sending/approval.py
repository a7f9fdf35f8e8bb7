"""A second person for large batches: one member of staff asks, another looks at what would go, and lets it.

While a batch waits nothing about it can be changed, so what was approved is what goes. Each function is one
transaction and leaves an audit event.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.models.states import CampaignState, move
from practices.audit import trail as audit
from practices.models import Practice, User, same_person
from practices.models.same_person import Relation
from practices.roles import Permission, may
from practices.staff import second_persons
from practices.staff.second_persons import Refusal

COMMENT_MAX = 500
"""Characters of what is said to a batch that is sent back."""


class CannotApprove(Exception):
    """This person may not approve or send back this batch. Its text is a sentence for them."""


def is_needed(practice: Practice, patients: int) -> bool:
    """Whether a batch to so many patients needs another person's approval before it goes."""
    return practice.second_person_over is not None and patients > practice.second_person_over


def is_waiting(campaign: Campaign) -> bool:
    """Whether it waits for somebody's approval."""
    return campaign.state == CampaignState.AWAITING


def waiting(practice: Practice) -> QuerySet[Campaign]:
    """The practice's batches that wait for approval, the longest first."""
    return (
        Campaign.objects.of(practice)
        .filter(state=CampaignState.AWAITING)
        .select_related("asked_by", "created_by", "patient_list")
        .order_by("asked_at")
    )


def refusal(campaign: Campaign, by: User) -> Refusal | None:
    """Why this person may not settle this batch; None when they may. The database holds the first of these too."""
    if by.id in (campaign.created_by_id, campaign.asked_by_id):
        return Refusal(Relation.SAME, "You made this batch. Somebody else must check it.")
    place = by.memberships.filter(practice=campaign.practice_id).first()
    if not may(place.role if place else None, Permission.APPROVE_BATCHES):
        return Refusal("not for this role", "Only staff who may send batches can approve one.")
    for person in _made_by(campaign):
        relation = second_persons.relation(by, person)
        if sentence := same_person.refusal(relation, "the one that made the batch"):
            return Refusal(relation, sentence)
    return None


def _made_by(campaign: Campaign) -> list[User]:
    """Who made the batch, and who asked for its approval where that is somebody else."""
    asked_by = campaign.asked_by
    return [campaign.created_by, *([asked_by] if asked_by and asked_by != campaign.created_by else [])]


def ask(*, locked: Campaign, by: User) -> None:
    """Have a locked draft wait for approval. The caller has found no fault with it."""
    move(locked, CampaignState.AWAITING)
    locked.asked_by, locked.asked_at = by, timezone.now()
    locked.approved_by = locked.approved_at = locked.sent_back_by = None
    locked.sent_back_words = ""
    _save(locked)
    audit.record("campaign.approval_asked", practice=locked.practice, actor=by, object_id=locked.id)


def approve(*, locked: Campaign, by: User) -> Refusal | None:
    """Note who approved a locked batch, which is about to be scheduled; or why they may not, in the audit trail.

    The caller raises CannotApprove for a refusal once that is committed.
    """
    if refused := _refused(locked, by):
        return refused
    locked.approved_by, locked.approved_at = by, timezone.now()
    _save(locked)
    checked: dict[str, Any] = {"relation": str(Relation.OTHER), "of": [str(person.id) for person in _made_by(locked)]}
    audit.record("campaign.approved", practice=locked.practice, actor=by, object_id=locked.id, **checked)
    return None


def _refused(locked: Campaign, by: User) -> Refusal | None:
    refused = refusal(locked, by)
    if refused:
        data: dict[str, Any] = {"reason": str(refused.why), "of": [str(person.id) for person in _made_by(locked)]}
        audit.record("campaign.approval_refused", practice=locked.practice, actor=by, object_id=locked.id, **data)
    return refused


def send_back(*, campaign: Campaign, comment: str, by: User) -> bool:
    """Make it a draft again, with what should be different. False when it waits no more. Raises CannotApprove."""
    with transaction.atomic():
        locked = _locked(campaign.id)
        if not is_waiting(locked):
            return False
        refused = _refused(locked, by)
        if not refused:
            locked.sent_back_by, locked.sent_back_words = by, comment
            _to_draft(locked)
            audit.record("campaign.sent_back", practice=locked.practice, actor=by, object_id=locked.id)
    if refused:
        raise CannotApprove(refused.sentence)
    return True


@transaction.atomic
def take_back(*, campaign: Campaign, by: User) -> bool:
    """Make it a draft again, to change it: it must be approved anew then. False when it waits no more."""
    locked = _locked(campaign.id)
    if not is_waiting(locked):
        return False
    _to_draft(locked)
    audit.record("campaign.approval_withdrawn", practice=locked.practice, actor=by, object_id=locked.id)
    return True


def forget(locked: Campaign) -> None:
    """A batch that is a draft again has been approved by nobody: it may be changed now. The caller saves it."""
    locked.asked_by = locked.asked_at = locked.approved_by = locked.approved_at = None


def _to_draft(locked: Campaign) -> None:
    move(locked, CampaignState.DRAFT)
    forget(locked)
    _save(locked)


def _locked(campaign_id: UUID) -> Campaign:
    return Campaign.objects.select_for_update(of=("self",)).select_related("practice").get(id=campaign_id)


FIELDS = ("asked_by", "asked_at", "approved_by", "approved_at", "sent_back_by", "sent_back_words")


def _save(locked: Campaign) -> None:
    locked.save(update_fields=["state", *FIELDS, "changed_at"])
