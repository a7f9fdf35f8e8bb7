"""How a practice is connected; administrators keep that."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from core.egress import is_loopback
from core.web.inside import leads_inside
from integrations.clinical import certificates
from integrations.clinical.port import CapabilityAnswer, Certificates
from integrations.encryption import EncryptedTextField
from integrations.messaging.nhs_notify.text_hours import LONGEST_UNREAD
from integrations.messaging.registry import DEFAULT_TEXT_PROVIDER, text_provider_names
from practices.models import Practice

_NOT_PLAIN = "Begin the address with https://. What goes there is secret."
_INSIDE = "This address is inside the network of this service. Give one of the internet, or see ALLOWED_INSIDE."
_NOT_PLAIN_OR_HERE = (
    "Begin the address with https://, or give an address of this machine, such as http://127.0.0.1:9000/, where a "
    "sidecar listens. What goes there is secret."
)


def refuse_plain(connection: models.Model, *names: str, sidecars: Sequence[str] = ()) -> None:
    """Refuse addresses inside this network; in production also those where data and secrets could be read by all.

    Those of `sidecars` may be on this very machine: there a program of the operator's encrypts what goes on from it.
    Raises ValidationError.
    """
    inside, plain = {}, {}
    for name in names:
        url = getattr(connection, name)
        by_proxy = settings.EGRESS_PROXY and not is_loopback(url)  # then the proxy decides
        if not by_proxy and leads_inside(url, sidecar=name in sidecars):
            inside[name] = _INSIDE
        if url.lower().startswith("http://") and not (name in sidecars and is_loopback(url)):
            plain[name] = _NOT_PLAIN_OR_HERE if name in sidecars else _NOT_PLAIN
    if wrong := {**inside, **(plain if settings.PRODUCTION else {})}:
        raise ValidationError(wrong)


class ClinicalConnection(models.Model):
    """A practice's clinical system: GP Connect for appointments, the record gateway for coded entries.

    The certificates are for GP Connect alone (gp-connect#mutual-tls). When they run out stands beside them in plain.
    """

    practice = models.OneToOneField(Practice, on_delete=models.CASCADE, related_name="clinical_connection")
    gp_connect_url = models.URLField("GP Connect address", help_text="As the Spine directory gives it.")
    ssp_url = models.URLField("Spine Secure Proxy address", blank=True, help_text="Empty: no proxy in between.")
    asid_from = models.CharField("our ASID", max_length=20)
    asid_to = models.CharField("the practice system's ASID", max_length=20)
    client_certificate = EncryptedTextField("client certificate", blank=True, default="", db_default="")
    client_key = EncryptedTextField("private key of the client certificate", blank=True, default="", db_default="")
    spine_ca = EncryptedTextField("certificates of the Spine's authorities", blank=True, default="", db_default="")
    certificate_ends_at = models.DateTimeField("client certificate expires", null=True, editable=False)
    spine_ca_ends_at = models.DateTimeField("first of the Spine's authorities expires", null=True, editable=False)
    gateway_url = models.URLField(
        "record gateway address", blank=True, default="", help_text="Empty: staff file all codes by hand."
    )
    gateway_token = EncryptedTextField("record gateway token", blank=True, default="")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(client_certificate="", client_key="")
                | ~models.Q(client_certificate="") & ~models.Q(client_key=""),
                name="certificate_with_key",
                violation_error_message="Certificate and private key work only together: enter both.",
            ),
            models.CheckConstraint(
                condition=models.Q(gateway_url="", gateway_token="")
                | ~models.Q(gateway_url="") & ~models.Q(gateway_token=""),
                name="clinical_gateway_whole",
                violation_error_message="Give the record gateway's address and its token, or neither.",
            ),
        )

    def __str__(self) -> str:
        return f"Clinical system of {self.practice}"

    def save(self, **options: Any) -> None:
        """Store it, with the dates on which its certificates run out."""
        self.certificate_ends_at = certificates.ends_at(self.client_certificate)
        self.spine_ca_ends_at = certificates.ends_at(self.spine_ca)
        if (named := options.get("update_fields")) is not None:
            options["update_fields"] = {*named, "certificate_ends_at", "spine_ca_ends_at"}
        super().save(**options)

    def clean(self) -> None:
        """Encrypted addresses only, and certificates that can be used. Raises ValidationError.

        Certificates that an earlier save has taken are not looked at again: an address may be changed after they have
        run out.
        """
        super().clean()
        gp_connect = ("gp_connect_url", "ssp_url")
        refuse_plain(self, *gp_connect, "gateway_url", sidecars=gp_connect if settings.GP_CONNECT_SIDECAR else ())
        given = certificates.in_order(self.certificates)
        stored = type(self).objects.filter(pk=self.pk).first()
        if stored is not None and certificates.in_order(stored.certificates) == given:
            return
        self.client_certificate, self.client_key, self.spine_ca = given.certificate, given.key, given.authority
        if wrong := certificates.faults(given, timezone.now()):
            raise ValidationError({str(part): message for part, message in wrong.items()})

    @property
    def certificates(self) -> Certificates:
        """What GP Connect is called with, as it is stored."""
        return Certificates(self.client_certificate, self.client_key, self.spine_ca)


class GatewayCapabilities(models.Model):
    """What a practice's record gateway last said that it can do (record-gateway#capabilities).

    `connection` is a digest of the address and token that were asked: with others it says nothing. A row whose flags
    are all off stands for an answer too: of a gateway that says nothing, or nothing that can be read (`answer`).
    """

    practice = models.OneToOneField(Practice, on_delete=models.CASCADE, primary_key=True, related_name="+")
    connection = models.CharField(max_length=64)
    answer = models.CharField(max_length=8, choices=[(answer.value, answer.value) for answer in CapabilityAnswer])
    contract = models.CharField(max_length=10, blank=True, help_text="The contract's version, such as 1.1.")
    maps_local_codes = models.BooleanField(default=False)
    takes_description_ids = models.BooleanField(default=False)
    read_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "gateway capabilities"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(answer="given")
                | models.Q(
                    answer__in=["none", "unusable"], contract="", maps_local_codes=False, takes_description_ids=False
                ),
                name="capabilities_only_as_given",
            ),
        )

    def __str__(self) -> str:
        return f"{self.practice_id} at {self.read_at}"


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


LONGEST_HOURS = int(LONGEST_UNREAD.total_seconds() // 3600)
"""NHS Notify gives a message in the app up after so long: longer waits of ours would do nothing."""

_STORED_HOURS = 72
"""What the version before 0.3.0 may store while it runs beside this one. Longer waits are read as LONGEST_HOURS; the
version after can narrow the constraint to that."""

APP_ONLY_PLAN = uuid.UUID("00000000-0000-0000-0000-000000000001")
APP_THEN_TEXT_PLAN = uuid.UUID("00000000-0000-0000-0000-000000000007")
APP_THEN_TEXT_PLAN_IN_A_DAY = uuid.UUID("00000000-0000-0000-0000-000000000006")
"""NHS Notify's own plans for its texts: after 4 hours, and after 24."""

_PLANS_WITHOUT_TEXT = [uuid.UUID(f"00000000-0000-0000-0000-0000000000{number:02}") for number in (1, 2, 4, 5)]
_PLANS_WITH_MORE = [uuid.UUID(f"00000000-0000-0000-0000-0000000000{number:02}") for number in range(2, 8)]
"""NHS Notify's own plans that bring messages to other places than the app alone (nhs-notify#routing-plans)."""


class NotifyConnection(models.Model):
    """A practice's account with NHS Notify. `id` is in the address that its news comes to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice = models.OneToOneField(Practice, on_delete=models.CASCADE, related_name="notify_connection")
    channel = models.CharField(
        max_length=6,
        choices=Routing,
        default=Routing.TEXTS,
        help_text=(
            "How invitations and reminders go. NHS Notify's own texts leave on weekdays from 8am to 6pm only, not on "
            "bank holidays. They go to the mobile number that the NHS holds. Who pays is agreed with NHS Notify."
        ),
    )
    text_after_hours = models.PositiveSmallIntegerField(
        "hours until our own text",
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_HOURS)],
        help_text=(
            "1 to 24. A patient who has not read the message in the app by then gets it as our text; one whose phone "
            "does not tell of messages there, or who has no app, gets it at once. NHS Notify gives up after 24 hours."
        ),
    )
    api_key = EncryptedTextField("API key")
    key_id = models.CharField("key ID", max_length=100, help_text="As NHS Notify knows the public key.")
    private_key = EncryptedTextField("private key")
    application_id = models.CharField("application ID", max_length=100, help_text="Signs the news, with the API key.")
    routing_plan = models.UUIDField(
        "routing plan",
        default=APP_THEN_TEXT_PLAN,
        help_text="NHS App, then a text by NHS Notify. Plan …07 texts after 4 hours, …06 after 24.",
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
                condition=models.Q(text_after_hours__gte=1, text_after_hours__lte=_STORED_HOURS),
                name="notify_text_after",
            ),
        )

    def __str__(self) -> str:
        return f"NHS Notify of {self.practice}"

    @property
    def hours_in_app(self) -> int:
        """Hours that a message may lie unread in the NHS App before our text follows."""
        return min(self.text_after_hours, LONGEST_HOURS)

    def clean(self) -> None:
        """Encrypted addresses only, and plans that do what they are for. Raises ValidationError.

        That of the app alone must not text as well, and the other one must text.
        """
        super().clean()
        refuse_plain(self, "base_url")
        if self.routing_plan in _PLANS_WITHOUT_TEXT:
            message = "No text of NHS Notify's follows with this plan. Give one of the app and a text, such as …07."
            raise ValidationError({"routing_plan": message})
        if self.app_plan in _PLANS_WITH_MORE:
            message = (
                "This plan brings messages to other places too: patients would be told twice. Give one of the app."
            )
            raise ValidationError({"app_plan": message})


class AppUsers(models.Model):
    """Which patients of a practice have the NHS App, by NHS Notify's list: kept for days only (`app_users.forget`).

    `told` are those whose phone says that there is a message. `untold` are not told, and count as not reached.
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
