"""What staff type into a message template, checked as the wizard checks a message."""

from typing import Any

from django import forms
from django.conf import settings

from campaigns.messages import texts
from campaigns.messages.appointment_forms import initial_details
from campaigns.messages.forms import CodeChoiceField, MessageForm
from campaigns.messages.template_services import Wording, version
from campaigns.models import CodeKind, MessageTemplate, SnomedCode
from campaigns.wording.appointment_details import DETAILS
from practices.models import Practice

LONG_NAME = "Bartholomew-Theodora"
"""Longer than nearly all first names. A template must fit whatever list it is used with."""

TAKEN = "You have a template of this name. Give this one another name"
CHANGED = "Somebody changed this template while you were writing. Press Save again to keep your words instead"


class OwnTemplateForm(MessageForm):
    """A practice's own template: the message, and the decline message and codes that go with it."""

    name = forms.CharField(
        label="Name of the template",
        help_text="Staff see it when they choose a template. Patients do not.",
        max_length=80,
        error_messages={
            "required": "Give the template a name",
            "max_length": "The name must be 80 characters or fewer",
        },
    )
    decline_message = forms.CharField(
        label="Decline message (optional)",
        help_text="What patients read before they decline. Name the appointment, and say what happens if they decline.",
        widget=forms.Textarea,
        max_length=500,
        required=False,
        error_messages={"max_length": "The decline message must be 500 characters or fewer"},
    )
    decline_code = CodeChoiceField(
        label="Suggested SNOMED code for a decline (optional)",
        queryset=SnomedCode.objects.none(),
        required=False,
        empty_label="No code",
        error_messages={"invalid_choice": "Choose a code from the list"},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    field_order = ("name", "message", *DETAILS, "code", "decline_message", "decline_code")

    def __init__(self, *args: Any, practice: Practice, template: MessageTemplate | None = None, **kwargs: Any) -> None:
        super().__init__(*args, practice=practice, **kwargs)
        self.template = template
        self.fields["code"].label = "Suggested SNOMED code for the invitation (optional)"
        self.fields["code"].help_text = ""
        self.fields["appointment_name"].label = "What is the appointment for? (optional)"
        self.fields["appointment_name"].required = False
        codes = SnomedCode.objects.usable(CodeKind.DECLINE, practice)
        self.fields["decline_code"].queryset = codes  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """The name, in single spaces. Raises ValidationError when another template of the practice has it."""
        name = " ".join(self.cleaned_data["name"].split())
        others = MessageTemplate.objects.live().own(self.practice).filter(name__iexact=name)
        if self.template is not None:
            others = others.exclude(id=self.template.id)
        if others.exists():
            raise forms.ValidationError(TAKEN)
        return name

    def clean_message(self) -> str:
        """As the wizard checks a message; and it must be short enough for long names too."""
        message = super().clean_message()
        longest = texts.preview(message, practice=self.practice, name=LONG_NAME)
        if longest.too_long:
            raise forms.ValidationError(
                f"With a long name the message takes {longest.measure.fragments} fragments. "
                f"Make it shorter: {settings.MESSAGE_FRAGMENTS_MAX} is the most"
            )
        return message

    @property
    def wording(self) -> Wording:
        """What was typed, once it is valid."""
        values = self.cleaned_data
        return Wording(
            name=values["name"],
            body=values["message"],
            decline_message=values["decline_message"],
            invitation_code=values["code"],
            decline_code=values["decline_code"],
            details=self.details,
        )


def initial(template: MessageTemplate, *, copy: bool = False) -> dict[str, Any]:
    """What the form starts with: the template's words, or a copy of them under another name."""
    return {
        "name": f"{template.name[:69]} (our own)" if copy else template.name,
        "message": template.body,
        "code": template.invitation_code_id,
        "decline_message": template.decline_message,
        "decline_code": template.decline_code_id,
        **initial_details(template),
        "seen": "" if copy else version(template),
    }
