"""The models of the room: how a practice is connected (administrators keep that), and the outbox's own."""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from integrations.encryption import EncryptedTextField
from integrations.outbox.models import CodedEntry, DeliveryReceipt, GatewayOutage, Message, Stoppage
from practices.models import Practice

__all__ = [
    "ChannelConnection",
    "ClinicalConnection",
    "CodedEntry",
    "DeliveryReceipt",
    "GatewayOutage",
    "Message",
    "Stoppage",
]


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
    """A practice's Twilio account. `id` is in the address that delivery receipts come to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.OneToOneField(Practice, on_delete=models.CASCADE, related_name="channel_connection")
    account_sid = models.CharField("account SID", max_length=34)
    auth_token = EncryptedTextField("auth token")
    sender = models.CharField(
        max_length=34,
        help_text="A Messaging Service SID, a number such as +447700900000, or a name of up to 11 letters.",
    )
    base_url = models.URLField("API address", blank=True, help_text="Empty: Twilio's own.")
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
