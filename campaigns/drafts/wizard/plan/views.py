"""The pages of a draft's further invitations. Reached from the message and the summary, no steps of their own."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.drafts import plan_wording, planning, versions
from campaigns.drafts.wizard.plan import forms
from campaigns.drafts.wizard.steps import address, first_open, wizard_step
from campaigns.drafts.wizard.views import choose_template, previewed
from campaigns.messages import costs, texts
from campaigns.models import MOST_INVITATIONS, Campaign, MessageTemplate
from campaigns.models.states import AfterLast
from campaigns.sequences.editing import NotPossible
from campaigns.sequences.plans import Step, plan_of
from core.http import posted
from core.wording import plural
from integrations.messaging.text import clean
from practices.access import StaffRequest

page = require_http_methods(["GET", "HEAD", "POST"])


@page
@wizard_step("decline")
def plan(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """The list of invitations, and what comes after the last."""
    form = forms.AfterLastForm(posted(request), initial={"after_last": campaign.after_last})
    if form.is_valid():
        after_last = AfterLast(form.cleaned_data["after_last"])
        planning.choose_after_last(campaign=campaign, after_last=after_last, by=request.user)
        return redirect(address(campaign, first_open(campaign).name))
    return _list(request, campaign, form)


def _list(request: StaffRequest, campaign: Campaign, form: forms.AfterLastForm, reason: str = "") -> HttpResponse:
    planned, price = plan_of(campaign), costs.each(campaign.practice_id)
    at_summary = first_open(campaign).name == "summary"
    context = {
        "campaign": campaign,
        "back": address(campaign, "summary" if at_summary else "message"),
        "form": form,
        "reason": reason,
        "invitations": [_shown(step, campaign, price) for step in planned.steps],
        "next_number": len(planned.steps) + 1 if len(planned.steps) < MOST_INVITATIONS else None,
        "most": MOST_INVITATIONS,
        # Two kinds of forms are on the page, each saved over its own part of the draft.
        "plan_version": campaign.shown_version if form.is_bound else versions.version(campaign, "plan"),
        "remove_version": versions.version(campaign, "plan-remove"),
    }
    return render(request, "campaigns/plan.jinja", context)


def _shown(step: Step, campaign: Campaign, price: Callable[[int], str]) -> dict[str, object]:
    """One invitation for the list, with what its text takes for a sample name."""
    preview = texts.preview(step.message, practice=campaign.practice)
    fragments = preview.measure.fragments
    return {
        "number": step.number,
        "gap": plan_wording.gap(step) if step.number > 1 else "",
        "preview": preview,
        "takes": f"{plural(fragments, 'fragment')}. {price(fragments)}".strip(),
        "codes": plan_wording.codes(step.codes),
        "text_only": step.text_only,
    }


@page
@wizard_step("decline")
def invitation(request: StaffRequest, campaign: Campaign, number: int) -> HttpResponse:
    """Add a further invitation, or change one; its words may start from a template (`?template=`)."""
    if not 2 <= number <= MOST_INVITATIONS:
        raise Http404
    planned = plan_of(campaign)
    if number > len(planned.steps) + 1:
        return redirect(address(campaign, "plan"))
    step = planned.steps[number - 1] if number <= len(planned.steps) else None
    template, initial = step.template if step else None, forms.initial_invitation(step, planned.steps[number - 2])
    chooser = choose_template(request, template.id if template else None)
    if chooser.is_bound:
        template = chooser.cleaned_data["template"]
        initial["message"] = template.body if template else ""
    form = forms.InvitationForm(posted(request), practice=request.practice, initial=initial)
    if "preview" in request.POST:
        form.look_at_message_only()
    elif form.is_valid() and _save(request, campaign, number, form, template, step):
        return redirect(address(campaign, "plan"))
    cleaned = clean(str(form["message"].value() or ""))
    context = {
        "campaign": campaign,
        "back": address(campaign, "plan"),
        "number": number,
        "is_new": step is None,
        "form": form,
        "chooser": chooser,
        **previewed(cleaned, request.practice),
    }
    return render(request, "campaigns/plan-invitation.jinja", context)


def _save(
    request: StaffRequest,
    campaign: Campaign,
    number: int,
    form: forms.InvitationForm,
    template: MessageTemplate | None,
    step: Step | None,
) -> bool:
    """Save an invitation; False where the plan may not be so, which the form then says."""
    written = form.written(template, text_only=bool(step and step.text_only))
    try:
        planning.save_invitation(campaign=campaign, number=number, written=written, by=request.user)
    except NotPossible as error:
        form.add_error("gap_days", error.sentence)
        return False
    return True


@require_POST
@wizard_step("decline")
def remove(request: StaffRequest, campaign: Campaign, number: int) -> HttpResponse:
    """Take a further invitation out, and show the others."""
    try:
        planning.remove_invitation(campaign=campaign, number=number, by=request.user)
    except NotPossible as error:
        form = forms.AfterLastForm(initial={"after_last": campaign.after_last})
        return _list(request, campaign, form, error.sentence)
    return redirect(address(campaign, "plan"))


@page
@wizard_step("decline")
def first_codes(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Choose the codes of the first invitation beside its own."""
    form = forms.FirstCodesForm(
        posted(request), practice=request.practice, own=campaign.invitation_code, initial=_further(campaign)
    )
    if form.is_valid():
        planning.choose_first_codes(campaign=campaign, codes=form.codes, by=request.user)
        return redirect(address(campaign, "plan"))
    context = {"campaign": campaign, "back": address(campaign, "plan"), "form": form}
    return render(request, "campaigns/plan-codes.jinja", context)


def _further(campaign: Campaign) -> dict[str, str]:
    rows = campaign.invitation_codes.filter(invitation=1).order_by("position").values_list("code_id", flat=True)
    return dict(zip(("second_code", "third_code"), rows, strict=False))
