"""For how many days the links of a batch work. Reached from the summary, not a step of its own."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from campaigns.drafts import link_life, services
from campaigns.drafts.readiness import CannotSend
from campaigns.drafts.wizard.steps import address, wizard_step
from campaigns.models import Campaign
from core.http import posted
from practices.access import StaffRequest

_NUMBER = f"Enter a whole number of days from {link_life.SHORTEST} to {link_life.LONGEST}"


class LinkLifeForm(forms.Form):
    """A number of days that suits the reminders which were chosen."""

    days = forms.IntegerField(
        label="Days that each link works",
        min_value=link_life.SHORTEST,
        max_value=link_life.LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _NUMBER, "invalid": _NUMBER, "min_value": _NUMBER, "max_value": _NUMBER},
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._campaign = campaign

    def clean_days(self) -> int:
        """The days, unless a reminder would come after them."""
        days: int = self.cleaned_data["days"]
        if reason := link_life.reason_against(self._campaign, days):
            raise forms.ValidationError(reason)
        return days


@require_http_methods(["GET", "HEAD", "POST"])
@wizard_step("summary")
def link_life_step(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Choose the days, and back to the summary."""
    form = LinkLifeForm(posted(request), campaign=campaign, initial={"days": campaign.link_lifetime_days})
    if form.is_valid():
        try:
            services.choose_link_life(campaign=campaign, days=form.cleaned_data["days"], by=request.user)
        except CannotSend as error:
            form.add_error("days", error.reasons[0])  # somebody else chose reminders meanwhile
        else:
            return redirect(address(campaign, "summary"))
    context = {"campaign": campaign, "back": address(campaign, "summary"), "form": form}
    return render(request, "campaigns/link-life.jinja", context)
