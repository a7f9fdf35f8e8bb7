"""What staff say before they act: that they know whom they speak to."""

from django import forms


class CallerForm(forms.Form):
    """Who is calling must be checked before anything is done for them (inputs#callers)."""

    checked = forms.BooleanField(
        label="I have checked who is calling",
        error_messages={"required": "Check who is calling, and tick the box"},
    )


class NothingToSay(forms.Form):
    """A question that the button alone answers."""
