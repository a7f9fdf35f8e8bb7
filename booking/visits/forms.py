"""The patient's only question that is not a button."""

from typing import Any

from django import forms

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
