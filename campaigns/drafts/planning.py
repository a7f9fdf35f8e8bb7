"""The plan of a draft: its further invitations. Each function is one transaction and leaves an audit event."""

from collections.abc import Sequence

from django.db import transaction

from campaigns.drafts.services import lock_draft
from campaigns.models import Campaign, SnomedCode
from campaigns.models.states import AfterLast
from campaigns.sequences import editing
from campaigns.sequences.editing import Written
from campaigns.sequences.ready.definitions import ReadyPlan
from practices.audit import trail as audit
from practices.models import User


@transaction.atomic
def save_invitation(*, campaign: Campaign, number: int, written: Written, by: User) -> Campaign:
    """Write a further invitation, from 2; the number after the last adds one. Raises AlreadySent, NotPossible."""
    draft = lock_draft(campaign)
    added = editing.save(draft, number, written)
    draft.save(update_fields=["changed_at"])
    audit.record(
        "campaign.plan_saved",
        practice=draft.practice,
        actor=by,
        object_id=draft.id,
        invitation=number,
        added=added,
        gap_days=written.gap_days,
        working_days=written.working_days,
        text_only=written.text_only,
        codes=[code.concept_id for code in written.codes],
    )
    return draft


@transaction.atomic
def remove_invitation(*, campaign: Campaign, number: int, by: User) -> Campaign:
    """Take a further invitation out. One that is not there changes nothing. Raises AlreadySent, NotPossible."""
    draft = lock_draft(campaign)
    if editing.remove(draft, number):
        draft.save(update_fields=["changed_at"])
        audit.record("campaign.plan_removed", practice=draft.practice, actor=by, object_id=draft.id, invitation=number)
    return draft


@transaction.atomic
def choose_first_codes(*, campaign: Campaign, codes: Sequence[SnomedCode], by: User) -> Campaign:
    """The codes of the first invitation beside its own: up to two. Raises AlreadySent, NotPossible."""
    draft = lock_draft(campaign)
    editing.set_codes(draft, 1, codes)
    draft.save(update_fields=["changed_at"])
    audit.record(
        "campaign.plan_codes",
        practice=draft.practice,
        actor=by,
        object_id=draft.id,
        codes=[code.concept_id for code in codes],
    )
    return draft


@transaction.atomic
def choose_after_last(*, campaign: Campaign, after_last: AfterLast, by: User) -> Campaign:
    """How staff reach those who have not answered the last invitation. Raises AlreadySent."""
    draft = lock_draft(campaign)
    draft.after_last = after_last
    draft.save(update_fields=["after_last", "changed_at"])
    audit.record(
        "campaign.plan_after_last", practice=draft.practice, actor=by, object_id=draft.id, after_last=after_last.value
    )
    return draft


@transaction.atomic
def use_ready(*, campaign: Campaign, ready: ReadyPlan, by: User) -> Campaign:
    """Fill the draft with a ready plan, over what it has (`editing.apply`). Raises AlreadySent."""
    draft = lock_draft(campaign)
    editing.apply(draft, ready)
    audit.record("campaign.plan_ready", practice=draft.practice, actor=by, object_id=draft.id, plan=ready.key)
    return draft
