"""The wizard's last page: look over everything, and send."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from campaigns.drafts import pacing, plan_forecast, plan_wording, readiness, services
from campaigns.drafts.wizard.steps import STEPS, address, back_from, sent_address, wizard_step
from campaigns.messages import texts
from campaigns.messages.costs import cost
from campaigns.models import Campaign
from campaigns.reminders import automatic
from campaigns.results import channel_forecast, erasure
from campaigns.sending import approval, notify_wording, schedule_wording
from campaigns.sending.paced import wording as pace_wording
from campaigns.sending.rechecks import wording
from core.http import whole_number
from integrations.outbox.messages import stoppages
from patients.lists import queries
from practices.access import StaffRequest
from practices.roles import Permission

_BESIDE = ("when", "reminders", "plan", "link-life", "limits")
"""Pages that are no steps, reached from the summary."""


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
            paced = request.POST.get("paced") == "yes"
            services.start(campaign=campaign, longest_name=longest, by=request.user, seen=seen(request), paced=paced)
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
    by_day = pacing.free_by_day(campaign, request.user)
    free = None if by_day is None else sum(by_day.values())
    campaign.paced = pacing.is_paced(campaign, counts.can, free)  # as it would be sent now; not saved
    expected = pacing.forecast_of(campaign, by_day) if campaign.paced and by_day else None
    times = schedule_wording.timetable(campaign, counts.can)
    names = filter(None, queries.given_names(patient_list))
    return {
        "campaign": campaign,
        "counts": counts,
        "preview": texts.longest(campaign.message, practice=campaign.practice, names=names),
        "free": free,
        "pace": pace_wording.plan(campaign) if campaign.paced else [],
        "pace_forecast": expected,
        "pace_expected": pace_wording.expected(expected.middle) if expected else "",
        "cost": cost(campaign),
        "split": channel_forecast.split(campaign),
        "thing": channel_forecast.choose_noun(campaign.practice_id),
        "times": times,
        "notify_times": notify_wording.of_plan(campaign, [part.due_at for part in times.parts]),
        "reminding": automatic.forecast(campaign, counts.can),
        "planned": plan_forecast.forecast(campaign, counts.can),
        "plan_codes": plan_wording.further_codes(campaign),
        "first_codes": plan_wording.further_codes(campaign, invitation=1),
        "stoppages": stoppages.current(request.practice),
        "erasure": erasure.promise(campaign.practice),
        "before_sending": wording.before_sending(campaign),
    }


def seen(request: StaffRequest) -> int | None:
    """How many patients the page had when Send was pressed; None when it does not say."""
    return whole_number(request.POST.get("seen", ""))
