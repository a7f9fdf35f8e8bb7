"""The part of the form on when texts go that is about inviting as appointments last."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

from campaigns.drafts.pacing import Pace
from campaigns.models import Campaign, InviteOrder
from campaigns.sending import inviting_hours
from campaigns.sending.paced import wording
from core.wording import nhs_time
from patients.columns.known import Column

PACED, EVERYONE = "paced", "everyone"
_MOST = 100_000


class PaceFields(forms.Form):
    """Whom to invite: all, or so many as find an appointment. Cleaned by `pace`: a Pace, or None where none is asked.

    `campaign` is the draft, `asked` whether there is a choice at all, `paced` what is chosen to begin with.
    """

    pace = forms.ChoiceField(
        label="There are more patients than free appointments. Who should be invited?",
        choices=[(PACED, "Invite as appointments last"), (EVERYONE, "Invite everyone")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who should be invited"},
    )
    invite_order = forms.ChoiceField(
        label="Who is invited first?",
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": "Choose who is invited first"},
    )
    care = forms.ChoiceField(
        label="How careful should we be?",
        choices=wording.CARES,
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": "Choose how careful we should be"},
    )
    most_a_day = forms.IntegerField(
        label="Most patients to invite in a day (optional)",
        help_text="Leave this empty if there is no limit.",
        required=False,
        min_value=1,
        max_value=_MOST,
        error_messages={
            "invalid": "Enter a whole number of patients, such as 50",
            "min_value": "Enter 1 or more, or leave it empty",
            "max_value": f"Enter {_MOST:,} or fewer, or leave it empty",
        },
    )
    pace_days = forms.TypedMultipleChoiceField(
        label="On which days?",
        choices=list(enumerate(wording.DAY_NAMES)),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Choose days from the list"},
    )
    pace_from = forms.TypedChoiceField(label="From", coerce=int, required=False, empty_value=None)
    pace_until = forms.TypedChoiceField(label="Until", coerce=int, required=False, empty_value=None)

    def ask(self, campaign: Campaign, *, asked: bool) -> None:
        """Offer what this draft may choose among; nothing where it is not asked."""
        if not asked:
            for name in PaceFields.base_fields:
                del self.fields[name]
            return
        orders = [
            choice for choice in InviteOrder.choices if choice[0] != InviteOrder.COLUMN or _has_priority(campaign)
        ]
        self.fields["invite_order"].choices = orders  # type: ignore[attr-defined] # it is a choice field
        for name in ("pace_from", "pace_until"):
            self.fields[name].choices = _hours()  # type: ignore[attr-defined] # it is a choice field

    def clean(self) -> dict[str, Any]:
        """What lies behind the answer that was not chosen does not count; days and hours must leave time to invite."""
        values = super().clean() or {}
        if "pace" not in self.fields:
            return values
        if values.get("pace") != PACED:
            for hidden in PaceFields.base_fields:
                if hidden != "pace":
                    self.errors.pop(hidden, None)
            return values
        if not values.get("pace_days") and "pace_days" not in self.errors:
            self.add_error("pace_days", "Choose at least one day")
        first, last = values.get("pace_from"), values.get("pace_until")
        if first is not None and last is not None and first >= last:
            self.add_error("pace_until", "Choose a later hour than the one to begin at")
        return values

    def chosen(self) -> Pace | None:
        """What was chosen, of a valid form."""
        values = self.cleaned_data
        if not values.get("pace"):
            return None
        if values["pace"] == EVERYONE:
            return Pace(paced=False)
        first, last = values["pace_from"], values["pace_until"]
        return Pace(
            paced=True,
            care=values["care"] or "balanced",
            most_a_day=values["most_a_day"],
            invite_order=values["invite_order"] or InviteOrder.LIST.value,
            pace_days=sorted(values["pace_days"]),
            pace_from=first if last is not None else None,
            pace_until=last if first is not None else None,
        )


def initial(campaign: Campaign, *, paced: bool) -> dict[str, Any]:
    """What these fields start with: what was chosen before, or the default."""
    first, last = inviting_hours.hours(campaign)
    return {
        "pace": PACED if paced else EVERYONE,
        "invite_order": campaign.invite_order,
        "care": campaign.care,
        "most_a_day": campaign.most_a_day,
        "pace_days": list(inviting_hours.days(campaign)),
        "pace_from": first,
        "pace_until": last,
    }


def _has_priority(campaign: Campaign) -> bool:
    patient_list = campaign.patient_list
    return patient_list is not None and any(
        entry.get("key", "") == Column.PRIORITY.value for entry in patient_list.columns
    )


def _hours() -> list[tuple[int, str]]:
    """The hours at which texts may begin and end."""
    day = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    hours = range(settings.SOCIABLE_FROM, settings.SOCIABLE_UNTIL + 1)
    return [(hour, nhs_time(day.replace(hour=hour % 24))) for hour in hours]
