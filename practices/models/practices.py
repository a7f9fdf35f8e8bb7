"""Practices."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from practices.models.clinical_systems import clinical_systems


class Practice(models.Model):
    """A GP practice: who we work for, and whose data nobody else sees."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    ods_code = models.CharField(
        "ODS code",
        max_length=10,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9]{3,10}$", "An ODS code is letters and digits, such as A00099.")],
    )
    phone = models.CharField("telephone number", max_length=30, help_text="Shown to patients as you write it here.")
    address = models.CharField(max_length=200, blank=True, help_text="One line, as patients know it.")
    clinical_system = models.CharField(max_length=10, choices=clinical_systems)
    second_person_over = models.PositiveIntegerField(
        "second person over",
        null=True,
        blank=True,
        help_text="A batch to more patients than this needs the approval of another sender. Empty: none does.",
    )
    remind_day_before = models.BooleanField(
        "remind of appointments 1 working day before", default=True, help_text="Those that patients book by our links."
    )
    remind_3_days = models.BooleanField("remind of appointments 3 days before, too", default=False)
    remind_7_days = models.BooleanField("remind of appointments 7 days before, too", default=False)
    offers_unmarked_slots = models.BooleanField(
        "offer slots that do not say whether they are face to face",
        default=False,
        db_default=False,
        help_text="Patients are invited to come in: tick this only where all such slots are face to face.",
    )
    retention_days = models.PositiveSmallIntegerField(
        "days until a closed batch is erased",
        default=90,
        db_default=90,
        validators=[MinValueValidator(30), MaxValueValidator(730)],
        help_text="Personal data of a batch is erased so many days after the batch has closed: 30 to 730.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(retention_days__range=(30, 730)), name="practice_retention_days"),
        ]

    def __str__(self) -> str:
        return self.name
