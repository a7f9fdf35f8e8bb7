"""What a practice adds to the pages about privacy and accessibility that its patients see."""

from __future__ import annotations

from django.db import models

from practices.models.practices import Practice


class PracticeInformation(models.Model):
    """A practice's own words for its patients, as plain text. Without a row, or where a field is empty: ours alone."""

    practice = models.OneToOneField(Practice, on_delete=models.CASCADE, primary_key=True, related_name="information")
    privacy = models.CharField(max_length=4000, blank=True, help_text="Paragraphs, one a line.")
    data_protection_contact = models.CharField(
        max_length=500, blank=True, help_text="Who the data protection officer is, and how to reach them. Lines."
    )
    accessibility = models.CharField(max_length=2000, blank=True, help_text="Paragraphs, one a line.")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "information for patients"

    def __str__(self) -> str:
        return f"Information of {self.practice_id}"
