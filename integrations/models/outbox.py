"""The outbox: messages and coded entries as durable rows. PostgreSQL is the record; Redis only carries hints.

`due_at` is when the row next needs somebody's attention, whatever its state; the sweepers find rows by it.
`subject_id` is the id of what the row is about (an invitation): the outbox does not know that model.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone

from core.database import forward_only
from integrations.messaging.channels import AS_THEIR_TEXT, IN_THE_APP, Channel
from integrations.messaging.port import NumberFault
from integrations.messaging.registry import DEFAULT_TEXT_PROVIDER, provider_names
from integrations.models.states import CODE_MOVES, MESSAGE_MOVES, CodeState, MessageState
from practices.models import Practice, User


class Purpose(models.TextChoices):
    """Why a message is sent or a code filed. Together with the subject (and step) it names the row."""

    INVITATION = "invitation", "Invitation"
    NEXT_INVITATION = "next_invitation", "Further invitation"
    CONFIRMATION = "confirmation", "Booking confirmation"
    NOT_BOOKED = "not_booked", "Booking did not go through"
    CANCELLATION = "cancellation", "Booking cancelled"
    NOT_CANCELLED = "not_cancelled", "Booking could not be cancelled"
    MORE_TIMES = "more_times", "There are more times"
    RESENT = "resent", "Invitation sent again"
    NEW_LINK = "new_link", "New link, as the patient asked"
    REBOOK = "rebook", "Link to choose another time"
    CLINIC = "clinic", "Clinic cancelled"
    REMINDER = "reminder", "Reminder"
    APPOINTMENT = "appointment", "Reminder of an appointment"
    DECLINE = "decline", "Decline"


FIRST_INVITATIONS = frozenset({Purpose.INVITATION, Purpose.RESENT})
"""A batch's first message, or one of its messages again."""

INVITATIONS = FIRST_INVITATIONS | {Purpose.NEXT_INVITATION}
"""A batch's own messages: the first, those of its plan that follow it, or one of them again."""

SENT_AGAIN = frozenset({Purpose.RESENT, Purpose.NEW_LINK, Purpose.REBOOK})
"""Texts that somebody asked for because the first did not serve."""

INVITING = INVITATIONS | SENT_AGAIN
"""Texts whose link works for its whole lifetime from when they leave."""

WITH_LINK = INVITING | {Purpose.REMINDER}
"""Texts that bring the link by which a patient answers."""

AFTER_INVITATION = WITH_LINK - INVITATIONS
"""Texts that bring the link once more, in other words than the invitation's."""

TO_WHOLE_BATCHES = frozenset({Purpose.INVITATION, Purpose.NEXT_INVITATION, Purpose.REMINDER})
"""Texts that a batch sends of itself to all whom it may."""

ABOUT_APPOINTMENTS = frozenset(
    {
        Purpose.CONFIRMATION,
        Purpose.NOT_BOOKED,
        Purpose.CANCELLATION,
        Purpose.NOT_CANCELLED,
        Purpose.APPOINTMENT,
        Purpose.CLINIC,
    }
)
"""Texts that say how it stands with an appointment: a later one may make an earlier one untrue."""

ANSWERS = (ABOUT_APPOINTMENTS - {Purpose.APPOINTMENT, Purpose.CLINIC}) | {
    Purpose.MORE_TIMES,
    Purpose.NEW_LINK,
    Purpose.REBOOK,
}
"""Texts that answer what a patient did."""


_REACHED = {IN_THE_APP: " in the NHS App", AS_THEIR_TEXT: " as a text from NHS Notify"}


class OutboxQuerySet(models.QuerySet["Message"]):
    """Messages by batch, by when they are due and by what became of them."""

    def due(self) -> Self:
        """Rows whose time has come, oldest first."""
        return self.filter(due_at__lte=timezone.now()).order_by("due_at")

    def to_bad_numbers(self, practice: Practice, since: datetime) -> Self:
        """A practice's texts that failed since then because of their number, unless a later one to it arrived."""
        arrived = Message.objects.filter(
            practice=practice, state=MessageState.DELIVERED, to=OuterRef("to"), settled_at__gt=OuterRef("settled_at")
        )
        return self.filter(
            ~Exists(arrived),
            practice=practice,
            state=MessageState.FAILED,
            number_fault=NumberFault.BAD,
            settled_at__gte=since,
        )

    def of_batch(self, campaign_id: uuid.UUID) -> Self:
        """The rows of one batch."""
        return self.filter(campaign_id=campaign_id)


class Message(models.Model):
    """One text to one patient."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    campaign_id = models.UUIDField(db_column="batch_id", help_text="The campaign.")
    subject_id = models.UUIDField(help_text="The invitation.")
    purpose = models.CharField(max_length=20, choices=Purpose)
    step = models.PositiveSmallIntegerField(
        default=0, help_text="Tells further invitations, reminders, or bookings, of one subject apart."
    )
    text_only = models.BooleanField(
        default=False, db_default=False, help_text="By text, though the practice's route has another channel first."
    )
    to = models.CharField(max_length=16, help_text="E.164.")
    body = models.TextField(help_text="With the link's placeholder: the link itself is never stored.")
    link_key = models.PositiveSmallIntegerField(default=0, help_text="Which of LINK_KEYS the link is made with.")
    fragments = models.PositiveSmallIntegerField(default=0)

    way = models.CharField(
        "channel", max_length=6, choices=Channel, default=Channel.TEXT, help_text="Set anew by each claim."
    )
    provider = models.CharField(
        max_length=20, blank=True, default="", db_default="", help_text="Who carries it: set anew by each claim."
    )
    together = models.UUIDField(null=True, help_text="The call in which it was posted with others, and its reference.")
    reached_by = models.CharField(max_length=20, blank=True, help_text="Where Notify brought it: nhsapp or sms.")
    in_app_at = models.DateTimeField(null=True, help_text="When it was put into the NHS App, a text of ours behind it.")
    app_over = models.DateTimeField(null=True, help_text="Since when the app is done with: only a text may follow.")

    state = models.CharField(max_length=12, choices=MessageState, default=MessageState.DUE)
    due_at = models.DateTimeField(default=timezone.now, null=True)
    useless_after = models.DateTimeField(
        null=True, help_text="It does not go later than this: its patient may have had it, or has no use for it."
    )
    any_hour = models.BooleanField(default=True, help_text="May go at night: it answers what its patient just did.")
    held = models.BooleanField(default=False, help_text="Its batch is paused or cancelled: it must not leave.")
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=40, null=True, unique=True)  # noqa: DJ001 - unique wants NULL
    error_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="For staff.")
    number_fault = models.CharField(max_length=10, blank=True, help_text="A NumberFault value.")
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject_id", "purpose", "step"], name="message_once"),
            models.CheckConstraint(condition=models.Q(state__in=MessageState.values), name="message_state_known"),
            models.CheckConstraint(
                condition=~models.Q(state="in_app") | models.Q(app_over=None, in_app_at__isnull=False),
                name="message_in_app_once",
            ),
        ]
        triggers: ClassVar = [forward_only(MESSAGE_MOVES)]
        indexes: ClassVar = [
            models.Index(
                fields=["practice", "due_at"], condition=models.Q(state="due", held=False), name="message_may_go"
            ),
            models.Index(fields=["campaign_id"], condition=models.Q(state="due", held=True), name="message_held"),
            models.Index(fields=["useless_after"], condition=models.Q(state="due"), name="message_last_time"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="message_needs_care"),
            models.Index(fields=["campaign_id", "state"], name="message_of_batch"),
            models.Index(fields=["due_at"], condition=models.Q(state="in_app"), name="message_in_app"),
            models.Index(fields=["together"], condition=models.Q(state="unknown"), name="message_in_doubt"),
            models.Index(
                fields=["practice", "to", "settled_at"],
                condition=models.Q(state="failed", number_fault="bad"),
                name="message_to_bad_number",
            ),
            models.Index(
                fields=["practice", "subject_id"],
                condition=models.Q(state__in=["failed", "withdrawn"]),
                name="message_never_went",
            ),
            models.Index(
                fields=["practice", "to", "settled_at"],
                condition=models.Q(state="delivered"),
                name="message_delivered_to",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"

    @property
    def is_settled_in_app(self) -> bool:
        """Whether the NHS App is all that it took, or will take: it was read there, or no text is to follow."""
        return self.in_app_at is not None and self.sent_at == self.in_app_at

    @property
    def label(self) -> str:
        """What has become of it, in words that begin a sentence."""
        in_app = self.is_settled_in_app or self.reached_by == IN_THE_APP
        read = self.state == MessageState.DELIVERED and in_app
        return "Read" if read else MessageState(self.state).label

    @property
    def where(self) -> str:
        """Where NHS Notify brought it, in words to follow "delivered"; empty for a text of our own."""
        return _REACHED.get(self.reached_by, "") if self.state == MessageState.DELIVERED else ""


class Stoppage(models.Model):
    """A practice's account with a provider does not work: what goes by it waits, and none of it fails for that."""

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+", db_index=False)
    service = models.CharField("provider", max_length=20, choices=provider_names, default=DEFAULT_TEXT_PROVIDER)
    code = models.CharField(max_length=40, blank=True, help_text="The provider's, for support.")
    reason = models.CharField(max_length=200, help_text="For staff.")
    since = models.DateTimeField(default=timezone.now)
    retry_at = models.DateTimeField(help_text="When a few texts are tried again.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "service"], name="stoppage_once"),
        ]

    def __str__(self) -> str:
        return f"{self.service} of {self.practice_id} since {self.since}"


class GatewayOutage(models.Model):
    """A practice's record gateway does not answer: its codes wait, and no worker waits for them in vain."""

    practice = models.OneToOneField(Practice, on_delete=models.CASCADE, primary_key=True, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    retry_at = models.DateTimeField(help_text="When it is tried again.")

    def __str__(self) -> str:
        return f"{self.practice_id} since {self.since}"


class DeliveryReceipt(models.Model):
    """One piece of delivery news, as it came. Kept even when it is about a message that is not yet known by that id."""

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+")
    provider_id = models.CharField(max_length=40)
    raw_status = models.CharField(max_length=40)
    status = models.CharField(max_length=12, blank=True, help_text="Empty: a status that we do not know.")
    error_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    number_fault = models.CharField(max_length=10, blank=True, help_text="A NumberFault value.")
    received_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["practice", "provider_id", "raw_status"], name="receipt_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["received_at"], condition=models.Q(applied_at=None), name="receipt_to_apply"),
        ]

    def __str__(self) -> str:
        return f"{self.raw_status} {self.provider_id}"


class CodedEntry(models.Model):
    """One SNOMED CT concept for one patient's record, with the event that it says happened."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", help_text="Who started the batch.")
    campaign_id = models.UUIDField(db_column="batch_id", help_text="The campaign.")
    subject_id = models.UUIDField(help_text="The invitation.")
    purpose = models.CharField(max_length=20, choices=Purpose)
    step = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Tells codes of one subject and purpose apart."
    )
    nhs_number = models.CharField(max_length=10)
    concept_id = models.CharField(max_length=18)
    term = models.CharField(max_length=255)
    local_scheme = models.CharField(max_length=20, blank=True)
    local_code = models.CharField(max_length=20, blank=True)
    description_id = models.CharField(
        max_length=18, blank=True, default="", db_default="", help_text="Of the term in a SNOMED CT release, if known."
    )
    after_message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="codes")
    happened_at = models.DateTimeField(null=True, help_text="Dates the entry; empty until it has happened.")

    state = models.CharField(max_length=12, choices=CodeState, default=CodeState.DUE)
    due_at = models.DateTimeField(default=timezone.now, null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    entry_id = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="For staff.")
    look_first = models.BooleanField(
        default=False,
        db_default=False,
        help_text="For staff, and not to be filed with others: the record may be another's, or have the code.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    by_hand_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="Who said that they have filed it."
    )

    class Meta:
        verbose_name_plural = "coded entries"
        triggers: ClassVar = [forward_only(CODE_MOVES)]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject_id", "purpose", "step"], name="code_once_each"),
            models.CheckConstraint(condition=models.Q(state__in=CodeState.values), name="code_state_known"),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "withdrawn"]) | models.Q(happened_at__isnull=False),
                name="code_filed_only_when_it_happened",
            ),
            models.CheckConstraint(
                condition=models.Q(state="by_hand", by_hand_by__isnull=False, settled_at__isnull=False)
                | models.Q(by_hand_by=None) & ~models.Q(state="by_hand"),
                name="code_by_hand_is_somebodys",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["practice", "due_at"],
                condition=models.Q(state__in=["due", "started", "unconfirmed"]),
                name="code_under_way",
            ),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="code_needs_care"),
            models.Index(fields=["campaign_id", "state"], name="code_of_batch"),
            models.Index(fields=["after_message"], condition=models.Q(state="waiting"), name="code_waiting"),
            models.Index(
                fields=["practice", "concept_id", "happened_at"],
                condition=models.Q(state__in=["not_filed", "check"]),
                name="code_for_staff",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"
