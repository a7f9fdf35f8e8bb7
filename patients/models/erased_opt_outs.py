"""Opt-outs whose number was erased: only a digest of it is left, by which the next list still meets them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from patients.models import opt_out_labels
from patients.models.opt_outs import OptOutSource
from practices.models import Practice, User


class ErasedOptOut(models.Model):
    """An opt-out that holds, of a number that we do not have any more (retention#opt-outs).

    It has the id of the opt-out that it was. When the number comes again, on a list or from staff, it is an opt-out
    with that number again (`patients.opt_outs.digests`): a number never has both.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=[("nhs_number", "NHS number"), ("mobile", "Mobile")])
    digest = models.BinaryField(max_length=32)
    key_name = models.CharField(max_length=8, help_text="Of the key that the digest was made with.")
    source = models.CharField(max_length=10, choices=OptOutSource)
    word = models.CharField(max_length=12, blank=True, default="")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "kind", "digest"], name="erased_opt_out_once"),
            models.CheckConstraint(condition=Q(kind__in=["nhs_number", "mobile"]), name="erased_opt_out_kind_known"),
            models.CheckConstraint(condition=Q(source__in=OptOutSource.values), name="erased_opt_out_source_known"),
            models.CheckConstraint(condition=~Q(key_name=""), name="erased_opt_out_has_a_key"),
        ]

    def __str__(self) -> str:
        return f"Erased opt-out {self.id}"

    @property
    def how(self) -> str:
        """What happened, for staff: who asked for no texts, in which way and by which word."""
        return opt_out_labels.how(self.source, self.word, self.created_by.get_full_name() if self.created_by else "")
