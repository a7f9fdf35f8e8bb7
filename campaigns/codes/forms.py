"""What staff type in to find a code, to ask for one, and to approve one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from campaigns.codes.search import Standing
from campaigns.models import CodeKind, SnomedCode, validate_concept_id
from campaigns.models.snomed import SnomedRelease, SnomedTerm
from core.wording import nhs_date
from practices.models import Practice

_KINDS = {
    CodeKind.INVITATION: "Invitation",
    CodeKind.DECLINE: "Decline",
    CodeKind.GIVEN: "Care given",
    CodeKind.OTHER: "Something else",
}


class FindForm(forms.Form):
    """What to look for among the codes. Nothing of it is personal, so it stands in the address."""

    q = forms.CharField(label="Search by term or SNOMED id", required=False, max_length=100, strip=True)
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "All kinds"), *_KINDS.items()])
    standing = forms.ChoiceField(
        label="State", required=False, choices=[("", "All"), *((one.value, one.said) for one in Standing)]
    )


class AskForm(forms.Form):
    """A new code: what it is, and of what kind."""

    concept_id = forms.CharField(
        label="SNOMED CT id",
        help_text="The id of the concept, 6 to 18 digits. Copy it, do not type it: one wrong digit is another code.",
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "spellcheck": "false"}),
        error_messages={"required": "Enter the SNOMED CT id"},
    )
    term = forms.CharField(
        label="Term",
        help_text="Exactly as SNOMED CT has it.",
        max_length=255,
        required=False,
        error_messages={"max_length": "The term must be 255 characters or fewer"},
    )
    kind = forms.ChoiceField(
        label="What does the code say?",
        choices=[
            (CodeKind.INVITATION, "That the patient was invited"),
            (CodeKind.DECLINE, "That the patient declined"),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose what the code says",
            "invalid_choice": "Choose what the code says",
        },
    )
    emis_code = forms.CharField(
        label="EMIS code (optional)",
        help_text="A practice on EMIS needs it, unless its record gateway finds it. Without it you file codes by hand.",
        max_length=20,
        required=False,
    )
    emis_scheme = forms.CharField(
        label="Scheme of the EMIS code", help_text="Such as READ2.", max_length=10, required=False
    )

    def __init__(self, *args: Any, practice: Practice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.practice = practice

    def clean_concept_id(self) -> str:
        """The id in digits only. Raises ValidationError for what is none, or is not active in the loaded release."""
        concept_id = "".join(self.cleaned_data["concept_id"].split())
        validate_concept_id(concept_id)
        self._refuse_known(concept_id)
        release = SnomedRelease.current()
        if release and not SnomedTerm.objects.filter(pk=concept_id).exists():
            when = nhs_date(release.effective_date, weekday=False)
            raise ValidationError(f"This id is not an active concept of the SNOMED CT release of {when}")
        return concept_id

    def _refuse_known(self, concept_id: str) -> None:
        """What the practice or everybody has already is not asked for. What others ask for is nothing to us."""
        if own := SnomedCode.objects.filter(practice=self.practice, concept_id=concept_id).first():
            what = own.term if own.is_approved else "somebody asked for it"
            raise ValidationError(f"Your practice has this code already: {what}. Search for it in the list")
        shared = SnomedCode.objects.shared().filter(concept_id=concept_id).first()
        if shared and not shared.active:
            raise ValidationError("An administrator has switched this code off for all practices. Ask them about it")
        if shared and (shared.is_approved or shared.kind in (CodeKind.GIVEN, CodeKind.OTHER)):
            raise ValidationError(f"Selfbook has this code already: {shared.term}. Search for it in the list")

    def clean(self) -> dict[str, Any]:
        """The term is the release's own where one is loaded: nobody then has to trust anybody's typing."""
        values = super().clean() or {}
        known = SnomedTerm.objects.filter(pk=values.get("concept_id", "")).first()
        if known:
            values["term"] = known.term
        elif not values.get("term") and "term" not in self.errors and not SnomedRelease.current():
            self.add_error("term", "Enter the term")
        return values

    @property
    def code(self) -> SnomedCode:
        """The practice's own code that is asked for, not stored."""
        values = {name: self.cleaned_data[name] for name in ("concept_id", "term", "kind", "emis_scheme", "emis_code")}
        return SnomedCode(practice=self.practice, **values)

    def refuse(self, error: ValidationError) -> None:
        """Show what the code's own rules have against it, beside the fields."""
        for name, sentences in error.message_dict.items():
            self.add_error(name if name in self.fields else None, [sentence.rstrip(".") for sentence in sentences])


class ApproveForm(forms.Form):
    """A second person's word that a code was looked up in SNOMED CT; `seen` is what the page showed them."""

    compared = forms.BooleanField(
        label="I have looked this id up in SNOMED CT, and it says the same",
        error_messages={"required": "Tick the box once you have looked the id up in SNOMED CT"},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
