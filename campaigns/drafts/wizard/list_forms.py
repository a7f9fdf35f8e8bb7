"""What staff answer about their list: the file itself, whom to include, and the same file again."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

from campaigns.models import Campaign
from campaigns.sending.screening import Inclusion
from core.wording import plural
from patients.lists.questions import Asked, AskedColumn
from patients.reasons import Reason

_TYPES = ".csv,.xlsx,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(forms.Form):
    """The file of a patient list: CSV or Excel. What is in it is checked later, by a worker."""

    file = forms.FileField(
        label="Patient list (CSV or Excel .xlsx)",
        widget=forms.FileInput(attrs={"accept": _TYPES}),
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": "Choose a CSV or Excel file"},
    )

    @classmethod
    def refused(cls, fault: str) -> Self:
        """A form whose last file was refused, for this reason."""
        form = cls({}, MultiValueDict())
        form.errors["file"] = form.error_class([fault])
        return form

    def clean_file(self) -> UploadedFile[bytes]:
        """One file: of two, nobody could say which one is meant (lists#several-files)."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if len(self.files.getlist("file")) > 1:
            raise forms.ValidationError("Choose one file at a time")
        return file


_WEEKS = (1, 2, 3, 4, 6, 8, 10)


class IncludeForm(forms.Form):
    """Whether to text patients who have been invited, or have booked, already. Leaving them out is the default.

    Where the appointment book is read before the texts go, it is always asked about the booked, and how far ahead an
    appointment counts. Cleaned: `invited` and `booked` where they are asked, `within_days` (None: as usual).
    """

    FIELDS: ClassVar = {Reason.ALREADY_INVITED: "invited", Reason.ALREADY_BOOKED: "booked"}
    LABELS: ClassVar = {
        Reason.ALREADY_INVITED: "Patients who are already invited",
        Reason.ALREADY_BOOKED: "Patients who have already booked",
    }

    def __init__(self, *args: Any, campaign: Campaign, choices: Sequence[Inclusion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for choice in choices:
            label = f"{self.LABELS[choice.reason]} ({choice.count:,})"
            self.fields[self.FIELDS[choice.reason]] = _include_field(label, included=choice.included)
        if usual := settings.BOOKED_ALREADY_DAYS:
            label = "Patients who have an appointment of this type already"
            self.fields.setdefault("booked", _include_field(label, included=campaign.include_booked))
            self.fields["booked"].help_text = "We look in your appointment book just before the texts go."
            self.fields["within_days"] = _days_field(usual, campaign.booked_within_days)


def _include_field(label: str, *, included: bool) -> forms.Field:
    return forms.TypedChoiceField(
        label=label,
        choices=[("no", "Leave out"), ("yes", "Include")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="yes" if included else "no",
        error_messages={"required": "Choose whether to leave these patients out"},
    )


def _days_field(usual: int, chosen: int | None) -> forms.Field:
    return forms.TypedChoiceField(
        label="How far ahead does an appointment count?",
        choices=[
            ("", f"{plural(usual, 'day')}, as usual"),
            *((7 * weeks, plural(weeks, "week")) for weeks in _WEEKS if 7 * weeks < usual),
        ],
        required=False,
        coerce=int,
        empty_value=None,
        initial=chosen,
        error_messages={"invalid_choice": "Choose how far ahead from the list"},
    )


class ColumnsForm(forms.Form):
    """Who is left out for what the list's columns say. Nothing is chosen beforehand."""

    def __init__(self, *args: Any, columns: Sequence[AskedColumn], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        for column, asked in self._asked():
            self.fields[asked.name] = forms.TypedChoiceField(
                label=asked.label,
                choices=[("out", "Leave out"), ("text", "Can be texted")],
                coerce=lambda value: value == "out",
                widget=forms.RadioSelect,
                initial=None if asked.left_out is None else "out" if asked.left_out else "text",
                error_messages={"required": f"Choose who is left out: {column.column}, {asked.label}"},
            )

    def _asked(self) -> Iterator[tuple[AskedColumn, Asked]]:
        return ((column, asked) for column in self.columns for asked in column.asked)

    @property
    def answers(self) -> dict[int, bool]:
        """Whether patients are left out, by the numbers of the questions."""
        return {number: self.cleaned_data[asked.name] for _, asked in self._asked() for number in asked.numbers}


class AgreeForm(forms.Form):
    """Going on with the list. A file that was used today needs a choice made on purpose (lists#same-file-again)."""

    same_file = forms.BooleanField(
        label="Use this file again", error_messages={"required": "Tick the box if you want to use this file again"}
    )

    def __init__(self, *args: Any, warned: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not warned:
            del self.fields["same_file"]
