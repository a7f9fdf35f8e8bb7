"""The wizard's pages. Each shows a form, hands its answer to a service, and goes on to the next step."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.drafts import left_out, services, slot_types
from campaigns.drafts.wizard.steps import address, after, back_from, first_open, sent_address, wizard_step
from campaigns.messages import costs, forms, texts
from campaigns.models import Campaign, MessageTemplate
from core.http import posted
from integrations.clinical.errors import ClinicalError
from integrations.clinical.port import left_out_of, unmarked_of
from integrations.connections import NotConnected
from integrations.messaging.text import Cleaned, clean
from practices.access import StaffRequest, allowed
from practices.models import Practice
from practices.roles import Permission

page = require_http_methods(["GET", "HEAD", "POST"])


@page
@allowed(Permission.PREPARE_BATCHES)
def new(request: StaffRequest) -> HttpResponse:
    """New batch message: choose Self-Book, and a draft is kept from here on."""
    form = forms.NewBatchForm(posted(request))
    if form.is_valid():
        campaign = services.create_draft(practice=request.practice, by=request.user)
        return redirect(address(campaign, "slot-type"))
    return render(request, "campaigns/new.jinja", {"form": form, "back": reverse("campaigns:home")})


@page
@wizard_step("slot-type")
def slot_type(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Choose a slot type, from the clinical system as it is now."""
    context: dict[str, object] = {"campaign": campaign, "back": back_from(campaign, "slot-type")}
    try:
        available = slot_types.available(request.practice, request.user)
    except (ClinicalError, NotConnected):
        return render(request, "campaigns/clinical-system-down.jinja", context, status=503)
    context["left_out"] = left_out.sentences(left_out_of(available), unmarked_of(available), request.practice)
    form = forms.SlotTypeForm(posted(request), slot_types=available, initial={"slot_type": campaign.slot_type})
    if form.is_valid():
        services.choose_slot_type(campaign=campaign, slot_type=form.cleaned_data["slot_type"], by=request.user)
        return after(campaign, "slot-type")
    return render(request, "campaigns/slot-type.jinja", context | {"form": form, "slot_types": available})


@page
@wizard_step("message")
def message(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Write the message, or start from a template (`?template=`, so that it works without JavaScript)."""
    initial, template = forms.initial_message(campaign), campaign.template
    chooser = choose_template(request, campaign.template_id)
    if chooser.is_bound:
        template = chooser.cleaned_data["template"]
        initial |= forms.suggested_message(template)
    form = forms.MessageForm(posted(request), practice=request.practice, initial=initial)
    if "preview" in request.POST:
        form.look_at_message_only()
    elif form.is_valid():
        return _save_message(request, campaign, form, template)
    cleaned = clean(str(form["message"].value() or ""))
    return render(
        request,
        "campaigns/message.jinja",
        {
            "campaign": campaign,
            "back": back_from(campaign, "message"),
            "form": form,
            "chooser": chooser,
            **previewed(cleaned, request.practice),
        },
    )


def choose_template(request: StaffRequest, template_id: UUID | None) -> forms.TemplateForm:
    """The choice of templates: bound and valid when one was chosen that is there to choose."""
    initial = {"template": template_id}
    if "template" in request.GET:
        chosen = forms.TemplateForm(request.GET, practice=request.practice, initial=initial)
        if chosen.is_valid():
            return chosen
    return forms.TemplateForm(practice=request.practice, initial=initial)


def _save_message(
    request: StaffRequest, campaign: Campaign, form: forms.MessageForm, template: MessageTemplate | None
) -> HttpResponse:
    services.write_message(
        campaign=campaign,
        message=form.cleaned_data["message"],
        template=template,
        code=form.cleaned_data["code"],
        details=form.details,
        by=request.user,
    )
    if request.POST.get("then") == "plan":
        return redirect(address(campaign, "plan"))
    return after(campaign, "message")


@require_POST
@wizard_step("message")
def message_preview(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """The preview of the words being written, as an HTML fragment. Stores nothing."""
    cleaned = clean(request.POST.get("message", "")[:2000])
    return render(request, "campaigns/fragments/preview.jinja", previewed(cleaned, campaign.practice))


def previewed(cleaned: Cleaned, practice: Practice) -> dict[str, object]:
    """What the preview tells of a message: the text, what was changed in it, its price, and what would be better."""
    preview = texts.preview(cleaned.text, practice=practice)
    return {
        "preview": preview,
        "price": costs.each(practice.id)(preview.measure.fragments),
        "in_app": texts.in_app(cleaned.text, practice),
        "told": cleaned.told,
        "advice": texts.warnings(cleaned.text, practice),
    }


@page
@wizard_step("decline")
def decline(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Choose whether patients may decline."""
    form = forms.DeclineForm(posted(request), practice=request.practice, initial=forms.initial_decline(campaign))
    if form.is_valid():
        services.set_decline(
            campaign=campaign,
            allow=form.cleaned_data["allow"],
            message=form.cleaned_data["message"],
            code=form.cleaned_data["code"],
            by=request.user,
        )
        return after(campaign, "decline")
    context = {"campaign": campaign, "back": back_from(campaign, "decline"), "form": form}
    return render(request, "campaigns/decline.jinja", context)


@page
@allowed(Permission.PREPARE_BATCHES)
def delete(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Ask, then throw a draft away. What has been sent stays."""
    campaign = get_object_or_404(Campaign.objects.of(request.practice), id=campaign_id)
    if request.method == "POST":
        try:
            services.delete_draft(campaign=campaign, by=request.user)
        except services.AlreadySent:
            return redirect(sent_address(campaign))
        except Campaign.DoesNotExist:
            pass  # somebody else was quicker: it is gone, as asked
        return redirect("campaigns:home")
    if not campaign.is_draft:
        return redirect(sent_address(campaign))
    context = {"campaign": campaign, "back": address(campaign, first_open(campaign).name)}
    return render(request, "campaigns/delete.jinja", context)
