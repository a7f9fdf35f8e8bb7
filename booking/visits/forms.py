"""What patients are asked that is not a button: their date of birth, and why they cancel if they want to say."""

from typing import Any

from django import forms

from booking.models import CancelReason
from booking.visits.fields import DateOfBirthField


class DateOfBirthForm(forms.Form):
    """Whose link is it? Asked once, after a choice was made; by `first_name` where the text has named the patient."""

    date_of_birth = DateOfBirthField(label="What is your date of birth?", help_text="For example, 15 3 1984")

    def __init__(self, *args: Any, first_name: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if first_name:
            asked = DateOfBirthField(
                of=first_name,
                label=f"What is {first_name}'s date of birth?",
                help_text="It must be the date of birth of the person the text is for. For example, 15 3 1984",
            )
            self.fields["date_of_birth"] = asked


class CancelForm(forms.Form):
    """Why does the patient cancel? Nobody has to say, and no answer keeps them from cancelling."""

    reason = forms.ChoiceField(
        label="Why are you cancelling? (optional)",
        help_text="This helps the practice. You do not have to answer.",
        choices=CancelReason.choices,
        widget=forms.RadioSelect,
        required=False,
    )

    @property
    def answer(self) -> CancelReason | None:
        """What was chosen; None for nothing, as for what is no choice of ours."""
        chosen = self.cleaned_data.get("reason") if self.is_valid() else ""
        return CancelReason(chosen) if chosen else None
