"""What must outlive a restored dump, in digests: erasures, and opt-outs that were made or ended."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from practices.models.practices import Practice


class JournalKind(models.TextChoices):
    """What happened that a dump of before does not know, and that must be so again after it was restored."""

    BATCH_ERASED = "batch_erased", "The patients of a batch were erased"
    PATIENT_ERASED = "patient_erased", "A patient was erased"
    OPTED_OUT = "opted_out", "Somebody wants no texts"
    OPT_OUT_ENDED = "opt_out_ended", "Somebody may be texted again"


class JournalEntry(models.Model):
    """One line of the journal. It is written outside the database once its transaction has committed.

    `digest` stands for a number of the kind `number` (retention#digests): the number itself is nowhere in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=JournalKind)
    batch_id = models.UUIDField(null=True, help_text="The batch that was erased.")
    number = models.CharField(max_length=10, blank=True, help_text="Of what the digest is: nhs_number or mobile.")
    digest = models.BinaryField(max_length=32, null=True)
    key_name = models.CharField(max_length=8, blank=True, help_text="Of the key that the digest was made with.")
    details = models.JSONField(default=dict, help_text="How somebody opted out; nothing personal.")
    at = models.DateTimeField(default=timezone.now)
    written_at = models.DateTimeField(null=True, help_text="When every place outside had it.")

    class Meta:
        verbose_name_plural = "journal entries"
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["at"], condition=models.Q(written_at=None), name="journal_to_write"),
            models.Index(fields=["practice", "at"], name="journal_of_practice"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(kind__in=JournalKind.values), name="journal_kind_known"),
            models.CheckConstraint(
                condition=models.Q(kind="batch_erased", batch_id__isnull=False, digest=None)
                | ~models.Q(kind="batch_erased") & models.Q(digest__isnull=False) & ~models.Q(key_name=""),
                name="journal_of_a_batch_or_a_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
