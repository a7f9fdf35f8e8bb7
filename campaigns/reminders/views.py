"""The page that asks before patients who have not answered are reminded."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from campaigns.models import Campaign
from campaigns.reminders import services as reminders
from campaigns.results.channel_forecast import HOURS
from campaigns.sending.schedule_wording import at
from core.http import whole_number
from integrations.models import Routing
from integrations.outbox.messages import stoppages
from practices.access import StaffRequest, allowed
from practices.roles import Permission


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Permission.SEND_BATCHES)
def remind(request: StaffRequest, campaign_id: UUID) -> HttpResponse:
    """Ask, then remind. The page keeps which reminder it was about, and how many patients it said."""
    own = Campaign.objects.of(request.practice).select_related("practice")
    campaign = get_object_or_404(own, id=campaign_id)
    reason = ""
    if request.method == "POST":
        number, seen = _number(request, "number"), _number(request, "seen")
        try:
            _tell(request, reminders.ask(campaign=campaign, number=number, seen=seen, by=request.user))
        except reminders.CannotRemind as error:
            reason = error.sentence
        else:
            return redirect("campaigns:progress", campaign.id)
    if campaign.state not in reminders.GOING:
        if reason:
            messages.warning(request, reason)
        return redirect("campaigns:progress", campaign.id)
    plan = reminders.plan(campaign)
    now = plan.leaves_at <= timezone.now()
    context = {
        "campaign": campaign,
        "plan": plan,
        "when": "now" if now else at(plan.leaves_at),
        "hours": int(reminders.APART.total_seconds() // 3600),
        "days": reminders.LEAST.days,
        "notify_hours": HOURS if plan.cost.channel == Routing.APP_THEN_THEIRS else "",
        "stoppages": stoppages.current(request.practice),
        "reason": reason,
    }
    return render(request, "campaigns/remind.jinja", context)


def _tell(request: StaffRequest, asked: bool) -> None:
    if asked:
        messages.success(request, "The reminders are on their way.")
    else:
        messages.info(request, "This reminder has been sent already. Nobody gets it twice.")


def _number(request: StaffRequest, name: str) -> int:
    """A number that the page kept; 0 when it holds none."""
    return whole_number(request.POST.get(name, "")) or 0
