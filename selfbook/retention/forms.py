"""What managers fill in about how long data is kept, and about one patient's data. Each error says what to do."""

from collections.abc import Mapping
from datetime import date, timedelta

from django import forms
from django.utils import timezone

from campaigns.models.retention import REASON_MAX
from core.date_input import DateBoxesField
from core.searches import LONGEST
from patients.models import RequestKind
from patients.values.nhs_numbers import NotAnNhsNumber, parse_nhs_number

LONGEST_KEPT = timedelta(days=3660)
"""Ten years: a day further ahead is a slip."""


class DaysForm(forms.Form):
    """How many days after it has closed a batch is erased."""

    days = forms.IntegerField(
        label="Days until the patients of a closed batch are erased",
        help_text="30 to 730. Most practices keep 90.",
        min_value=30,
        max_value=730,
        error_messages={
            "required": "Enter a number of days",
            "invalid": "Days must be a whole number, such as 90",
            "min_value": "Days must be 30 or more",
            "max_value": "Days must be 730 or fewer",
        },
    )


class LastDay(DateBoxesField):
    """The last day on which a batch is kept: today or later."""

    called = "The last day"
    missing = "Enter the last day on which to keep the patients"

    def clean(self, value: Mapping[str, str]) -> date:
        """The day. Raises ValidationError for one that is over, or is too far ahead."""
        day = super().clean(value)
        today = timezone.localdate()
        if day < today:
            raise forms.ValidationError("The last day must be today or later")
        if day > today + LONGEST_KEPT:
            raise forms.ValidationError("The last day must be within 10 years")
        return day


class KeepForm(forms.Form):
    """Until when a batch is kept, and why."""

    until = LastDay(label="Until the end of which day?")
    reason = forms.CharField(
        label="Why?",
        help_text="For example, a complaint or a legal claim. Write nothing about patients.",
        max_length=REASON_MAX,
        error_messages={
            "required": "Enter why the patients must be kept",
            "max_length": f"Why must be {REASON_MAX} characters or fewer",
        },
    )


class AskForm(forms.Form):
    """What is to be done with whose data."""

    kind = forms.TypedChoiceField(
        label="What do you need?",
        choices=RequestKind.choices,
        coerce=RequestKind,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you need", "invalid_choice": "Choose one of the two"},
    )
    nhs_number = forms.CharField(
        label="NHS number",
        help_text="10 digits, such as 999 123 4567.",
        max_length=LONGEST,
        error_messages={"required": "Enter an NHS number", "max_length": "NHS number is not 10 digits"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "spellcheck": False}),
    )

    def clean_nhs_number(self) -> str:
        """The ten digits. Raises ValidationError."""
        try:
            return parse_nhs_number(str(self.cleaned_data["nhs_number"]))
        except NotAnNhsNumber:
            raise forms.ValidationError("This is not an NHS number. Check the 10 digits.") from None
