"""The page on which staff look at a ready plan, and use it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from campaigns.drafts import plan_wording, planning
from campaigns.drafts.plan_forecast import AFTER_LAST
from campaigns.drafts.wizard.plan.forms import ReadyPlanForm
from campaigns.drafts.wizard.steps import address, back_from, wizard_step
from campaigns.messages import texts
from campaigns.models import Campaign, CodeKind
from campaigns.sequences import editing
from campaigns.sequences.plans import Step
from campaigns.sequences.ready.definitions import ReadyPlan
from campaigns.sequences.ready.registry import PLANS
from core.http import posted
from practices.access import StaffRequest
from practices.models import Practice


@require_http_methods(["GET", "HEAD", "POST"])
@wizard_step("message")
def ready(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Choose a ready plan, look at all of it (`?plan=`), and use it: it takes the place of what the draft has."""
    form = ReadyPlanForm(posted(request))
    if form.is_valid():
        chosen = PLANS[form.cleaned_data["plan"]]
        planning.use_ready(campaign=campaign, ready=chosen, by=request.user)
        messages.success(request, f"“{chosen.name}” is filled in. You can change all of it.")
        return redirect(address(campaign, "message"))
    shown = PLANS.get(request.GET.get("plan", ""))
    if not form.is_bound:
        form.initial = {"plan": shown.key if shown else ""}
    context = {
        "campaign": campaign,
        "back": address(campaign, "message") if campaign.message else back_from(campaign, "message"),
        "form": form,
        "ready": shown,
        "invitations": _invitations(shown, request.practice) if shown else [],
        "after_last": AFTER_LAST[shown.after_last] if shown else "",
        "replaces": bool(campaign.message),
    }
    return render(request, "campaigns/plan-ready.jinja", context)


def _invitations(shown: ReadyPlan, practice: Practice) -> list[dict[str, object]]:
    """The invitations of a ready plan as the practice's patients would get them, with the codes that it may use."""
    wanted = [code for invitation in shown.invitations for code in invitation.codes]
    codes = {code.pk: code for code in editing.choosable(practice, CodeKind.INVITATION, wanted)}
    steps = [
        Step(
            number,
            invitation.message,
            tuple(codes[code] for code in invitation.codes if code in codes),
            invitation.gap_days,
            invitation.working_days,
            text_only=False,
            template=None,
        )
        for number, invitation in enumerate(shown.invitations, 1)
    ]
    return [
        {
            "number": step.number,
            "gap": plan_wording.gap(step) if step.number > 1 else "",
            "text": texts.preview(step.message, practice=practice).text,
            "codes": plan_wording.codes(step.codes),
        }
        for step in steps
    ]
