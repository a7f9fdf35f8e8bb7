"""The batch and what belongs to it: templates, SNOMED CT codes, the campaign itself, its invitations."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import OuterRef
from django.db.models.functions import Lower
from django.utils import timezone
from stdnum import verhoeff

from campaigns import (  # noqa: F401 - their models are of this app too
    code_guards,
    codes_rules,
    recheck_models,
    snomed_models,
    workspace_models,
)
from campaigns.appointment_models import DescribedAppointment, plain_details
from campaigns.states import MOVES, CampaignState
from integrations.clinical.port import RecordFault
from integrations.database import forward_only
from patients.models import PatientList, Recipient
from practices.models import Practice, User


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    """Templates by whose they are and whether they may be chosen."""

    def live(self) -> Self:
        """Those that may be chosen for a batch."""
        return self.filter(archived_at=None)

    def archived(self) -> Self:
        """Those that have been put away."""
        return self.filter(archived_at__isnull=False)

    def own(self, practice: Practice) -> Self:
        """Those that this practice wrote; the shared ones are not among them."""
        return self.filter(practice=practice)

    def shared(self) -> Self:
        """Those of no practice, which are for every practice; those put away are among them."""
        return self.filter(practice=None)

    def seen_by(self, practice: Practice) -> Self:
        """Those that a practice's pages may show: its own, and the shared ones that are not put away."""
        return self.filter(models.Q(practice=practice) | models.Q(practice=None, archived_at=None))


class MessageTemplate(DescribedAppointment):
    """A message written beforehand: one practice's own, or everybody's.

    A batch copies its words, so that what happens to a template afterwards changes no batch.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(
        Practice, on_delete=models.CASCADE, null=True, blank=True, help_text="Empty: every practice may use it."
    )
    name = models.CharField(max_length=80)
    body = models.TextField(max_length=918, help_text="{name}, {practice} and {link} are filled in for each patient.")
    decline_message = models.TextField(max_length=500, blank=True)
    invitation_code = models.ForeignKey(
        "SnomedCode", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Suggested."
    )
    decline_code = models.ForeignKey(
        "SnomedCode", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Suggested."
    )
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = MessageTemplateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        triggers: ClassVar = [code_guards.template_codes()]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "practice",
                Lower("name"),
                name="template_name_once",
                condition=models.Q(archived_at=None),
                nulls_distinct=False,
                violation_error_message="There is a template of this name already.",
            ),
            plain_details("template_details_plain"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def usable_by(cls, practice: Practice) -> models.QuerySet[MessageTemplate]:
        """The practice's own templates and the shared ones, without those that have been put away."""
        return cls.objects.live().seen_by(practice)

    def suggested_code(self, kind: CodeKind) -> SnomedCode | None:
        """The code that goes with its words, if staff may choose it now."""
        wanted = self.invitation_code_id if kind == CodeKind.INVITATION else self.decline_code_id
        return SnomedCode.objects.usable(kind, self.practice).filter(pk=wanted).first() if wanted else None


class CodeKind(models.TextChoices):
    """What a SNOMED CT concept says happened. Only the first two may go with a batch (wire 13.1)."""

    INVITATION = "invitation", "Invitation"
    DECLINE = "decline", "Decline"
    GIVEN = "given", "Care given: never with a batch"
    OTHER = "other", "Something else: never with a batch"


_ATTACHABLE = (CodeKind.INVITATION, CodeKind.DECLINE)


class Grounds(models.TextChoices):
    """What a code's approval rests on, besides a second person. Empty for what ships with the product."""

    RELEASE = "release", "The SNOMED CT release has this id and term"
    ADMINISTRATOR = "administrator", "An administrator looked it up"
    EARLIER = "earlier", "Approved before codes belonged to practices"


def validate_concept_id(value: str) -> None:
    """Raise ValidationError unless the text has the form of a SNOMED CT concept id (wire 13.1)."""
    if not (value.isascii() and value.isdigit() and 6 <= len(value) <= 18 and not value.startswith("0")):
        raise ValidationError("A SNOMED CT id is 6 to 18 digits and does not start with 0.")
    if not verhoeff.is_valid(value):
        raise ValidationError("The check digit is wrong: was the id mistyped, or shortened by a spreadsheet?")
    if value[-3:-1] not in ("00", "10"):
        raise ValidationError("This is the id of a description or a relationship. Use the concept's id.")


class SnomedCodeQuerySet(models.QuerySet["SnomedCode"]):
    """Codes by whose they are and whether they may be sent with a batch."""

    def usable(self, kind: CodeKind, practice: Practice | None = None) -> Self:
        """The codes of a kind that a practice's staff may choose and send with: its own, and everybody's.

        Without a practice only everybody's. A concept that administrators list as never going with a batch goes with
        none, whatever a practice has approved.
        """
        whose = models.Q(practice=None) | models.Q(practice=practice)
        never = SnomedCode.objects.shared().exclude(kind__in=_ATTACHABLE).filter(concept_id=OuterRef("concept_id"))
        mine = self.filter(whose, kind=kind, active=True, approved_at__isnull=False)
        return mine.exclude(models.Exists(never))

    def shared(self) -> Self:
        """Those of no practice: for every practice, or listed as never to go with a batch."""
        return self.filter(practice=None)


class SnomedCode(models.Model):
    """A SNOMED CT concept that staff may choose, with EMIS's own code for it where that is known.

    Everybody's, or one practice's own: then what it says, and who answers for that, are that practice's alone, and
    another practice may have the same concept in other words. What anybody writes here goes into records, so a second
    person must approve it (`campaigns/codes`). A code that ships with the product has `approved_at` alone: the product
    answers for it.
    """

    id = models.CharField(
        max_length=36, primary_key=True, editable=False, help_text="The SNOMED CT id, or a practice's own one."
    )
    concept_id = models.CharField("SNOMED CT id", max_length=18, validators=[validate_concept_id])
    practice = models.ForeignKey(
        Practice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="Whose own it is. Empty: every practice may use it.",
    )
    term = models.CharField(max_length=255)
    kind = models.CharField(max_length=12, choices=CodeKind)
    emis_scheme = models.CharField("EMIS scheme", max_length=10, blank=True, help_text="Such as READ2.")
    emis_code = models.CharField("EMIS code", max_length=20, blank=True, help_text="EMIS keeps no code without it.")
    ctv3_code = models.CharField("CTV3 code", max_length=10, blank=True, help_text="SystmOne's older code.")
    source = models.CharField(max_length=120, blank=True, help_text="Where its id and term were published.")
    active = models.BooleanField(default=True)
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_at = models.DateTimeField(null=True, blank=True, editable=False)
    grounds = models.CharField(max_length=13, choices=Grounds, blank=True, editable=False)
    shared_from = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="The practice's own code that an administrator shared with all.",
    )

    objects = SnomedCodeQuerySet.as_manager()

    class Meta:
        verbose_name = "SNOMED CT code"
        ordering: ClassVar = ["term"]
        triggers: ClassVar = [code_guards.whose()]
        constraints: ClassVar = [
            # A batch's reference to its codes names their kind too (migration 0007), and this is what it refers to.
            models.UniqueConstraint(fields=["id", "kind"], name="code_of_its_kind"),
            models.UniqueConstraint(
                fields=["practice", "concept_id"],
                name="code_of_a_practice_once",
                violation_error_message="The practice has this code already.",
            ),
            # So everybody's code of a concept is there once, too.
            models.CheckConstraint(
                condition=models.Q(practice=None, id=models.F("concept_id"))
                | models.Q(practice__isnull=False) & ~models.Q(id=models.F("concept_id")),
                name="code_id_says_whose",
            ),
            models.CheckConstraint(
                condition=models.Q(practice=None)
                | models.Q(proposed_by__isnull=False, shared_from=None)
                & (models.Q(approved_at=None) | ~models.Q(grounds="")),
                name="code_of_a_practice_is_somebodys",
            ),
            models.CheckConstraint(condition=models.Q(grounds__in=["", *Grounds.values]), name="code_grounds_known"),
            models.CheckConstraint(
                condition=models.Q(concept_id__regex=r"^[1-9][0-9]{2,14}(00|10)[0-9]$"), name="code_is_a_concept"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=CodeKind.values), name="code_kind_known"),
            models.CheckConstraint(
                name="code_approved_by_a_second_person",
                condition=models.Q(approved_at=None, approved_by=None)
                | models.Q(approved_at__isnull=False, approved_by=None, proposed_by=None)
                | models.Q(approved_at__isnull=False, approved_by__isnull=False, proposed_by__isnull=False)
                & ~models.Q(approved_by=models.F("proposed_by")),
                violation_error_message="The person who wrote a code cannot approve it.",
            ),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.take_id()

    def __str__(self) -> str:
        return self.term

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a code that is right: not only forms write codes. Raises ValidationError."""
        self.take_id()
        self.full_clean()
        super().save(*args, **kwargs)

    def take_id(self) -> None:
        """Give a new code its id: its concept's where it is everybody's, so that there is one; a random one else."""
        if not self.id and self.concept_id:
            self.id = self.concept_id if self.practice_id is None else str(uuid.uuid4())

    def clean(self) -> None:
        """Keep the kinds apart. A code that was wrong all along may still be switched off."""
        super().clean()
        if bool(self.emis_scheme) is not bool(self.emis_code):
            raise ValidationError({"emis_code": "Give both the EMIS code and its scheme, or neither."})
        if self.kind in _ATTACHABLE and (self.active or self._state.adding):
            if fault := codes_rules.id_fault(self.concept_id):
                raise ValidationError({"concept_id" if self._state.adding else "kind": fault})
            if fault := codes_rules.term_fault(self.term, decline=self.kind == CodeKind.DECLINE):
                raise ValidationError({"term": fault})
            if self.practice_id is not None and self._is_never_for_a_batch():
                raise ValidationError({"concept_id": "Administrators list this code as one that goes with no batch."})
        if not self._state.adding and self._attached_as_another_kind():
            raise ValidationError({"kind": "Batches use this code as what it was. Switch it off instead."})

    def _is_never_for_a_batch(self) -> bool:
        never = SnomedCode.objects.shared().exclude(kind__in=_ATTACHABLE)
        return never.filter(concept_id=self.concept_id).exists()

    def _attached_as_another_kind(self) -> bool:
        if SnomedCode.objects.filter(pk=self.pk, kind=self.kind).exists():
            return False
        return Campaign.objects.filter(models.Q(invitation_code=self) | models.Q(decline_code=self)).exists()

    @property
    def is_approved(self) -> bool:
        """A second person, or the product, answers for what it says."""
        return self.approved_at is not None

    @property
    def is_usable(self) -> bool:
        """Whether staff of the practices that it is for may choose it, and send with it."""
        return self.active and self.is_approved and self.kind in _ATTACHABLE


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


class Campaign(DescribedAppointment):
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
    reminder_days = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        help_text="Days after their text on which patients who have not answered are reminded. Empty: by hand only.",
    )
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
        triggers: ClassVar = [forward_only(MOVES), code_guards.batch_codes()]
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
            models.CheckConstraint(name="campaign_spread", condition=models.Q(spread_days__range=(1, 14))),
            plain_details("campaign_details_plain"),
            models.CheckConstraint(
                name="campaign_booked_within",
                condition=models.Q(booked_within_days=None) | models.Q(booked_within_days__range=(1, 84)),
            ),
        ]

    def __str__(self) -> str:
        return self.slot_type or "New batch message"

    @property
    def is_draft(self) -> bool:
        """Not sent yet: everything may still be changed."""
        return self.state == CampaignState.DRAFT


class Wave(models.Model):
    """The part of a batch that goes out on one day. Its invitations are made when its time has come, not before."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="waves")
    number = models.PositiveSmallIntegerField(help_text="From 1.")
    due_at = models.DateTimeField()
    size = models.PositiveIntegerField(help_text="Invitations planned. The last one takes whoever is left.")
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


class Reminder(models.Model):
    """One press of "send a reminder", or one day on which the batch reminds by itself: each patient who had not
    answered gets one text more. Workers write the texts.

    Its number is the step of its messages: by that the database keeps a second press from texting anybody twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="reminders", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="From 1.")
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty: the batch, by itself."
    )
    automatic = models.PositiveSmallIntegerField(
        null=True, help_text="Which of the batch's own reminders, from 1. Empty: somebody pressed."
    )
    day = models.DateField(null=True, help_text="Of one that goes by itself, in London.")
    asked_at = models.DateTimeField(default=timezone.now)
    patients = models.PositiveIntegerField(help_text="Who had not answered when it was asked for.")
    written_at = models.DateTimeField(null=True, help_text="When the last of its texts was written.")
    due_at = models.DateTimeField(default=timezone.now, help_text="When the appointment book is read, or read again.")
    claimed_until = models.DateTimeField(null=True, help_text="A worker is reading the book for it.")
    waits_since = models.DateTimeField(null=True, help_text="Since then the book cannot be read.")
    unread = models.PositiveIntegerField(default=0, help_text="Not reminded: the book could not be read for them.")

    class Meta:
        ordering: ClassVar = ["campaign", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "number"], name="reminder_once"),
            models.UniqueConstraint(fields=["campaign", "automatic", "day"], name="reminder_by_itself_once"),
            models.CheckConstraint(
                name="reminder_of_somebody_or_of_itself",
                condition=models.Q(asked_by=None, automatic__isnull=False, day__isnull=False)
                | models.Q(asked_by__isnull=False, automatic=None, day=None),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], condition=models.Q(written_at=None), name="reminder_to_write"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} reminder {self.number}"


class ReminderWait(models.Model):
    """A patient whose appointments could not be read for a reminder, while those of others could."""

    reminder = models.ForeignKey(Reminder, on_delete=models.CASCADE, related_name="waits", db_index=False)
    invitation = models.ForeignKey("Invitation", on_delete=models.CASCADE, related_name="+")
    again_at = models.DateTimeField(null=True, help_text="Empty: not for this reminder.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reminder", "invitation"], name="reminder_wait_once"),
        ]

    def __str__(self) -> str:
        return f"{self.reminder_id} waits for {self.invitation_id}"


class InvitationState(models.TextChoices):
    """What became of an invitation.

    Whose appointment is cancelled while their link still works is open again; CANCELLED is for the others.
    """

    OPEN = "open", "No answer yet"
    BOOKING = "booking", "Booking"
    BOOKED = "booked", "Booked"
    CANCELLED = "cancelled", "Booked, then cancelled"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


_ANSWERABLE_VALUES = sorted(str(state) for state in (InvitationState.OPEN, InvitationState.BOOKING))


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations by what their patient can still do."""

    def answerable(self) -> Self:
        """Those that their patient can still answer, or is answering now."""
        return self.filter(state__in=_ANSWERABLE_VALUES, locked_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """One personal link: single use, for one booking or one decline."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="invitations")
    recipient = models.OneToOneField(Recipient, on_delete=models.PROTECT, related_name="invitation")
    token_digest = models.BinaryField(max_length=32, unique=True, help_text="SHA-256 of the link's token.")
    link_key = models.PositiveSmallIntegerField(default=0, help_text="Which of LINK_KEYS the link is made with.")
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="When staff ended the link; empty where it ran out by itself.")
    state = models.CharField(max_length=10, choices=InvitationState, default=InvitationState.OPEN)
    opened_at = models.DateTimeField(null=True, help_text="First choice pressed: phones fetch links by themselves.")
    date_of_birth_failures = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True)
    elsewhere_at = models.DateTimeField(
        null=True, help_text="When the practice's book had an appointment of this slot type that the practice made."
    )
    record_fault = models.CharField(
        max_length=15, blank=True, default="", db_default="", help_text="A RecordFault value: why nothing was written."
    )
    record_fault_at = models.DateTimeField(null=True, help_text="When that was last found.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["campaign", "state"]),
            models.Index(
                fields=["practice", "expires_at"],
                condition=models.Q(state__in=_ANSWERABLE_VALUES, locked_at=None),
                name="invitation_can_be_answered",
            ),
            models.Index(
                fields=["campaign"], condition=models.Q(record_fault_at__isnull=False), name="invitation_record_fault"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=InvitationState.values), name="invitation_state_known"),
            models.CheckConstraint(
                condition=models.Q(record_fault="", record_fault_at=None)
                | models.Q(record_fault__in=[fault.value for fault in RecordFault], record_fault_at__isnull=False),
                name="invitation_record_fault_known",
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation {self.id}"

    @property
    def is_expired(self) -> bool:
        """Whether its last moment for an answer, `expires_at`, is past."""
        return timezone.now() >= self.expires_at
