"""How a practice is connected; administrators keep that."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from integrations.encryption import EncryptedTextField
from integrations.messaging.registry import DEFAULT_TEXT_PROVIDER, text_provider_names
from practices.models import Practice


def refuse_plain(connection: models.Model, *names: str) -> None:
    """In production, refuse addresses where patients' data and our secrets would travel for all to read.

    Raises ValidationError.
    """
    plain = [name for name in names if getattr(connection, name).lower().startswith("http://")]
    if plain and settings.PRODUCTION:
        raise ValidationError(dict.fromkeys(plain, "Begin the address with https://. What goes there is secret."))


class ClinicalConnection(models.Model):
    """A practice's clinical system: GP Connect for appointments, the record gateway for coded entries."""

    practice = models.OneToOneField(Practice, on_delete=models.CASCADE, related_name="clinical_connection")
    gp_connect_url = models.URLField("GP Connect address", help_text="As the Spine directory gives it.")
    ssp_url = models.URLField("Spine Secure Proxy address", blank=True, help_text="Empty: no proxy in between.")
    asid_from = models.CharField("our ASID", max_length=20)
    asid_to = models.CharField("the practice system's ASID", max_length=20)
    gateway_url = models.URLField("record gateway address")
    gateway_token = EncryptedTextField("record gateway token")

    def __str__(self) -> str:
        return f"Clinical system of {self.practice}"

    def clean(self) -> None:
        """Encrypted addresses only. Raises ValidationError."""
        super().clean()
        refuse_plain(self, "gp_connect_url", "ssp_url", "gateway_url")


class ChannelConnection(models.Model):
    """A practice's account with a provider of texts. `id` is in the address that delivery receipts come to.

    `account_sid` and `auth_token` are Twilio's words: with another provider they are its account's id and its secret.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.OneToOneField(Practice, on_delete=models.CASCADE, related_name="channel_connection")
    provider = models.CharField(
        max_length=20, choices=text_provider_names, default=DEFAULT_TEXT_PROVIDER, db_default=DEFAULT_TEXT_PROVIDER
    )
    account_sid = models.CharField(
        "account SID", max_length=34, help_text="The account's id, as the provider gives it."
    )
    auth_token = EncryptedTextField("auth token")
    signing_keys = EncryptedTextField(
        "signing keys",
        blank=True,
        default="",
        db_default="",
        help_text="Secrets by which the provider signs what it posts to us, one a line, where that is not the token.",
    )
    sender = models.CharField(
        max_length=34,
        help_text="A number such as +447700900000, a name of up to 11 letters, or a Messaging Service SID of Twilio's.",
    )
    base_url = models.URLField("API address", blank=True, help_text="Empty: the provider's own.")
    fragment_price = models.DecimalField(
        "price of one fragment, in pence",
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="What the practice pays. Empty: staff are not told what a batch costs.",
    )

    def __str__(self) -> str:
        return f"Text messages of {self.practice}"

    def clean(self) -> None:
        """Encrypted addresses only. Raises ValidationError."""
        super().clean()
        refuse_plain(self, "base_url")


class Routing(models.TextChoices):
    """How a practice's invitations and reminders go. What answers a patient is a text of ours at once, as ever."""

    TEXTS = "texts", "Texts"
    APP_THEN_THEIRS = "notify", "NHS App, then a text by NHS Notify"
    APP_THEN_OURS = "app", "NHS App, then our own text if it is not read"


APP_ONLY_PLAN = uuid.UUID("00000000-0000-0000-0000-000000000001")
APP_THEN_TEXT_PLAN = uuid.UUID("00000000-0000-0000-0000-000000000007")
_PLANS_WITH_MORE = [uuid.UUID(f"00000000-0000-0000-0000-0000000000{number:02}") for number in range(2, 8)]
"""NHS Notify's own plans that bring messages to other places than the app alone (nhs-notify#routing-plans)."""


class NotifyConnection(models.Model):
    """A practice's account with NHS Notify. `id` is in the address that its news comes to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.OneToOneField(Practice, on_delete=models.CASCADE, related_name="notify_connection")
    channel = models.CharField(
        max_length=6, choices=Routing, default=Routing.TEXTS, help_text="How invitations and reminders go."
    )
    text_after_hours = models.PositiveSmallIntegerField(
        "hours until our own text",
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(72)],
        help_text="1 to 72. A patient who has not read the message in the app by then gets it as our text.",
    )
    api_key = EncryptedTextField("API key")
    key_id = models.CharField("key ID", max_length=100, help_text="As NHS Notify knows the public key.")
    private_key = EncryptedTextField("private key")
    application_id = models.CharField("application ID", max_length=100, help_text="Signs the news, with the API key.")
    routing_plan = models.UUIDField(
        "routing plan", default=APP_THEN_TEXT_PLAN, help_text="NHS App, then a text by NHS Notify."
    )
    app_plan = models.UUIDField(
        "routing plan of the app alone", default=APP_ONLY_PLAN, help_text="NHS App and nothing else: the text is ours."
    )
    names_practice = models.BooleanField(
        "name the practice", default=True, help_text="Off where the account may not say which practice sends."
    )
    base_url = models.URLField("API address", blank=True, help_text="Empty: the live service.")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(channel__in=Routing.values), name="notify_channel_known"),
            models.CheckConstraint(
                condition=models.Q(text_after_hours__gte=1, text_after_hours__lte=72), name="notify_text_after"
            ),
        )

    def __str__(self) -> str:
        return f"NHS Notify of {self.practice}"

    def clean(self) -> None:
        """Encrypted addresses only, and no plan for the app alone by which NHS Notify texts. Raises ValidationError."""
        super().clean()
        refuse_plain(self, "base_url")
        if self.app_plan in _PLANS_WITH_MORE:
            message = (
                "This plan brings messages to other places too: patients would be told twice. Give one of the app."
            )
            raise ValidationError({"app_plan": message})


class AppUsers(models.Model):
    """Which patients of a practice have the NHS App, by NHS Notify's list: kept for days only (`app_users.forget`).

    `told` are those whose phone says that there is a message; `untold` see it when they next open the app.
    """

    practice = models.OneToOneField(Practice, on_delete=models.CASCADE, primary_key=True, related_name="+")
    asked_at = models.DateTimeField(help_text="When a worker was last asked to read the list.")
    read_at = models.DateTimeField(null=True, help_text="When the list was last read whole.")
    failed_at = models.DateTimeField(null=True, help_text="When it could not be read; empty once it could again.")
    told = ArrayField(models.CharField(max_length=10), default=list, help_text="NHS numbers: with notifications.")
    untold = ArrayField(models.CharField(max_length=10), default=list, help_text="NHS numbers: without notifications.")

    class Meta:
        verbose_name = verbose_name_plural = "NHS App users"

    def __str__(self) -> str:
        return f"NHS App users of {self.practice_id}"
