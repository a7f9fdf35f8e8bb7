"""When the texts go: at once or at a time, over one day or several. Reached from the summary, not a step of its own."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from campaigns.drafts import pacing, readiness, services
from campaigns.drafts.wizard import pace_form
from campaigns.drafts.wizard.pace_form import PACED, PaceFields
from campaigns.drafts.wizard.steps import address, wizard_step
from campaigns.drafts.wizard.times import DayField, TimeField, moment
from campaigns.models import Campaign
from campaigns.sending import notify_wording, schedule_wording
from campaigns.sending.paced import wording
from core.http import posted
from core.sociable_hours import is_sociable
from core.wording import LONDON, nhs_date, nhs_time
from patients.lists import queries
from practices.access import StaffRequest

NOW, LATER = "now", "later"
DAYS_MOST = 14


class WhenForm(PaceFields):
    """When the texts go. Cleaned: `send_at` (None: as soon as Send is pressed), `spread_days` and `any_hour`.

    Where there are more patients than free appointments (`asked`), also whether it invites as those last.
    """

    when = forms.ChoiceField(
        label="When should the messages go?",
        choices=[(NOW, "As soon as you press Send"), (LATER, "On a day and time that you choose")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose when the texts should go"},
    )
    day = DayField(label="Date")
    time = TimeField(
        label="Time",
        help_text="For example, 9am, 9:30am or 14:00",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": False}),
        error_messages={
            "required": "Enter the time to send at",
            "max_length": "Enter a time, such as 9am, 9:30am or 14:00",
        },
    )
    spread_days = forms.TypedChoiceField(
        label="Spread the texts over",
        help_text="Fewer texts a day means fewer phone calls a day. Each day's texts go at the same time.",
        coerce=int,
        error_messages={"invalid_choice": "Choose a number of days from the list"},
    )
    any_hour = forms.BooleanField(label="Send at any hour", required=False)

    def __init__(self, *args: Any, campaign: Campaign, patients: int, asked: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask(campaign, asked=asked)
        self.fields["spread_days"].choices = spreads(patients)  # type: ignore[attr-defined] # it is a choice field
        self.fields["day"].help_text = _example(timezone.localdate() + timedelta(days=1))
        if schedule_wording.is_all_day():
            del self.fields["any_hour"]
        else:
            self.fields["any_hour"].help_text = (
                f"Texts go between {schedule_wording.opens()} and {schedule_wording.closes()} only, "
                "so that nobody is woken up. "
                "Tick this if they may also go at night."
            )

    def clean(self) -> dict[str, Any]:
        """A day and time become one moment; what is hidden behind the other answer is not used."""
        values = super().clean() or {}
        values["send_at"] = None
        values.setdefault("any_hour", False)
        if values.get("pace") == PACED:
            self.errors.pop("spread_days", None)
            values["spread_days"] = 1
        if values.get("when") != LATER:
            for hidden in ("day", "time"):
                self.errors.pop(hidden, None)
        elif "day" in values and "time" in values:
            self._choose(values)
        return values

    def _choose(self, values: dict[str, Any]) -> None:
        try:
            values["send_at"] = moment(values["day"], values["time"])
        except ValidationError as error:
            self.add_error("time", error)
            return
        if reason := _reason_against(values["send_at"], any_hour=values["any_hour"]):
            self.add_error(*reason)


def _reason_against(send_at: datetime, *, any_hour: bool) -> tuple[str, str] | None:
    """What is wrong with a moment to send at, with the field to say it beside (inputs#sending-times)."""
    now = timezone.now()
    if send_at <= now and send_at.astimezone(LONDON).date() < timezone.localdate():
        return "day", "The date must be today or later"
    if send_at <= now:
        return "time", f"It is {nhs_time(now)} now: choose a later time, or send as soon as you press Send"
    latest = now + timedelta(days=settings.SEND_AHEAD_DAYS)
    if send_at > latest:
        # On that last day only the hours before this one are near enough: the day before is right at any hour.
        return "day", f"The date must be {nhs_date(latest - timedelta(days=1))} or earlier"
    if not any_hour and not is_sociable(send_at):
        hours = f"{schedule_wording.opens()} and {schedule_wording.closes()}"
        return "time", f"Choose a time between {hours}, or tick “Send at any hour”"
    return None


def _example(day: date) -> str:
    return f"For example, {day.day} {day.month} {day.year}"


def spreads(patients: int) -> list[tuple[int, str]]:
    """The numbers of days that a batch may be spread over, each with how many patients that is a day."""
    options = [(1, f"1 day: {f'all {patients:,} patients' if patients > 1 else '1 patient'}")]
    for days in range(2, min(DAYS_MOST, patients) + 1):
        about = "about " if patients % days else ""
        share = round(patients / days)
        options.append((days, f"{days} days: {about}{share:,} patient{'' if share == 1 else 's'} a day"))
    return options


def initial(campaign: Campaign, *, paced: bool) -> dict[str, Any]:
    """What the form starts with: what was chosen before."""
    at = campaign.send_at.astimezone(LONDON) if campaign.send_at else None
    return {
        "when": LATER if at else NOW,
        "day": at.date() if at else None,
        "time": nhs_time(at) if at else "",
        "spread_days": campaign.spread_days,
        "any_hour": campaign.any_hour,
        **pace_form.initial(campaign, paced=paced),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@wizard_step("summary")
def when(request: StaffRequest, campaign: Campaign) -> HttpResponse:
    """Choose when the texts go, and back to the summary."""
    assert campaign.patient_list is not None  # the upload step is done
    patients = queries.verdict_counts(campaign.patient_list).can
    by_day = pacing.free_by_day(campaign, request.user)
    free = None if by_day is None else sum(by_day.values())
    # A form is answered as it was shown, whatever has become free since.
    asked = "pace" in request.POST if request.POST else pacing.is_a_question(campaign, patients, free)
    start = initial(campaign, paced=pacing.is_paced(campaign, patients, free))
    form = WhenForm(posted(request), campaign=campaign, patients=patients, asked=asked, initial=start)
    if form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("send_at", "spread_days", "any_hour")}
        try:
            services.choose_time(campaign=campaign, **chosen, by=request.user, pace=form.chosen())
        except readiness.CannotSend as error:
            form.add_error("when", error.reasons[0])  # time has gone on since the form was checked
        else:
            return redirect(address(campaign, "summary"))
    context = {
        "campaign": campaign,
        "back": address(campaign, "summary"),
        "form": form,
        "patients": patients,
        "free": free,
        "care_hints": wording.CARE_HINTS,
        "notify_hours": notify_wording.hours(request.practice),
    }
    return render(request, "campaigns/when.jinja", context)
