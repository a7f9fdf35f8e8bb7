"""The admin's pages for connections and the outbox. Secrets go in and never come out; lists show nothing personal."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest

from integrations import connection_tests
from integrations.connection_admin import TestedConnectionAdmin
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


class SecretField(forms.CharField):
    """A secret that is typed in and never shown. Left empty, the stored one stays."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
            help_text="Never shown. Leave empty to keep the one that is stored.",
            required=False,
            **kwargs,
        )


class _NeverShown(forms.Textarea):
    """Room for several lines, always empty."""

    def format_value(self, value: Any) -> str:
        """Nothing, whatever is stored or was typed."""
        return ""


class ConnectionForm(forms.ModelForm[Any]):
    """A connection's facts, with its secrets write-only."""

    secrets: ClassVar[tuple[str, ...]]

    def clean(self) -> dict[str, Any]:
        """Keep a stored secret when none is typed; a new connection needs one."""
        values = super().clean() or {}
        for secret in self.secrets:
            if secret in self.errors or values.get(secret):
                continue
            stored = getattr(self.instance, secret)
            if not stored:
                self.add_error(secret, "Type the secret: none is stored yet.")
            values[secret] = stored
        return values


class ClinicalConnectionForm(ConnectionForm):
    """GP Connect and the record gateway."""

    secrets = ("gateway_token",)
    gateway_token = SecretField(label="Record gateway token")

    class Meta:
        model = ClinicalConnection
        fields: ClassVar = [
            "practice",
            "gp_connect_url",
            "ssp_url",
            "asid_from",
            "asid_to",
            "gateway_url",
            "gateway_token",
        ]


class ChannelConnectionForm(ConnectionForm):
    """A practice's account with a provider of texts. Its token is written and replaced here, and never shown."""

    secrets = ("auth_token",)
    auth_token = SecretField(label="Auth token")
    signing_keys = forms.CharField(
        label="Signing keys",
        widget=_NeverShown(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
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
        self.fields["private_key"].widget = _NeverShown(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"})

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
    list_display = ("practice", "gp_connect_url", "gateway_url")
    search_fields = ("practice__name", "practice__ods_code")


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
