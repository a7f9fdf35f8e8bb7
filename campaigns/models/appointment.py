"""What a batch and a template keep of the appointment itself: what it is for, and what is good to know before it."""

from __future__ import annotations

from django.db import models

from campaigns.wording.appointment_details import DETAILS, capitalised

_SINGLE_LINE = r"^[^\u0001-\u001f\u007f<>{}]*$"
_SEVERAL_LINES = r"^[^\u0001-\u0009\u000b-\u001f\u007f<>{}]*$"


class DescribedAppointment(models.Model):
    """The appointment as its patients read of it, once they have given the date of birth.

    Plain text, as `appointment_details.tidied` leaves it. Batches that were sent before there was a name have none.
    """

    appointment_name = models.CharField(
        max_length=60,
        blank=True,
        help_text="As inside a sentence: flu vaccination. Never shown before the date of birth.",
    )
    with_whom = models.CharField(max_length=80, blank=True, help_text="Such as a practice nurse.")
    how_long = models.CharField(max_length=40, blank=True, help_text="Such as 10 minutes.")
    what_to_bring = models.TextField(max_length=300, blank=True)
    what_to_do_before = models.TextField(max_length=300, blank=True)

    class Meta:
        abstract = True

    @property
    def appointment_heading(self) -> str:
        """The name as it stands alone, or where a sentence begins: Flu vaccination."""
        return capitalised(self.appointment_name)

    @property
    def detail_rows(self) -> list[tuple[str, list[str]]]:
        """What is good to know before the appointment: what each detail is called on pages, and its lines."""
        details = (
            ("With", capitalised(self.with_whom)),
            ("How long it takes", capitalised(self.how_long)),
            ("What to bring", self.what_to_bring),
            ("What to do before", self.what_to_do_before),
        )
        return [(called, text.splitlines()) for called, text in details if text]


def plain_details(name: str) -> models.CheckConstraint:
    """The constraint of a model with these fields by which the database refuses mark-up and control characters."""
    lines = {
        f"{field}__regex": _SEVERAL_LINES if detail.several_lines else _SINGLE_LINE for field, detail in DETAILS.items()
    }
    return models.CheckConstraint(
        condition=models.Q(**lines),
        name=name,
        violation_error_message="Details of the appointment must be plain text.",
    )
