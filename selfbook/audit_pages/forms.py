"""What managers search the audit trail by."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef

from campaigns.models import Campaign
from core.date_input import DateBoxesField
from core.wording import nhs_datetime
from patients.values.nhs_numbers import NotAnNhsNumber, parse_nhs_number
from practices.audit.labels import LABELS
from practices.models import AuditEvent, Practice, User

BATCHES_TO_CHOOSE_FROM = 200
NOBODY = "nobody"


class AnyDate(DateBoxesField):
    """A day, or none at all."""

    def clean(self, value: Mapping[str, str]) -> date | None:  # type: ignore[override] # the empty one is an answer too
        """The day; None when every box is empty. Raises ValidationError for what is no day."""
        return super().clean(value) if any(part.strip() for part in value.values()) else None


class SearchForm(forms.Form):
    """Everything is optional, and all of it must hold at once."""

    since = AnyDate(label="From", required=False)
    until = AnyDate(label="To", required=False)
    actor = forms.ChoiceField(label="Who did it", required=False)
    action = forms.ChoiceField(label="What they did", required=False)
    batch = forms.ChoiceField(label="Batch", required=False)
    nhs_number = forms.CharField(
        label="NHS number of a patient",
        help_text="10 digits, such as 999 123 4567.",
        required=False,
        max_length=30,
        error_messages={"max_length": "NHS number is not 10 digits"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "spellcheck": False}),
    )

    def __init__(self, *args: Any, practice: Practice, **kwargs: Any) -> None:
        """Offer the people, batches and actions of one practice."""
        super().__init__(*args, **kwargs)
        acted = AuditEvent.objects.filter(practice=practice, actor=OuterRef("pk"))
        people = [(str(item.id), item.get_full_name()) for item in User.objects.filter(Exists(acted))]
        batches = Campaign.objects.of(practice).order_by("-created_at")[:BATCHES_TO_CHOOSE_FROM]
        self._offer("actor", [("", "Anybody"), *people, (NOBODY, "A patient, or Selfbook itself")])
        self._offer("action", [("", "Anything"), *sorted(LABELS.items(), key=lambda pair: pair[1])])
        self._offer(
            "batch", [("", "Any"), *((str(item.id), f"{item}, {nhs_datetime(item.created_at)}") for item in batches)]
        )

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_nhs_number(self) -> str:
        """The ten digits, or nothing."""
        written = str(self.cleaned_data["nhs_number"])
        if not written:
            return ""
        try:
            return parse_nhs_number(written)
        except NotAnNhsNumber:
            raise forms.ValidationError("This is not an NHS number. Check the 10 digits.") from None

    def clean(self) -> dict[str, Any]:
        """The days must be the right way round."""
        values = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", "This must be the same day as “From”, or after it")
        return values
