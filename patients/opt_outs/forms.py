"""What staff type in about patients, checked. Each error says what to do about it."""

from typing import Any

from django import forms
from django.conf import settings

from core.searches import LONGEST
from integrations.messaging.numbers import MobileFault, NotAMobile, parse_mobile
from patients.checks.rows import MOBILE_REASONS
from patients.reasons import EXPLANATIONS, Reason
from patients.values.nhs_numbers import NotAnNhsNumber, parse_nhs_number

NHS_NUMBER, MOBILE = "nhs_number", "mobile"


class SearchForm(forms.Form):
    """What to look for among a page's rows; the page settles in which of their fields. Empty shows all."""

    term = forms.CharField(
        label="Search",
        required=False,
        max_length=LONGEST,
        error_messages={"max_length": f"What you search for must be {LONGEST} characters or fewer"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": False}),
    )


class OptOutForm(forms.Form):
    """Who wants no texts: one patient, or everybody with one phone."""

    kind = forms.ChoiceField(
        label="Who should get no texts?",
        choices=[(NHS_NUMBER, "One patient, by NHS number"), (MOBILE, "Everybody with one mobile number")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose NHS number or mobile number"},
    )
    nhs_number = forms.CharField(
        label="NHS number",
        help_text="10 digits, such as 999 123 4567.",
        required=False,
        max_length=LONGEST,
        error_messages={"max_length": "NHS number is not 10 digits"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "spellcheck": False}),
    )
    mobile = forms.CharField(
        label="Mobile number",
        required=False,
        max_length=LONGEST,
        error_messages={"max_length": "Mobile number is too long"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel", "spellcheck": False}),
    )

    def clean(self) -> dict[str, Any]:
        """Exactly one number, as the lists' own parsers read it; the other one is dropped."""
        values = super().clean() or {}
        kind = values.get("kind")
        for other in {NHS_NUMBER, MOBILE} - {kind}:
            self.errors.pop(other, None)
            values[other] = ""
        if kind and kind not in self.errors:
            read = _nhs_number if kind == NHS_NUMBER else _mobile
            try:
                values[kind] = read(values[kind])
            except forms.ValidationError as error:
                self.add_error(kind, error)
        return values


def _nhs_number(written: str) -> str:
    """The ten digits. Raises ValidationError in the words of the lists' reasons."""
    try:
        return parse_nhs_number(written)
    except NotAnNhsNumber as refusal:
        if refusal.reason == Reason.NHS_NUMBER_MISSING:
            raise forms.ValidationError("Enter an NHS number") from None
        raise forms.ValidationError(EXPLANATIONS[refusal.reason].title) from None


def _mobile(written: str) -> str:
    """The number in E.164. Raises ValidationError in the words of the lists' reasons."""
    try:
        return parse_mobile(written, allow_test_numbers=settings.ALLOW_TEST_NUMBERS).e164
    except NotAMobile as refusal:
        if refusal.kind == MobileFault.MISSING:
            raise forms.ValidationError("Enter a mobile number") from None
        raise forms.ValidationError(EXPLANATIONS[MOBILE_REASONS[refusal.kind]].title) from None
