"""Times in which a clinical system could not be reached."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from practices.models import Practice


class ClinicalOutage(models.Model):
    """A time in which a practice's clinical system did not answer. Links live as much longer when it is over."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+")
    began_at = models.DateTimeField(default=timezone.now)
    failed_at = models.DateTimeField(default=timezone.now, help_text="When it was last seen not to answer.")
    ended_at = models.DateTimeField(null=True)
    by_certificate = models.BooleanField(
        default=False, db_default=False, help_text="There was no secure connection, which waiting does not mend."
    )

    refused = models.BooleanField(
        default=False, db_default=False, help_text="Our calls were answered and refused, which waiting does not mend."
    )

    class Meta:
        ordering: ClassVar = ["-began_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["practice"], condition=models.Q(ended_at=None), name="outage_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"Outage {self.id}"
