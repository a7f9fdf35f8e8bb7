"""Practices, the people who work in them, and what they did."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from practices import account_models  # noqa: F401 - its models are of this app too


class ClinicalSystemName(models.TextChoices):
    """The record system a practice keeps its appointment book in."""

    EMIS = "emis", "EMIS"
    SYSTMONE = "systmone", "SystmOne"


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
    clinical_system = models.CharField(max_length=10, choices=ClinicalSystemName)
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
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes users by email address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user who signs in with an email address and a password."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An administrator, who may use the admin pages for every practice."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: a staff member of practices, or an administrator of the service."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    given_name = models.CharField(max_length=60)
    family_name = models.CharField(max_length=60)
    is_staff = models.BooleanField("administrator", default=False, help_text="May use the admin.")
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    session_round = models.PositiveIntegerField(
        default=0, editable=False, help_text="One more ends every session that there is."
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["given_name", "family_name"]

    class Meta:
        ordering: ClassVar = ["family_name", "given_name"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="user_email_once")]
        triggers: ClassVar = [
            # Two accounts that had one address at different times are one person's.
            pgtrigger.Trigger(
                name="address_remembered",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("email"),  # type: ignore[no-untyped-call] # has no types
                condition=pgtrigger.AnyChange("email"),
                func="""
                    INSERT INTO practices_formeraddress (user_id, email, until) VALUES (OLD.id, OLD.email, now());
                    RETURN NULL;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def clean(self) -> None:
        """One way to write an email address, as people are found by it when they sign in."""
        super().clean()
        self.email = self.email.lower()

    def get_session_auth_hash(self) -> str:
        """What a session must hold to be this person's: their password as it is, and the round of sessions."""
        return f"{super().get_session_auth_hash()}.{self.session_round}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same by former secret keys."""
        for hashed in super().get_session_auth_fallback_hash():
            yield f"{hashed}.{self.session_round}"

    def get_full_name(self) -> str:
        """Given name, a space and family name, as colleagues are shown."""
        return f"{self.given_name} {self.family_name}"

    def get_short_name(self) -> str:
        """The given name alone, with which the admin pages greet."""
        return self.given_name


class Role(models.TextChoices):
    """What a staff member may do in a practice."""

    VIEWER = "viewer", "Viewer"
    SENDER = "sender", "Sender"
    MANAGER = "manager", "Manager"


class Membership(models.Model):
    """A staff member's place in a practice."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.SENDER)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "practice"], name="membership_once_per_practice"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} at {self.practice_id}"


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


class StaffInvitation(models.Model):
    """An email that lets somebody join a practice, once. Only a digest of its link's token is kept (ASVS 6.5.2)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="staff_invitations")
    email = models.EmailField(help_text="In small letters.")
    role = models.CharField(max_length=10, choices=Role, default=Role.SENDER)
    token_digest = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="When it was used, or withdrawn.")

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["practice", "email"], condition=models.Q(ended_at=None), name="staff_invited_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} invited to {self.practice_id}"


class AuditSeal(models.Model):
    """A link of the chain over the audit trail: what one event said when it was sealed, and all before it.

    `event_id` is no foreign key, so that a seal outlives an event that somebody removes, and tells.
    """

    number = models.BigIntegerField(primary_key=True, help_text="From 1, without gaps.")
    event_id = models.BigIntegerField(unique=True)
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the former digest and the event's bytes.")
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        triggers: ClassVar = append_only()
        ordering: ClassVar = ["number"]
        indexes: ClassVar = [models.Index(fields=["sealed_at"], name="audit_sealed_at")]

    def __str__(self) -> str:
        return f"Seal {self.number} of event {self.event_id}"
