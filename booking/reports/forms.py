"""What staff answer about reports of appointments: the file, and the slot types that patients are reminded of."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from booking.reports.services import SlotTypeCount
from core.wording import plural

_TYPES = ".csv,.xlsx,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReportForm(forms.Form):
    """The file of a report: CSV or Excel."""

    file = forms.FileField(
        label="Appointment report (CSV or Excel .xlsx)",
        widget=forms.FileInput(attrs={"accept": _TYPES}),
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": "Choose a CSV or Excel file"},
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """One file: of two, nobody could say which one is meant (lists#several-files)."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if len(self.files.getlist("file")) > 1:
            raise forms.ValidationError("Choose one file at a time")
        return file


class SlotTypesForm(forms.Form):
    """The slot types that patients are reminded of. None is a choice, too."""

    slot_types = forms.MultipleChoiceField(
        label="Which slot types should patients be reminded of?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from the slot types on this page"},
    )

    def __init__(self, *args: Any, known: Sequence[SlotTypeCount], **kwargs: Any) -> None:
        chosen = [row.name for row in known if row.is_chosen]
        super().__init__(*args, **{"initial": {"slot_types": chosen}, **kwargs})
        choices = [(row.name, f"{row.name} ({plural(row.count, 'appointment')} to come)") for row in known]
        self.fields["slot_types"].choices = choices  # type: ignore[attr-defined] # it is a field with choices
