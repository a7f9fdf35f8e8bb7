"""Which reminders a batch sends by itself. Reached from the summary, not a step of its own."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from campaigns.drafts import services
from campaigns.drafts.readiness import CannotSend
from campaigns.drafts.wizard.steps import address, wizard_step
from campaigns.messages import texts
from campaigns.models import Campaign
from campaigns.reminders import automatic
from campaigns.reminders.services import message_of
from core.http import posted
from core.wording import plural
from practices.access import StaffRequest

_NAMES = ("first", "second", "third")


class RemindersForm(forms.Form):
    """Up to three days. Cleaned: `days`, in their order."""

    first = forms.TypedChoiceField(label="First reminder", coerce=int, empty_value=None, required=False)
    second = forms.TypedChoiceField(label="Second reminder", coerce=int, empty_value=None, required=False)
    third = forms.TypedChoiceField(label="Third reminder", coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._campaign = campaign
        days = range(automatic.SOONEST, automatic.latest(campaign) + 1)
        choices = [("", "None"), *((day, f"{plural(day, 'day')} after their text") for day in days)]
        for name in _NAMES:
            self.fields[name].choices = choices  # type: ignore[attr-defined] # it is a choice field
            self.fields[name].error_messages["invalid_choice"] = "Choose a number of days from the list"

    def clean(self) -> dict[str, Any]:
        """The chosen days as a list. A gap is left out: the second without a first is the first."""
        values = super().clean() or {}
        values["days"] = [values[name] for name in _NAMES if values.get(name)]
        if not self.errors and (reason := automatic.reason_against(self._campaign, values["days"])):
            self.add_error("first", reason)
        return values


@require_http_methods(["GET", "HEAD", "POST"])
@wizard_step("summary")
def reminders(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Choose the reminders, and back to the summary."""
    form = RemindersForm(
        posted(request), campaign=campaign, initial=dict(zip(_NAMES, campaign.reminder_days, strict=False))
    )
    if form.is_valid():
        try:
            services.choose_reminders(campaign=campaign, days=form.cleaned_data["days"], by=request.user)
        except CannotSend as error:
            form.add_error("first", error.reasons[0])  # they do not fit the further invitations
        else:
            return redirect(address(campaign, "summary"))
    context = {
        "campaign": campaign,
        "back": address(campaign, "summary"),
        "form": form,
        "preview": texts.preview(message_of(campaign), practice=campaign.practice),
    }
    return render(request, "campaigns/reminders.jinja", context)
