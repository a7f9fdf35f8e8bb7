"""The admin's pages for connections and the outbox. Secrets go in and never come out; lists show nothing personal."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest

from integrations import certificate_expiry, connection_tests
from integrations.connection_admin import CertificateFilter, TestedConnectionAdmin
from integrations.connection_forms import ClinicalConnectionForm, ConnectionForm, NeverShown, SecretField
from integrations.connections import incoming_url, news_url
from integrations.messaging.nhs_notify.client import can_sign
from integrations.messaging.registry import DEFAULT_TEXT_PROVIDER, TEXT_PROVIDERS, text_provider
from integrations.models import (
    AppUsers,
    ChannelConnection,
    ClinicalConnection,
    CodedEntry,
    GatewayOutage,
    Message,
    NotifyConnection,
    Stoppage,
)
from practices.admin import ReadOnlyAdmin
from practices.models import Practice, User


class ChannelConnectionForm(ConnectionForm):
    """A practice's account with a provider of texts. Its token is written and replaced here, and never shown."""

    secrets = ("auth_token",)
    auth_token = SecretField(label="Auth token")
    signing_keys = forms.CharField(
        label="Signing keys",
        widget=NeverShown(),
        required=False,
        help_text="Only where a Webhook Setting of Twilio's signs with a SharedKey: its secret. Two, one a line, while "
        "you change from one to the other. Never shown. Leave empty to keep those that are stored.",
    )
    forget_signing_keys = forms.BooleanField(label="Forget the signing keys that are stored", required=False)

    class Meta:
        model = ChannelConnection
        fields: ClassVar = [
            "practice",
            "provider",
            "account_sid",
            "auth_token",
            "signing_keys",
            "sender",
            "base_url",
            "fragment_price",
        ]

    def clean(self) -> dict[str, Any]:
        """Keep stored signing keys when none are typed, unless they are to be forgotten."""
        values = super().clean()
        if not (values.get("signing_keys") or values.get("forget_signing_keys") or "signing_keys" in self.errors):
            values["signing_keys"] = self.instance.signing_keys
        return values

    def clean_signing_keys(self) -> str:
        """Secrets, one a line. What no header can be signed with is refused: a key with a gap is two, or half a one."""
        typed = [line.strip() for line in str(self.cleaned_data["signing_keys"]).splitlines() if line.strip()]
        if any(not line.isascii() or len(line.split()) > 1 for line in typed):
            raise forms.ValidationError("Type one secret on each line, as Twilio showed it, and nothing else.")
        return "\n".join(typed)

    def clean_sender(self) -> str:
        """A sender that phones show and patients know: every text of the practice goes out under it."""
        sender = str(self.cleaned_data["sender"])
        provider = self.cleaned_data.get("provider", DEFAULT_TEXT_PROVIDER)
        faults = text_provider(provider).sender_faults(sender)
        if faults:
            raise forms.ValidationError(faults)
        return sender


class NotifyConnectionForm(ConnectionForm):
    """An account with NHS Notify."""

    secrets = ("api_key", "private_key")
    api_key = SecretField(label="API key")
    private_key = SecretField(label="Private key")

    class Meta:
        model = NotifyConnection
        fields: ClassVar = [
            "practice",
            "channel",
            "text_after_hours",
            "api_key",
            "key_id",
            "private_key",
            "application_id",
            "routing_plan",
            "app_plan",
            "names_practice",
            "base_url",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["private_key"].widget = NeverShown()

    def clean_private_key(self) -> str:
        """A key that can sign: found out now, and not when the first message goes."""
        typed = str(self.cleaned_data["private_key"])
        if typed and not can_sign(typed):
            raise forms.ValidationError("This is not an RSA private key in PEM form, without a password.")
        return typed


@admin.register(ClinicalConnection)
class ClinicalConnectionAdmin(TestedConnectionAdmin):
    """Each practice's GP Connect address and record gateway, with a button that tests both."""

    def test(self, practice: Practice, by: User) -> list[connection_tests.Result]:
        """GP Connect and the record gateway."""
        return connection_tests.clinical(practice, by)

    form = ClinicalConnectionForm
    list_display = ("practice", "gp_connect_url", "gateway_url", "certificates_expire")
    list_filter = (CertificateFilter,)
    list_select_related = ("practice",)
    search_fields = ("practice__name", "practice__ods_code")
    readonly_fields = ("certificates_expire",)
    fieldsets = (
        (None, {"fields": ("practice", "gp_connect_url", "ssp_url", "asid_from", "asid_to")}),
        (
            "Certificates for GP Connect",
            {
                "description": "For mutual TLS, by which the provider or the Spine Secure Proxy knows us. "
                "None are needed where a sidecar on this machine has them.",
                "fields": (
                    *("certificates_expire", "client_certificate", "client_certificate_file"),
                    *("client_key", "client_key_file", "forget_certificate"),
                    *("spine_ca", "spine_ca_file", "forget_spine_ca"),
                ),
            },
        ),
        ("Record gateway", {"fields": ("gateway_url", "gateway_token")}),
    )

    @admin.display(description="Certificates", empty_value="None")
    def certificates_expire(self, connection: ClinicalConnection) -> str:
        """Until when each of them holds; nothing where there are none."""
        return "; ".join(f"{expiry.what} {expiry.state}" for expiry in certificate_expiry.of(connection))

    def warnings(self, shown: QuerySet[ClinicalConnection]) -> list[str]:
        """Of each certificate that runs out, or has."""
        several = shown.count() > 1
        return [
            f"{connection.practice}: {expiry.warning}" if several else expiry.warning
            for connection in certificate_expiry.due(shown.select_related("practice"))
            for expiry in certificate_expiry.to_warn_of(connection)
        ]


@admin.register(ChannelConnection)
class ChannelConnectionAdmin(TestedConnectionAdmin):
    """Each practice's Twilio account, with a button that tests it."""

    def test(self, practice: Practice, by: User) -> list[connection_tests.Result]:
        """Ask Twilio whether it takes the account's log-in, without a text to anybody."""
        return connection_tests.texts(practice, by)

    form = ChannelConnectionForm
    list_display = ("practice", "provider", "account_sid", "sender", "fragment_price")
    search_fields = ("practice__name", "practice__ods_code")
    readonly_fields = ("incoming_address",)

    @admin.display(description="Address for incoming texts")
    def incoming_address(self, connection: ChannelConnection) -> str:
        """Where the provider must post what patients text back, so that STOP and START are seen here."""
        if connection._state.adding:
            return "Save first. Then this is the address that the provider needs."
        return f"{incoming_url(connection)} (set it in {TEXT_PROVIDERS[connection.provider].incoming_help})"


@admin.register(NotifyConnection)
class NotifyConnectionAdmin(TestedConnectionAdmin):
    """Accounts with NHS Notify, and how each practice's invitations and reminders go."""

    def test(self, practice: Practice, by: User) -> list[connection_tests.Result]:
        """The account's log-in, and its list of who has the NHS App."""
        return connection_tests.notify(practice, by)

    form = NotifyConnectionForm
    list_display = ("practice", "channel", "key_id", "routing_plan")
    search_fields = ("practice__name", "practice__ods_code")
    readonly_fields = ("news_address",)

    @admin.display(description="Address for news")
    def news_address(self, connection: NotifyConnection) -> str:
        """Where NHS Notify must post what became of messages."""
        if connection._state.adding:
            return "Save first. Then this is the address that NHS Notify needs."
        return news_url(connection)


@admin.register(AppUsers)
class AppUsersAdmin(ReadOnlyAdmin):
    """When each practice's list of NHS App users was read, and how long it is; nobody's number."""

    list_display = fields = ("practice", "read_at", "asked_at", "failed_at", "with_notifications", "without")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AppUsers]:
        """The counts, made by the database: the numbers stay there."""
        lengths = {
            f"{name}_count": Func(F(name), function="cardinality", output_field=IntegerField())
            for name in ("told", "untold")
        }
        users: QuerySet[AppUsers] = super().get_queryset(request)
        return users.defer("told", "untold").annotate(**lengths)

    @admin.display(description="With notifications")
    def with_notifications(self, users: Any) -> int:
        """How many are told of messages by their phone."""
        return int(users.told_count)

    @admin.display(description="Without notifications")
    def without(self, users: Any) -> int:
        """How many have the app, and are not told."""
        return int(users.untold_count)


@admin.register(Stoppage)
class StoppageAdmin(ReadOnlyAdmin):
    """Accounts for messages that do not work now. Saving the account tries it again at once."""

    list_display = ("practice", "service", "reason", "code", "since", "retry_at")
    fields = ("practice", "service", "reason", "code", "since", "retry_at")


@admin.register(GatewayOutage)
class GatewayOutageAdmin(ReadOnlyAdmin):
    """Record gateways that do not answer now, so that codes wait."""

    list_display = ("practice", "since", "retry_at")
    fields = ("practice", "since", "retry_at")


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Texts, without their words or numbers."""

    list_display = ("id", "practice", "purpose", "way", "state", "error_code", "created_at", "settled_at")
    list_filter = ("state", "way", "purpose", "practice")
    fields = (
        *("practice", "campaign_id", "purpose", "state", "attempts", "error_code", "reason"),
        *("way", "provider", "reached_by", "in_app_at", "app_over", "created_at", "sent_at"),
    )
    search_fields = ("=id", "=campaign_id", "=error_code")
    search_help_text = "A text's id, a batch's id, or an error code."
    date_hierarchy = "created_at"
    list_select_related = ("practice",)
    show_full_result_count = False


@admin.register(CodedEntry)
class CodedEntryAdmin(ReadOnlyAdmin):
    """Coded entries, without whose they are."""

    list_display = ("id", "practice", "purpose", "concept_id", "state", "created_at", "settled_at")
    list_filter = ("state", "purpose", "practice")
    fields = ("practice", "campaign_id", "purpose", "concept_id", "term", "state", "attempts", "reason", "created_at")
    search_fields = ("=id", "=campaign_id", "=concept_id")
    search_help_text = "An entry's id, a batch's id, or a SNOMED CT id."
    date_hierarchy = "created_at"
    list_select_related = ("practice",)
    show_full_result_count = False
