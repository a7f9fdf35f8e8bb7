"""The patient's only question that is not a button."""

from django import forms

from booking.fields import DateOfBirthField


class DateOfBirthForm(forms.Form):
    """Who are you? Asked once, after a choice was made."""

    date_of_birth = DateOfBirthField(label="What is your date of birth?", help_text="For example, 15 3 1984")
