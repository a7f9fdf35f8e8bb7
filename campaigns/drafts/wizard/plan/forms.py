"""What staff type in about further invitations, checked. Each error says what to do about it."""

from typing import Any

from django import forms

from campaigns.messages.forms import CodeChoiceField, TextForm
from campaigns.models import LONGEST_GAP, CodeKind, MessageTemplate, SnomedCode
from campaigns.models.states import AfterLast
from campaigns.sequences.editing import Written
from campaigns.sequences.plans import Step
from campaigns.sequences.ready.registry import PLANS
from integrations.connections import routing_of
from integrations.models import Routing
from practices.models import Practice

_DAYS = f"Enter a whole number of days from 1 to {LONGEST_GAP}"
CODES = ("code", "second_code", "third_code")
"""The fields of an invitation's codes, in their order."""

EVERY_DAY, WORKING = "days", "working"
AS_USUAL, TEXT_ONLY = "usual", "text"


def _code(label: str) -> CodeChoiceField:
    return CodeChoiceField(
        label=label,
        queryset=SnomedCode.objects.none(),
        required=False,
        empty_label="No code",
        error_messages={"invalid_choice": "Choose a code from the list"},
    )


class FirstCodesForm(forms.Form):
    """The codes of the first invitation beside its own, which is chosen with the message."""

    second_code = _code("Second code (optional)")
    third_code = _code("Third code (optional)")

    def __init__(self, *args: Any, practice: Practice, own: SnomedCode | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own = own
        usable = SnomedCode.objects.usable(CodeKind.INVITATION, practice)
        for name in self.fields:
            self.fields[name].queryset = usable  # type: ignore[attr-defined] # it is a choice field

    def clean(self) -> dict[str, Any]:
        """No code comes twice."""
        values = super().clean() or {}
        _each_once(self, ("second_code", "third_code"), before=self._own)
        return values

    @property
    def codes(self) -> list[SnomedCode]:
        """The codes that were chosen, once they are valid."""
        return [code for name in ("second_code", "third_code") if (code := self.cleaned_data[name])]


class InvitationForm(TextForm):
    """A further invitation: when it goes, what it says, how it goes, and up to three codes."""

    gap_days = forms.IntegerField(
        label="Days after the invitation before it",
        help_text="From the day on which that one has gone to the patient.",
        min_value=1,
        max_value=LONGEST_GAP,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _DAYS, "invalid": _DAYS, "min_value": _DAYS, "max_value": _DAYS},
    )
    kind_of_days = forms.ChoiceField(
        label="Which days count?",
        choices=[(EVERY_DAY, "Every day"), (WORKING, "Working days: not weekends and bank holidays")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose which days count", "invalid_choice": "Choose which days count"},
    )
    channel = forms.ChoiceField(
        label="How should it go?",
        choices=[(AS_USUAL, "As usual: in the NHS App first"), (TEXT_ONLY, "By text only")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how it should go", "invalid_choice": "Choose how it should go"},
    )
    second_code = _code("Second SNOMED code (optional)")
    third_code = _code("Third SNOMED code (optional)")

    field_order = ("gap_days", "kind_of_days", "message", "channel", *CODES)

    def __init__(self, *args: Any, practice: Practice, **kwargs: Any) -> None:
        super().__init__(*args, practice=practice, **kwargs)
        for name in CODES[1:]:
            self.fields[name].queryset = self.fields["code"].queryset  # type: ignore[attr-defined] # choice fields
        if routing_of(practice.id) != Routing.APP_THEN_OURS:
            del self.fields["channel"]  # there is one way only

    def clean(self) -> dict[str, Any]:
        """No code comes twice."""
        values = super().clean() or {}
        _each_once(self, CODES)
        return values

    def written(self, template: MessageTemplate | None, *, text_only: bool) -> Written:
        """What was typed, once it is valid. `text_only` is what it was, where staff are not asked."""
        values = self.cleaned_data
        return Written(
            message=values["message"],
            gap_days=values["gap_days"],
            working_days=values["kind_of_days"] == WORKING,
            text_only=values["channel"] == TEXT_ONLY if "channel" in values else text_only,
            template=template,
            codes=tuple(code for name in CODES if (code := values[name])),
        )


def _each_once(form: forms.Form, names: tuple[str, ...], before: SnomedCode | None = None) -> None:
    taken = {before.pk} if before else set()
    for name in names:
        code = form.cleaned_data.get(name)
        if code is not None and code.pk in taken:
            form.add_error(name, "This invitation has that code already. Choose another, or no code")
        elif code is not None:
            taken.add(code.pk)


def initial_invitation(step: Step | None, before: Step) -> dict[str, Any]:
    """What the form starts with: the invitation as it is, or a new one in the words of the one before it."""
    written = step or before
    codes = step.codes if step else ()
    return {
        "gap_days": step.gap_days if step else 14,
        "kind_of_days": WORKING if step and step.working_days else EVERY_DAY,
        "message": written.message,
        "channel": TEXT_ONLY if step and step.text_only else AS_USUAL,
        **{name: code.pk for name, code in zip(CODES, codes, strict=False)},
    }


class AfterLastForm(forms.Form):
    """How staff reach patients who have not answered the last invitation."""

    after_last = forms.ChoiceField(
        label="What do you do after the last invitation?",
        choices=AfterLast.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose whether you phone patients or write them a letter",
            "invalid_choice": "Choose whether you phone patients or write them a letter",
        },
    )


class ReadyPlanForm(forms.Form):
    """Which ready plan to look at, or to use."""

    plan = forms.ChoiceField(
        label="Ready plan",
        choices=[("", "Choose a plan"), *((key, plan.name) for key, plan in PLANS.items())],
        error_messages={"required": "Choose a plan", "invalid_choice": "Choose a plan from the list"},
    )
