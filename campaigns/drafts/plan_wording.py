"""A plan in words for staff."""

from collections.abc import Iterable

from campaigns.models import Campaign, SnomedCode
from campaigns.sequences.plans import Step, plan_of
from core.wording import plural


def gap(step: Step) -> str:
    """When an invitation goes, as part of a sentence: `14 days after invitation 1`."""
    days = plural(step.gap_days, "working day" if step.working_days else "day")
    return f"{days} after invitation {step.number - 1}"


def codes(listed: Iterable[SnomedCode]) -> str:
    """Codes with their ids, as part of a sentence; `None` without any."""
    return ", ".join(f"{code.term} ({code.concept_id})" for code in listed) or "None"


def further(campaign: Campaign) -> str:
    """All that a draft has of further invitations, a sentence for each."""
    return " ".join(_sentence(step) for step in plan_of(campaign).further) or "None"


def _sentence(step: Step) -> str:
    how = ", by text only" if step.text_only else ""
    return f"Invitation {step.number}, {gap(step)}{how}: “{step.message}” Codes: {codes(step.codes)}."


def first_codes(campaign: Campaign) -> str:
    """The codes of the first invitation beside its own."""
    rows = campaign.invitation_codes.filter(invitation=1).select_related("code").order_by("position")
    return codes(row.code for row in rows)


def further_codes(campaign: Campaign, invitation: int | None = None) -> list[SnomedCode]:
    """The codes of a batch's invitations, or of one of them, beside the first one's own: once each."""
    rows = campaign.invitation_codes.select_related("code").order_by("invitation", "position")
    rows = rows.filter(invitation=invitation) if invitation else rows
    listed = {row.code_id: row.code for row in rows if row.code_id != campaign.invitation_code_id}
    return list(listed.values())
