"""How long a batch keeps its patients, and what is left of it when they are erased: counts alone."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils import timezone

from practices.models import User

REASON_MAX = 200
"""Characters of why a batch is to be kept longer."""


def erased_is_empty() -> pgtrigger.Trigger:
    """A trigger by which no batch counts as erased while anything of its patients is there (retention#database)."""
    return pgtrigger.Trigger(
        name="erased_is_empty",
        operation=pgtrigger.Update,
        when=pgtrigger.Before,
        condition=pgtrigger.Q(old__erased_at__isnull=True, new__erased_at__isnull=False),
        func="""
            IF EXISTS (SELECT FROM campaigns_invitation WHERE campaign_id = NEW.id)
                OR EXISTS (SELECT FROM patients_recipient WHERE patient_list_id = NEW.patient_list_id)
                OR EXISTS (SELECT FROM integrations_message WHERE batch_id = NEW.id)
                OR EXISTS (SELECT FROM integrations_codedentry WHERE batch_id = NEW.id)
            THEN
                RAISE EXCEPTION 'a batch that is erased has no patients';
            END IF;
            RETURN NEW;
        """,
    )


class Retained(models.Model):
    """The fields of a batch that say until when it has its patients."""

    closed_at = models.DateTimeField(
        null=True, editable=False, help_text="When nothing more could happen with it. Empty: something still may."
    )
    keep_until = models.DateField(null=True, help_text="A manager has it kept until the end of this day.")
    keep_reason = models.CharField(
        max_length=REASON_MAX, blank=True, default="", db_default="", help_text="Why. Nothing about patients."
    )
    keep_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    erasing_at = models.DateTimeField(null=True, help_text="When its erasure began: its figures are final.")
    erased_at = models.DateTimeField(null=True, help_text="When the last of its patients was erased.")
    patients_erased = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Patients who were erased before the batch was, each by itself."
    )

    class Meta:
        abstract = True

    @property
    def is_erased(self) -> bool:
        """Whether its patients are gone, or going: from then on its stored figures are shown."""
        return self.erasing_at is not None


class FinalFigures(models.Model):
    """What a batch had come to when its patients were erased: the numbers of its page, and no names.

    `funnel` has the counts of `campaigns.results.funnel.Funnel`; `deliveries` invitations by where they arrived;
    `reasons` rows that could not be sent by Reason; `answers` [day, booked, declined] for each day with an answer.
    """

    campaign = models.OneToOneField(
        "campaigns.Campaign", on_delete=models.CASCADE, primary_key=True, related_name="final_figures"
    )
    funnel = models.JSONField()
    deliveries = models.JSONField(default=dict)
    by_notify = models.BooleanField(default=False)
    fragments = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=dict)
    answers = models.JSONField(default=list)
    counted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "final figures"

    def __str__(self) -> str:
        return f"{self.campaign_id} at {self.counted_at:%Y-%m-%d}"


class BatchOutcome(models.Model):
    """How many patients of a batch, of one age band, reached by one channel, came to one outcome.

    Written as patients are erased; the rows of a batch add up to its list.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="outcomes", db_index=False
    )
    age_band = models.CharField(max_length=10, help_text="On the day of Send, such as 65 to 74. Empty: not known.")
    channel = models.CharField(max_length=20, help_text="A Delivery of the invitation. Empty: none was made.")
    outcome = models.CharField(max_length=15, help_text="An InvitationState; not_invited, or cannot.")
    patients = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["campaign", "age_band", "channel", "outcome"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "age_band", "channel", "outcome"], name="batch_outcome_once"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.age_band} of {self.campaign_id}"


class Measure(models.TextChoices):
    """What else of a batch's patients is counted, and stays when they are erased. The values are stored."""

    OPENED = "opened", "Opened their link"
    ELSEWHERE = "elsewhere", "No answer, but the practice has booked them itself"
    FRAGMENTS = "fragments", "Fragments of our own texts that are paid for"
    BOOKED_AFTER = "booked_after", "Booked so many days after their invitation had gone"
    ATTENDED = "attended", "Came to their appointment"
    MISSED = "missed", "Did not come to their appointment"


class BatchTally(models.Model):
    """How many of a batch come to one measure, where outcomes by age and channel do not say it.

    Written as patients are erased, beside `BatchOutcome`; who came, and who did not, when staff enter it. `days` is 0
    but for BOOKED_AFTER.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="tallies", db_index=False)
    measure = models.CharField(max_length=15, choices=Measure)
    days = models.PositiveSmallIntegerField(default=0)
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "batch tallies"
        ordering: ClassVar = ["campaign", "measure", "days"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "measure", "days"], name="batch_tally_once"),
            models.CheckConstraint(condition=models.Q(measure__in=Measure.values), name="batch_tally_measure_known"),
            models.CheckConstraint(
                condition=models.Q(days=0) | models.Q(measure=Measure.BOOKED_AFTER), name="batch_tally_days_of_bookings"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.days} of {self.campaign_id}"
