"""What staff give to say whose codes they have filed: a file of NHS numbers, and then their word for who matched."""

from typing import Any, BinaryIO, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from patients.files.number_lists import NumberList, read_numbers
from patients.tables.faults import FileFault

_TYPES = ".csv,.txt,.xlsx,text/csv,text/plain,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FiledListForm(forms.Form):
    """A file with the NHS numbers of patients whose code is in the record now. `listed` is what was read of it."""

    file = forms.FileField(
        label="File with the NHS numbers of those who have the code now",
        help_text="A CSV, text or Excel (.xlsx) file. Other columns do no harm.",
        widget=forms.FileInput(attrs={"accept": _TYPES}),
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": "Choose a CSV, text or Excel file"},
    )

    listed: NumberList

    def clean_file(self) -> UploadedFile[bytes]:
        """One file, read at once. Raises ValidationError with what is wrong with it and what to do."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if len(self.files.getlist("file")) > 1:
            raise forms.ValidationError("Choose one file at a time")
        try:
            opened = cast(BinaryIO, file)
            self.listed = read_numbers(opened, most_bytes=settings.UPLOAD_MAX_BYTES, most_rows=settings.UPLOAD_MAX_ROWS)
        except FileFault as fault:
            raise forms.ValidationError(fault.message) from None
        return file


class MatchedForm(forms.Form):
    """The entries that a list matched, as the page showed them: ids of ours, and nothing of a patient."""

    entries = forms.CharField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, entries: list[UUID]) -> "MatchedForm":
        """A form that brings these entries back."""
        return cls(initial={"entries": " ".join(entry.hex for entry in entries)})

    def clean_entries(self) -> list[UUID]:
        """The ids. Raises ValidationError for what no page of ours has sent."""
        value: Any = self.cleaned_data["entries"]
        try:
            return [UUID(hex=text) for text in value.split()]
        except ValueError:
            raise forms.ValidationError("Upload the file again") from None
