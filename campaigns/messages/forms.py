"""What staff type in, checked. Each error says what to do about it."""

from typing import Any

from django import forms
from django.conf import settings

from campaigns.messages import texts
from campaigns.messages.appointment_forms import AppointmentForm, initial_details
from campaigns.models import Campaign, CodeKind, MessageTemplate, SnomedCode
from campaigns.wording.appointment_details import DETAILS
from integrations.clinical.port import SlotType
from integrations.messaging.text import Cleaned, clean
from practices.models import Practice


class NewBatchForm(forms.Form):
    """What kind of batch message to make."""

    kind = forms.ChoiceField(
        label="What do you want patients to do?",
        choices=[("self-book", "Self-Book")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose Self-Book"},
    )


class SlotTypeForm(forms.Form):
    """Which slot type patients book into."""

    slot_type = forms.ChoiceField(
        label="Which slot type should patients book into?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose a slot type",
            "invalid_choice": "That slot type has no free slots now. Choose another, or add slots to your book",
        },
    )

    def __init__(self, *args: Any, slot_types: list[SlotType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slot_type"].choices = [(slot_type.name, slot_type.name) for slot_type in slot_types]  # type: ignore[attr-defined]


class CodeChoiceField(forms.ModelChoiceField[SnomedCode]):
    """A choice of SNOMED CT codes of one kind, each with its id so that staff can check it."""

    def label_from_instance(self, code: SnomedCode) -> str:
        """Term and id, and whether it is the practice's own: everybody may have the same concept."""
        own = ", only for your practice" if code.practice_id else ""
        warning = f". {code.caution}" if code.caution else ""
        return f"{code.term} ({code.concept_id}){own}{warning}"


class TemplateForm(forms.Form):
    """Which template to start the message from."""

    template = forms.ModelChoiceField(
        label="Start from a template",
        queryset=MessageTemplate.objects.none(),
        required=False,
        empty_label="Write your own message",
    )

    def __init__(self, *args: Any, practice: Practice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"].queryset = MessageTemplate.usable_by(practice)  # type: ignore[attr-defined]


class TextForm(forms.Form):
    """What an invitation says, and the code to file once its text has gone. Forms with more extend it."""

    message = forms.CharField(
        label="Message",
        help_text="{name}, {practice} and {link} are filled in for each patient.",
        widget=forms.Textarea,
        max_length=918,
        error_messages={
            "required": "Write the message",
            "max_length": "The message must be 918 characters or fewer",
        },
    )
    code = CodeChoiceField(
        label="SNOMED code (optional)",
        help_text="Added to each patient's record once their text has gone.",
        queryset=SnomedCode.objects.none(),
        required=False,
        empty_label="No code",
        error_messages={"invalid_choice": "Choose a code from the list"},
    )

    def __init__(self, *args: Any, practice: Practice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.practice = practice
        self.cleaned: Cleaned | None = None
        codes = SnomedCode.objects.usable(CodeKind.INVITATION, practice)
        self.fields["code"].queryset = codes  # type: ignore[attr-defined]

    def look_at_message_only(self) -> None:
        """For a preview of the message: what else is missing is not said yet."""
        for name in {*self.errors} - {"message"}:
            del self.errors[name]

    def clean_message(self) -> str:
        """Characters that make a text dearer are replaced, placeholders checked, and the length kept to."""
        self.cleaned = clean(self.cleaned_data["message"])
        message = self.cleaned.text
        sentences = texts.reasons_against(message) + texts.reasons_against_in_app(message, self.practice)
        preview = texts.preview(message, practice=self.practice)
        if not sentences and preview.too_long:
            most = settings.MESSAGE_FRAGMENTS_MAX
            sentences.append(
                f"The message takes {preview.measure.fragments} fragments with the link in it. "
                f"Make it shorter: {most} is the most"
            )
        if sentences:
            raise forms.ValidationError(sentences)
        return message


class MessageForm(TextForm, AppointmentForm):
    """The first invitation: what it says, its code, and what the appointment is for."""

    field_order = ("message", *DETAILS, "code")


class DeclineForm(forms.Form):
    """Whether patients may decline, what they read first, and the code to file."""

    allow = forms.TypedChoiceField(
        label="Can patients decline?",
        choices=[("yes", "Yes, patients can decline"), ("no", "No")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether patients can decline"},
    )
    message = forms.CharField(
        label="Decline message",
        help_text="What patients read before they confirm. Name the appointment, and say what happens if they decline.",
        widget=forms.Textarea,
        max_length=500,
        required=False,
        error_messages={"max_length": "The decline message must be 500 characters or fewer"},
    )
    code = CodeChoiceField(
        label="SNOMED code",
        help_text="Added to the patient's record when they decline.",
        queryset=SnomedCode.objects.none(),
        required=False,
        empty_label="Choose a code",
        error_messages={"invalid_choice": "Choose a code from the list"},
    )

    def __init__(self, *args: Any, practice: Practice | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = SnomedCode.objects.usable(CodeKind.DECLINE, practice)
        self.fields["code"].queryset = codes  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A patient who may decline must be told what that means, and the record must say so."""
        values = super().clean() or {}
        if values.get("allow"):
            if not values.get("message") and "message" not in self.errors:
                self.add_error("message", "Write what happens if a patient declines")
            if not values.get("code") and "code" not in self.errors:
                self.add_error("code", "Choose the SNOMED code for a decline")
        elif values.get("allow") is False:
            # Hidden behind the answer "No", and not used.
            self.errors.pop("message", None)
            self.errors.pop("code", None)
            values |= {"message": "", "code": None}
        return values


def initial_message(campaign: Campaign) -> dict[str, Any]:
    """What the message form starts with: what the batch has."""
    return {"message": campaign.message, "code": campaign.invitation_code_id, **initial_details(campaign)}


def suggested_message(template: MessageTemplate | None) -> dict[str, Any]:
    """What the message form starts with once a template, or none, was chosen: all of it is the template's."""
    body = template.body if template else ""
    suggested = template.suggested_code(CodeKind.INVITATION) if template else None
    return {"message": body, **initial_details(template), **({"code": suggested.pk} if suggested else {})}


def initial_decline(campaign: Campaign) -> dict[str, Any]:
    """What the decline form starts with: what was said before, else the template's words and code."""
    template = campaign.template
    suggested = template.suggested_code(CodeKind.DECLINE) if template else None
    allow = {True: "yes", False: "no", None: None}[campaign.allow_decline]
    return {
        "allow": allow,
        "message": campaign.decline_message or (template.decline_message if template else ""),
        "code": campaign.decline_code_id or (suggested.pk if suggested else None),
    }
