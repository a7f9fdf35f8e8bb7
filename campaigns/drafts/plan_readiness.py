"""Whether the plan of a draft may be sent: every reason why not, as sentences for staff."""

from collections.abc import Iterator

from django.conf import settings

from campaigns.messages import texts
from campaigns.models import LONGEST_GAP, MOST_CODES, MOST_INVITATIONS, Campaign, CodeKind, SnomedCode
from campaigns.sequences import editing
from campaigns.sequences.plans import Plan, Step, plan_of


def reasons_against(campaign: Campaign, longest: str) -> list[str]:
    """Why the plan may not be sent as it is; `longest` is the longest name on the list.

    A link may end before the next invitation goes: that one gives it its whole life anew.
    """
    plan = plan_of(campaign)
    usable = _usable(campaign, plan)
    # The first invitation's words and own code are looked at with the rest of the batch.
    reasons = [*_codes(plan.steps[0], usable, skip=1 if campaign.invitation_code_id else 0)]
    for place, step in enumerate(plan.further, 2):
        if step.number != place or step.number > MOST_INVITATIONS:
            reasons.append(f"Invitation {place} is missing. Write the further invitations again.")
        reasons += _message(step, campaign, longest)
        reasons += _codes(step, usable)
        if not 1 <= step.gap_days <= LONGEST_GAP:
            reasons.append(f"Invitation {step.number}: choose 1 to {LONGEST_GAP} days after the one before it.")
    if plan.further and (reason := editing.reason_against_reminders(campaign.reminder_days, plan.further[0].gap_days)):
        reasons.append(f"{reason}.")
    return reasons


def _usable(campaign: Campaign, plan: Plan) -> set[str]:
    """The ids of the plan's codes that may go with it now."""
    ids = {code.pk for step in plan.steps for code in step.codes}
    if not ids:
        return set()
    usable = SnomedCode.objects.usable(CodeKind.INVITATION, campaign.practice)
    return set(usable.filter(pk__in=ids).values_list("pk", flat=True))


def _message(step: Step, campaign: Campaign, longest: str) -> Iterator[str]:
    practice, about = campaign.practice, f"Invitation {step.number}"
    reasons = texts.reasons_against(step.message)
    if not step.text_only:
        reasons += texts.reasons_against_in_app(step.message, practice)
    yield from (f"{about}: {reason}" for reason in reasons)
    # Patients without a name are greeted too, and that word may be longer than any name.
    if any(texts.preview(step.message, practice=practice, name=name).too_long for name in (longest, "")):
        most = settings.MESSAGE_FRAGMENTS_MAX
        yield f"{about}: with the longest name on your list it is over {most} fragments. Make it shorter."


def _codes(step: Step, usable: set[str], skip: int = 0) -> Iterator[str]:
    about = f"Invitation {step.number}"
    if len(step.codes) > MOST_CODES or len({code.pk for code in step.codes}) < len(step.codes):
        yield f"{about} has a code twice, or too many. Choose its codes again."
    for code in step.codes[skip:]:
        if code.pk not in usable:
            yield f"{about}: the code “{code.term}” may no longer be used here. Choose another."
