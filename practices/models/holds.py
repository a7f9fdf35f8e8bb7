"""What keeps everything from leaving, and the pulse by which a database that was restored is known."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from practices.models.people import User
from practices.models.practices import Practice


class Cause(models.TextChoices):
    """Why nothing leaves."""

    BY_HAND = "by_hand", "Stopped by a person"
    RESTORED = "restored", "The database was restored"
    CLOCK = "clock", "The clock went back"
    GAP = "gap", "Selfbook did not run for a while"


class Hold(models.Model):
    """Nothing leaves for a practice, or for any where none is named: no text, booking, cancellation or code.

    It is deleted when things may leave again: the audit trail has when it began and ended, and by whom.
    """

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, null=True, blank=True, related_name="holds")
    cause = models.CharField(max_length=10, choices=Cause, default=Cause.BY_HAND)
    reason = models.CharField(max_length=200, blank=True, help_text="Shown to staff. Nothing about patients.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty: Selfbook.")
    since = models.DateTimeField(default=timezone.now)
    last_known = models.DateTimeField(
        null=True, help_text="What went after this is not in the database that was restored."
    )
    reconciled_at = models.DateTimeField(null=True, help_text="When it was last found out what had gone.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "cause"], nulls_distinct=False, name="hold_once"),
            models.CheckConstraint(condition=models.Q(cause__in=Cause.values), name="hold_cause_known"),
        ]
        ordering: ClassVar = ["since", "id"]

    def __str__(self) -> str:
        return f"{self.practice or 'All practices'}: {Cause(self.cause).label}"


class Heartbeat(models.Model):
    """The database's pulse: one row, which running processes renew, and which a copy of the database brings along.

    A database that is made again from a dump has tables with other numbers (`oid`) than this row says. One that was
    set back as a whole is behind the stamps outside of it, or has a pulse that is long past.
    """

    number = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField(default=uuid.uuid4, help_text="This database's own name.")
    former_epochs = ArrayField(models.UUIDField(), default=list, help_text="Names on stamps that were looked into.")
    count = models.BigIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)
    table_oid = models.BigIntegerField(default=0)
    database_oid = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(number=1), name="heartbeat_single"),
        ]

    def __str__(self) -> str:
        return f"{self.count} at {self.at}"
