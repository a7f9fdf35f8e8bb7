"""The wizard's last page: look over everything, and send."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from campaigns.drafts import readiness, services, slot_types
from campaigns.drafts.wizard.steps import STEPS, address, back_from, sent_address, wizard_step
from campaigns.messages import texts
from campaigns.messages.costs import cost
from campaigns.models import Campaign
from campaigns.reminders import automatic
from campaigns.results import channel_forecast, erasure
from campaigns.sending import approval, notify_wording, schedule_wording
from campaigns.sending.rechecks import wording
from core.http import whole_number
from integrations.clinical.errors import ClinicalError
from integrations.connections import NotConnected
from integrations.outbox.messages import stoppages
from patients.lists import queries
from practices.access import StaffRequest
from practices.roles import Permission

_BESIDE = ("when", "reminders", "limits")
"""Pages that are reached from the summary alone."""


@require_http_methods(["GET", "HEAD", "POST"])
@wizard_step("summary", post=Permission.SEND_BATCHES)
def summary(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Everything about the batch on one page, and Send.

    The page carries the number of patients that it showed, so that nobody sends to more or fewer than they saw.
    """
    patient_list = campaign.patient_list
    assert patient_list is not None  # the upload step is done
    longest = queries.longest_name(patient_list)
    reasons: list[str] = []
    if request.method == "POST":
        try:
            services.start(campaign=campaign, longest_name=longest, by=request.user, seen=seen(request))
        except readiness.CannotSend as error:
            reasons = error.reasons
        else:
            return redirect(sent_address(campaign))
    context = facts(request, campaign) | {
        "back": back_from(campaign, "summary"),
        "reasons": reasons,
        "undo_seconds": settings.UNDO_SECONDS,
        "change": {name: address(campaign, name) for name in [*(step.name for step in STEPS), *_BESIDE]},
    }
    context["second_person"] = approval.is_needed(request.practice, context["counts"].can)
    return render(request, "campaigns/summary.jinja", context)


def facts(request: StaffRequest, campaign: Campaign) -> dict[str, Any]:
    """What there is to know about a batch before it goes, for the sender and for whoever approves it."""
    patient_list = campaign.patient_list
    assert patient_list is not None  # the upload step is done
    counts = queries.verdict_counts(patient_list)
    times = schedule_wording.timetable(campaign, counts.can)
    names = filter(None, queries.given_names(patient_list))
    return {
        "campaign": campaign,
        "counts": counts,
        "preview": texts.longest(campaign.message, practice=campaign.practice, names=names),
        "free": _free_slots(request, campaign),
        "cost": cost(campaign),
        "split": channel_forecast.split(campaign),
        "thing": channel_forecast.choose_noun(campaign.practice_id),
        "times": times,
        "notify_times": notify_wording.of_plan(campaign, [part.due_at for part in times.parts]),
        "reminding": automatic.forecast(campaign, counts.can),
        "stoppages": stoppages.current(request.practice),
        "erasure": erasure.promise(campaign.practice),
        "before_sending": wording.before_sending(campaign),
    }


def seen(request: StaffRequest) -> int | None:
    """How many patients the page had when Send was pressed; None when it does not say."""
    return whole_number(request.POST.get("seen", ""))


def _free_slots(request: StaffRequest, campaign: Campaign) -> int | None:
    """Free slots of the batch's type, or None when the clinical system cannot be asked: that stops nobody."""
    try:
        return slot_types.free(campaign, request.user)
    except (ClinicalError, NotConnected):
        return None
