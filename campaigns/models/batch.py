"""The batch, and its parts by day."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from campaigns.models import code_guards, pacing_rules
from campaigns.models.appointment import DescribedAppointment, plain_details
from campaigns.models.codes import SnomedCode
from campaigns.models.retention import Retained, erased_is_empty
from campaigns.models.states import MOVES, AfterLast, CampaignState
from campaigns.models.templates import MessageTemplate
from campaigns.pacing.known import Care
from core.database import forward_only
from patients.models import PatientList
from practices.models import Practice, User


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Batches of one practice, and by whether they are past writing and approval."""

    def of(self, practice: Practice) -> Self:
        """One practice's campaigns: the only way that pages reach them."""
        return self.filter(practice=practice)

    def drafts(self) -> Self:
        """Those that staff still write: nobody has pressed Send."""
        return self.filter(state=CampaignState.DRAFT)

    def started(self) -> Self:
        """Those that are past writing and approval: scheduled, sent or being sent, paused, or cancelled after that."""
        return self.exclude(state__in=[CampaignState.DRAFT, CampaignState.AWAITING])


class Campaign(DescribedAppointment, Retained):
    """A batch: one slot type, one message, one list of patients. A draft until somebody presses Send."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="campaigns")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(auto_now=True)
    state = models.CharField(max_length=10, choices=CampaignState, default=CampaignState.DRAFT)

    slot_type = models.CharField(max_length=255, blank=True, help_text="By its name in the appointment book.")
    clinicians = ArrayField(
        models.CharField(max_length=255), default=list, blank=True, help_text="Only their slots. Empty: everybody's."
    )
    sessions = ArrayField(
        models.CharField(max_length=255), default=list, blank=True, help_text="Only their slots. Empty: all sessions."
    )
    horizon_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(7), MaxValueValidator(84)],
        help_text="Days ahead that its patients may book. Empty: BOOKING_HORIZON_DAYS.",
    )
    template = models.ForeignKey(MessageTemplate, on_delete=models.SET_NULL, null=True, related_name="+")
    message = models.TextField(blank=True)
    invitation_code = models.ForeignKey(SnomedCode, on_delete=models.PROTECT, null=True, related_name="+")
    allow_decline = models.BooleanField(null=True, help_text="Empty: not asked yet.")
    decline_message = models.TextField(max_length=500, blank=True)
    decline_code = models.ForeignKey(SnomedCode, on_delete=models.PROTECT, null=True, related_name="+")
    patient_list = models.OneToOneField(PatientList, on_delete=models.PROTECT, null=True, related_name="campaign")
    list_agreed = models.BooleanField(default=False, help_text="Staff saw who can be sent to and continued.")
    include_invited = models.BooleanField(default=False, help_text="Also those invited by another batch.")
    include_booked = models.BooleanField(default=False, help_text="Also those who have booked this slot type.")
    booked_within_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(84)],
        help_text="Days ahead in which an appointment counts as booked already. Empty: BOOKED_ALREADY_DAYS.",
    )
    link_lifetime_days = models.PositiveSmallIntegerField(
        default=7, validators=[MinValueValidator(1), MaxValueValidator(42)]
    )
    send_at = models.DateTimeField(null=True, help_text="When staff want it to go. Empty: as soon as they press Send.")
    spread_days = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(14)],
        help_text="Days that its texts go out over.",
    )
    any_hour = models.BooleanField(default=False, help_text="Its texts may go at night.")
    paced = models.BooleanField(null=True, help_text="Invited as appointments last. Empty: not asked yet.")
    care = models.CharField(
        max_length=8,
        choices=[(care.value, care.value) for care in Care],
        default=Care.BALANCED.value,
        db_default=Care.BALANCED.value,
        help_text="How few of those who come may find every time gone.",
    )
    most_a_day = models.PositiveIntegerField(
        null=True, validators=[MinValueValidator(1)], help_text="Patients invited on a day. Empty: no limit."
    )
    invite_order = models.CharField(max_length=6, default="list", db_default="list")
    pace_days = ArrayField(
        models.PositiveSmallIntegerField(),
        null=True,
        help_text="Days of the week, Monday is 0. Empty: Monday to Friday.",
    )
    pace_from = models.PositiveSmallIntegerField(null=True, help_text="The hour, in London. Empty: as texts may go.")
    pace_until = models.PositiveSmallIntegerField(null=True, help_text="The hour, in London. Empty: as texts may go.")
    next_decision_at = models.DateTimeField(null=True, help_text="When it is next decided how many are invited.")
    inviting_stopped_at = models.DateTimeField(null=True, help_text="When staff stopped inviting the others.")
    reminder_days = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        help_text="Days after their text on which patients who have not answered are reminded. Empty: by hand only.",
    )
    after_last = models.CharField(
        max_length=6,
        choices=AfterLast,
        default=AfterLast.CALL,
        db_default=AfterLast.CALL.value,
        help_text="How staff reach patients who have not answered the last invitation.",
    )
    next_invitation_at = models.DateTimeField(
        null=True, help_text="When it is next seen who is due a further invitation of the plan."
    )
    plan_stopped_at = models.DateTimeField(null=True, help_text="When staff stopped its further invitations, for good.")
    next_reminder_at = models.DateTimeField(null=True, help_text="When it is next seen who is to be reminded.")

    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Who pressed Send, and must wait."
    )
    asked_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    sent_back_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    sent_back_words = models.TextField(max_length=500, blank=True, help_text="What should be different.")

    started_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(null=True, help_text="When Send was pressed.")
    starts_at = models.DateTimeField(null=True, help_text="When its first texts go.")
    links_withdrawn = models.BooleanField(default=False, help_text="Cancelled with the links that had gone.")

    objects = CampaignQuerySet.as_manager()

    class Meta:
        triggers: ClassVar = [forward_only(MOVES), code_guards.batch_codes(), erased_is_empty()]
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["practice", "-created_at"]),
            models.Index(
                fields=["state"],
                condition=models.Q(state__in=["scheduled", "starting", "running"]),
                name="campaign_on_its_way",
            ),
            models.Index(
                fields=["next_reminder_at"],
                condition=models.Q(next_reminder_at__isnull=False),
                name="campaign_next_reminder",
            ),
            models.Index(
                fields=["next_invitation_at"],
                condition=models.Q(next_invitation_at__isnull=False),
                name="campaign_next_invitation",
            ),
            models.Index(
                fields=["closed_at"],
                condition=models.Q(closed_at__isnull=False, erased_at=None),
                name="campaign_to_erase",
            ),
            models.Index(
                fields=["next_decision_at"],
                condition=models.Q(next_decision_at__isnull=False),
                name="campaign_next_decision",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=CampaignState.values), name="campaign_state_known"),
            models.CheckConstraint(
                name="campaign_started_complete",
                condition=models.Q(state__in=[CampaignState.DRAFT, CampaignState.AWAITING])
                | (
                    ~models.Q(slot_type="")
                    & ~models.Q(message="")
                    & models.Q(
                        patient_list__isnull=False,
                        allow_decline__isnull=False,
                        started_by__isnull=False,
                        started_at__isnull=False,
                    )
                ),
            ),
            models.CheckConstraint(
                name="campaign_decline_complete",
                condition=~models.Q(allow_decline=True)
                | (~models.Q(decline_message="") & models.Q(decline_code__isnull=False)),
            ),
            models.CheckConstraint(
                name="campaign_link_lifetime", condition=models.Q(link_lifetime_days__range=(1, 42))
            ),
            models.CheckConstraint(
                name="campaign_horizon", condition=models.Q(horizon_days=None) | models.Q(horizon_days__range=(7, 84))
            ),
            models.CheckConstraint(
                name="campaign_approved_by_a_second_person",
                condition=models.Q(approved_by=None, approved_at=None)
                | models.Q(approved_by__isnull=False, approved_at__isnull=False, asked_by__isnull=False)
                & ~models.Q(approved_by=models.F("created_by"))
                & ~models.Q(approved_by=models.F("asked_by")),
            ),
            models.CheckConstraint(
                name="campaign_awaiting_asked",
                condition=~models.Q(state=CampaignState.AWAITING)
                | models.Q(asked_by__isnull=False, asked_at__isnull=False),
            ),
            models.CheckConstraint(name="campaign_reminders", condition=models.Q(reminder_days__len__lte=3)),
            models.CheckConstraint(
                name="campaign_plan_stopped_invites_nobody",
                condition=models.Q(plan_stopped_at=None) | models.Q(next_invitation_at=None),
            ),
            models.CheckConstraint(name="campaign_after_last", condition=models.Q(after_last__in=AfterLast.values)),
            models.CheckConstraint(name="campaign_spread", condition=models.Q(spread_days__range=(1, 14))),
            *pacing_rules.CONSTRAINTS,
            plain_details("campaign_details_plain"),
            models.CheckConstraint(
                name="campaign_erased_was_begun",
                condition=models.Q(erased_at=None) | models.Q(erasing_at__isnull=False),
            ),
            models.CheckConstraint(
                name="campaign_kept_by_somebody",
                condition=models.Q(keep_until=None) | (models.Q(keep_by__isnull=False) & ~models.Q(keep_reason="")),
            ),
            models.CheckConstraint(
                name="campaign_booked_within",
                condition=models.Q(booked_within_days=None) | models.Q(booked_within_days__range=(1, 84)),
            ),
        ]

    shown_version = ""
    """While a step of the wizard is shown or answered: the version that its page is made from. Not stored."""
    expected: tuple[str, str] | None = None
    """While a step is saved: its name, and the version that it may be saved over. None: over any."""

    def __str__(self) -> str:
        return self.slot_type or "New batch message"

    @property
    def is_draft(self) -> bool:
        """Not sent yet: everything may still be changed."""
        return self.state == CampaignState.DRAFT


class Wave(models.Model):
    """The part of a batch that goes out on one day, or by one decision of a paced batch.

    Its invitations are made when its time has come, not before.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="waves")
    number = models.PositiveSmallIntegerField(help_text="From 1.")
    due_at = models.DateTimeField()
    size = models.PositiveIntegerField(
        help_text="Invitations planned. The last one takes whoever is left, unless the batch is paced."
    )
    made = models.PositiveIntegerField(default=0, help_text="Invitations made so far.")
    issued_at = models.DateTimeField(null=True, help_text="When the last of its invitations was made.")

    class Meta:
        ordering: ClassVar = ["campaign", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "number"], name="wave_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(issued_at=None), name="wave_to_issue"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} part {self.number}"
