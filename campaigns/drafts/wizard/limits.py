"""Limiting the times that patients see: some clinicians, some sessions, fewer days. Reached from the summary."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from campaigns.drafts import left_out, services, slot_types
from campaigns.drafts.wizard.steps import address, first_open, wizard_step
from campaigns.models import Campaign
from core.http import posted
from core.wording import plural
from integrations.clinical.errors import ClinicalError
from integrations.clinical.port import Slot, left_out_of, unmarked_of
from integrations.connections import NotConnected
from practices.access import StaffRequest

_WEEKS = (1, 2, 3, 4, 5, 6, 8, 10, 12)


class LimitsForm(forms.Form):
    """Which slots patients see. Cleaned: `clinicians` and `sessions` (none: all of them), `horizon_days` (or None)."""

    clinicians = forms.MultipleChoiceField(
        label="Clinicians",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose clinicians from the list"},
    )
    sessions = forms.MultipleChoiceField(
        label="Sessions",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose sessions from the list"},
    )
    horizon_days = forms.TypedChoiceField(
        label="How far ahead can patients book?",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": "Choose how far ahead from the list"},
    )

    def __init__(self, *args: Any, campaign: Campaign, slots: list[Slot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.free = {
            "clinicians": _counted((slot.clinician for slot in slots), campaign.clinicians),
            "sessions": _counted((slot.session_name for slot in slots), campaign.sessions),
        }
        for name, counts in self.free.items():
            self.fields[name].choices = [(choice, choice) for choice in counts]  # type: ignore[attr-defined] # choice fields
        usual = settings.BOOKING_HORIZON_DAYS
        self._about = {slot.clinician: ", ".join(filter(None, (slot.role, slot.gender))) for slot in slots}
        self.fields["horizon_days"].choices = [  # type: ignore[attr-defined] # it is a choice field
            ("", f"{plural(usual, 'day')}, as usual"),
            *((7 * weeks, plural(weeks, "week")) for weeks in _WEEKS if 7 * weeks != usual),
        ]

    @property
    def hints(self) -> dict[str, dict[str, str]]:
        """How many slots each choice has free now; of clinicians also who they are, as the appointment book has it."""
        return {name: {choice: self._hint(name, choice) for choice in counts} for name, counts in self.free.items()}

    def _hint(self, name: str, choice: str) -> str:
        free = self.free[name][choice]
        about = self._about.get(choice, "") if name == "clinicians" else ""
        return (f"{about}: " if about else "") + (plural(free, "free slot") if free else "no free slots now")


def _counted(names: Iterable[str], chosen: list[str]) -> dict[str, int]:
    """How often each name occurs, by name; those chosen before are there even when they have nothing free."""
    counts = Counter(name for name in names if name)
    return {name: counts[name] for name in sorted({*counts, *chosen})}


@require_http_methods(["GET", "HEAD", "POST"])
@wizard_step("message")
def limits(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Choose from what the appointment book has free now. Ticking nobody means everybody."""
    back = address(campaign, first_open(campaign).name)
    context: dict[str, object] = {"campaign": campaign, "back": back}
    try:
        slots = slot_types.free_slots(request.practice, request.user, campaign.slot_type)
    except (ClinicalError, NotConnected):
        return render(request, "campaigns/clinical-system-down.jinja", context, status=503)
    context["left_out"] = left_out.sentences(left_out_of(slots), unmarked_of(slots), request.practice)
    initial = {name: getattr(campaign, name) for name in ("clinicians", "sessions", "horizon_days")}
    form = LimitsForm(posted(request), campaign=campaign, slots=slots, initial=initial)
    if form.is_valid():
        services.limit_times(campaign=campaign, by=request.user, **form.cleaned_data)
        return redirect(back)
    return render(request, "campaigns/limits.jinja", {**context, "form": form})
