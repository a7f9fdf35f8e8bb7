"""The people who work in practices: accounts, roles, and invitations to join."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from practices.models.practices import Practice


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
