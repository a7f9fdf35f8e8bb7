"""What tells whether two accounts are one person: former addresses, browsers, and which account came from which."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from practices.models.same_person import TieKind


class FormerAddress(models.Model):
    """An address that an account once had. The database writes it when the address changes, whoever changes it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="former_addresses")
    email = models.EmailField()
    until = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "former addresses"

    def __str__(self) -> str:
        return f"Former address of {self.user_id}"


class UsedBrowser(models.Model):
    """A browser that somebody logged in with, by the random number in its cookie."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="browsers")
    browser = models.UUIDField()
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "browser"], name="browser_once")]

    def __str__(self) -> str:
        return f"Browser of {self.user_id}"


class AccountTie(models.Model):
    """That one account came from another. Such accounts may count as one person (`practices.models.same_person`).

    An administrator who knows both people can say that they are two; then it counts for nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ties")
    tied_to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(
        max_length=10,
        choices=[
            (TieKind.MADE.value, "Invited or added by"),
            (TieKind.SESSION.value, "Joined in a browser that was logged in as"),
        ],
    )
    created_at = models.DateTimeField(default=timezone.now)
    two_people_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The administrator who says that these are two people.",
    )
    two_people_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "tied_to", "kind"], name="account_tie_once"),
            models.CheckConstraint(condition=~models.Q(account=models.F("tied_to")), name="account_tie_of_two"),
            models.CheckConstraint(
                condition=models.Q(two_people_by=None, two_people_at=None)
                | models.Q(two_people_by__isnull=False, two_people_at__isnull=False)
                & ~models.Q(two_people_by=models.F("account"))
                & ~models.Q(two_people_by=models.F("tied_to")),
                name="account_tie_ended_by_a_third",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.tied_to_id}"
