"""The audit trail's rows, which only ever grow."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from practices.models.people import User
from practices.models.practices import Practice


def append_only() -> list[pgtrigger.Trigger]:
    """Triggers by which the database itself refuses to change, delete or empty what has been written (ASVS 16.4)."""
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="never_emptied",
            operation=pgtrigger.Truncate,
            when=pgtrigger.Before,
            level=pgtrigger.Statement,
            func="RAISE EXCEPTION '% is never emptied', TG_TABLE_NAME;",
        ),
    ]


class AuditEvent(models.Model):
    """One thing that somebody, or the service itself, did. Written once and never changed."""

    id = models.BigAutoField(primary_key=True)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="audit_events", null=True)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, help_text="Empty: the service itself.")
    action = models.CharField(max_length=60, help_text="Dotted, such as campaign.sent.")
    object_id = models.UUIDField(null=True)
    batch_id = models.UUIDField(null=True, help_text="The batch that it was about, where object_id is not its id.")
    patient_ids = ArrayField(
        models.UUIDField(),
        default=list,
        help_text="Whom the actor saw: ids of recipients, invitations or opt-outs, and nothing else of theirs.",
    )
    data = models.JSONField(default=dict, help_text="Counts and ids; nothing personal.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        triggers: ClassVar = append_only()
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["practice", "-id"]),
            # What happened to one thing is asked for on pages; events are many, and most are about something.
            models.Index(fields=["object_id"], condition=models.Q(object_id__isnull=False), name="audit_event_about"),
            models.Index(fields=["batch_id"], condition=models.Q(batch_id__isnull=False), name="audit_batch"),
            # Rows about nobody cost the index nothing: what patients do is written without it.
            GinIndex(fields=["patient_ids"], condition=~models.Q(patient_ids=[]), name="audit_patients"),
        ]

    def __str__(self) -> str:
        return self.action


class AuditSeal(models.Model):
    """A link of the chain over the audit trail: what one event said when it was sealed, and all before it.

    `event_id` is no foreign key, so that a seal outlives an event that somebody removes, and tells.
    """

    number = models.BigIntegerField(primary_key=True, help_text="From 1, without gaps.")
    event_id = models.BigIntegerField(unique=True)
    digest = models.BinaryField(max_length=32, help_text="Of the former digest and the event's bytes.")
    key_name = models.CharField(
        max_length=8, default="", db_default="", help_text="Of the key that the digest was made with. Empty: none."
    )
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        triggers: ClassVar = append_only()
        ordering: ClassVar = ["number"]
        indexes: ClassVar = [models.Index(fields=["sealed_at"], name="audit_sealed_at")]

    def __str__(self) -> str:
        return f"Seal {self.number} of event {self.event_id}"
