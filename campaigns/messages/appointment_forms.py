"""The questions about the appointment itself: what it is for, and what is good to know before it."""

from typing import Any

from django import forms

from campaigns.wording.appointment_details import DETAILS, NAME_MISSING, AppointmentDetails, tidied


class DetailField(forms.CharField):
    """One detail by the name of its field, cleaned to what is stored of it."""

    def __init__(self, *, detail: str, **kwargs: Any) -> None:
        self.detail = detail
        if DETAILS[detail].several_lines:
            kwargs.setdefault("widget", forms.Textarea)
        super().__init__(required=kwargs.pop("required", False), **kwargs)

    def to_python(self, value: Any) -> str:
        """The text made tidy. Raises ValidationError with what staff should do."""
        return tidied(self.detail, str(super().to_python(value) or ""))


class AppointmentForm(forms.Form):
    """What patients read of the appointment once they have given the date of birth. Forms with more extend it."""

    appointment_name = DetailField(
        detail="appointment_name",
        label="What is the appointment for?",
        help_text="A few plain words, such as flu vaccination.",
        required=True,
        error_messages={"required": NAME_MISSING},
    )
    with_whom = DetailField(
        detail="with_whom", label="Who is it with? (optional)", help_text="For example, a practice nurse"
    )
    how_long = DetailField(
        detail="how_long", label="How long does it take? (optional)", help_text="For example, 10 minutes"
    )
    what_to_bring = DetailField(
        detail="what_to_bring",
        label="What should patients bring? (optional)",
        help_text="For example, your glasses. Put each on a line of its own",
    )
    what_to_do_before = DetailField(
        detail="what_to_do_before",
        label="What should patients do before they come? (optional)",
        help_text="For example, wear a top with loose sleeves",
    )

    @property
    def details(self) -> AppointmentDetails:
        """What was typed, once it is valid."""
        return AppointmentDetails.of(self.cleaned_data)


def initial_details(source: Any) -> dict[str, str]:
    """What the form starts with: what a batch or a template has; nothing for None."""
    return {name: getattr(source, name, "") for name in DETAILS}
