"""A practice's own words for its pages about privacy and accessibility."""

import unicodedata
from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from core.web.readable import REPLACEMENT, is_readable
from practices.models import PracticeInformation


def _showable(text: str) -> None:
    """Refuse what no page can show: control characters, and halves of characters. Lines may end."""
    control = any(unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in text)
    if control or REPLACEMENT in text or not is_readable(text):
        raise ValidationError(f"A character cannot be shown. Look for {REPLACEMENT} in your text, and delete it")


class PlainTextField(forms.CharField):
    """Several lines of plain text. Browsers send two characters for the end of a line: it counts as one."""

    def __init__(self, *, label: str, name: str, help_text: str) -> None:
        most = cast("models.Field[str, str]", PracticeInformation._meta.get_field(name)).max_length or 0
        super().__init__(
            label=label,
            help_text=help_text,
            required=False,
            max_length=most,
            widget=forms.Textarea,
            error_messages={"max_length": f"{label} must be {most:,} characters or fewer"},
        )

    def to_python(self, value: object) -> str:
        """One character at the end of each line, and checked before anything else reads it."""
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        _showable(text)
        return str(super().to_python(text))


class InformationForm(forms.Form):
    """What patients read of the practice besides our own text."""

    data_protection_contact = PlainTextField(
        label="Your data protection officer",
        name="data_protection_contact",
        help_text="Who it is, and how patients reach them. Each line is shown as a line.",
    )
    privacy = PlainTextField(
        label="Your own privacy information",
        name="privacy",
        help_text="For example where your full privacy notice is. Each line is a paragraph. Plain text only.",
    )
    accessibility = PlainTextField(
        label="Your own accessibility information",
        name="accessibility",
        help_text="For example how to ask for large print, an interpreter or a longer appointment.",
    )
