"""The order of the steps, and who may open which: a step opens once all the ones before it are done."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from campaigns.drafts import versions
from campaigns.drafts.services import AlreadySent
from campaigns.drafts.wizard.list_forms import UploadForm
from campaigns.models import Campaign
from campaigns.models.states import CampaignState
from patients.lists.services import display_name
from patients.models import ListState
from practices.access import StaffRequest, allowed
from practices.roles import Permission


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the name of its address, and how to tell that a draft has been through it."""

    name: str
    title: str
    is_done: Callable[[Campaign], bool]


def _has_list(campaign: Campaign) -> bool:
    """Whether there is a list that was not refused."""
    return campaign.patient_list is not None and campaign.patient_list.state != ListState.REFUSED


STEPS = [
    Step("slot-type", "Slot type", lambda campaign: bool(campaign.slot_type)),
    Step("message", "Message", lambda campaign: bool(campaign.message and campaign.appointment_name)),
    Step("decline", "Decline option", lambda campaign: campaign.allow_decline is not None),
    Step("upload", "Patient list", _has_list),
    Step("patients", "Who can be sent to", lambda campaign: campaign.list_agreed),
    Step("summary", "Summary", lambda campaign: False),
]
_NUMBER = {step.name: number for number, step in enumerate(STEPS)}


def first_open(campaign: Campaign) -> Step:
    """The first step that is not done."""
    return next(step for step in STEPS if not step.is_done(campaign))


def address(campaign: Campaign, step: str) -> str:
    """The address of a step of a batch."""
    return reverse(f"campaigns:{step}", args=[campaign.id])


def after(campaign: Campaign, step: str) -> HttpResponse:
    """On to the next step."""
    return redirect(address(campaign, STEPS[_NUMBER[step] + 1].name))


def back_from(campaign: Campaign, step: str) -> str:
    """Where the back link of a step goes."""
    number = _NUMBER[step]
    return address(campaign, STEPS[number - 1].name) if number else reverse("campaigns:home")


def sent_address(campaign: Campaign) -> str:
    """Where a batch is followed once Send was pressed: its approval while it waits for that, or its progress."""
    waits = Campaign.objects.filter(id=campaign.id, state=CampaignState.AWAITING).exists()
    return address(campaign, "approval" if waits else "progress")


def _expect(request: StaffRequest, campaign: Campaign, step: str) -> None:
    """Have the step's page carry the version that it is made from, and its answer be saved over that one alone.

    A form without a version, such as one of a page from before there were any, is saved as it always was.
    """
    posted = request.POST.get(_VERSION, "")
    campaign.shown_version = posted or versions.version(campaign, step)
    campaign.expected = (step, posted) if posted and versions.has(step) else None


def _changed_page(request: StaffRequest, campaign_id: UUID, step: str) -> HttpResponse:
    """Both versions of a step, the one that is saved and the one that was sent: staff choose. Nothing is lost.

    A file is named, and chosen again: no page can send a file that a browser sent to another.
    """
    campaign = Campaign.objects.select_related("patient_list").get(id=campaign_id)
    fields = {name: values for name, values in request.POST.lists() if name not in (_VERSION, "csrfmiddlewaretoken")}
    context = {
        "campaign": campaign,
        "stored": versions.stored(campaign, step),
        "typed": [*versions.typed(campaign, step, fields), *(("Patient list", name) for name in _file_names(request))],
        "upload": UploadForm() if request.FILES else None,
        "fields": fields,
        "version": versions.version(campaign, step),
        "back": address(campaign, _ON_THE_PAGE_OF.get(step, step)),
        "action": request.get_full_path(),
    }
    return render(request, "campaigns/draft-changed.jinja", context, status=409)


def _file_names(request: StaffRequest) -> list[str]:
    return [display_name(str(file.name)) for name in request.FILES for file in request.FILES.getlist(name)]


_VERSION = "version"
_ON_THE_PAGE_OF = {
    "include": "patients",
    "answer-columns": "patients",
    "plan-invitation": "plan",
    "plan-remove": "plan",
}
"""Forms whose own address has no page to go back to."""

View = Callable[..., HttpResponseBase]


def wizard_step(name: str, *, post: Permission | None = None) -> Callable[[View], View]:
    """Guard a step's view: staff who may prepare batches, their own practice's draft, and no step before its time.

    `post` is what a POST takes where that is more. The view gets the campaign in place of its id. A batch that has
    been sent shows its progress instead, also when somebody else sends or deletes it while this request is under way.
    """

    def decorate(view: View) -> View:
        @allowed(Permission.PREPARE_BATCHES, post=post)
        @wraps(view)
        def guarded(request: StaffRequest, campaign_id: UUID, **kwargs: Any) -> HttpResponseBase:
            own = Campaign.objects.of(request.practice).select_related("patient_list", "template", "practice")
            campaign = get_object_or_404(own, id=campaign_id)
            if not campaign.is_draft:
                return redirect(sent_address(campaign))
            first = first_open(campaign)
            if _NUMBER[first.name] < _NUMBER[name]:
                return redirect(address(campaign, first.name))
            step = request.resolver_match.url_name if request.resolver_match else name
            _expect(request, campaign, str(step))
            try:
                return view(request, campaign, **kwargs)
            except AlreadySent:
                return redirect(sent_address(campaign))
            except versions.ChangedMeanwhile:
                return _changed_page(request, campaign.id, str(step))
            except Campaign.DoesNotExist:
                raise Http404 from None

        return guarded

    return decorate
