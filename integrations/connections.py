"""From a practice's stored connections to adapters that are ready to call."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from integrations import gateways
from integrations.clinical.port import Actor, ClinicalSystem, Connection
from integrations.clinical.registry import clinical_system
from integrations.messaging.channels import Channel
from integrations.messaging.nhs_notify.text_hours import unread_for
from integrations.messaging.port import MessageChannel, NotifyAccount, TextAccount
from integrations.messaging.registry import DEFAULT_TEXT_PROVIDER, NHS_NOTIFY, channel
from integrations.models import ChannelConnection, ClinicalConnection, NotifyConnection, Routing
from practices.models import Practice, User


class NotConnected(Exception):
    """The practice has no such connection yet: an administrator must add it."""


class OtherProvider(NotConnected):
    """The practice has had another provider since: that one knows nothing of what the first may have."""


def receipts_url(connection: ChannelConnection) -> str:
    """The public address that the provider of texts sends this practice's delivery receipts to."""
    return settings.PUBLIC_BASE_URL + reverse("webhooks:receipts", args=[connection.provider, connection.id])


def incoming_url(connection: ChannelConnection) -> str:
    """The public address for what patients text to this practice: an administrator gives it to its provider."""
    return settings.PUBLIC_BASE_URL + reverse("webhooks:incoming", args=[connection.provider, connection.id])


def clinical_for(practice: Practice, actor: User) -> ClinicalSystem:
    """The practice's clinical system, called in a staff member's name. Raises NotConnected."""
    return clinical_system(clinical_connection(practice), actor_of(actor))


def actor_of(user: User) -> Actor:
    """A staff member as clinical systems are told of them."""
    return Actor(id=user.id, given=user.given_name, family=user.family_name)


def clinical_connection(practice: Practice) -> Connection:
    """Where the practice's clinical system answers. Raises NotConnected."""
    stored = ClinicalConnection.objects.filter(practice=practice).first()
    if stored is None:
        raise NotConnected("No clinical system is connected.")
    return Connection(
        system=practice.clinical_system,
        ods_code=practice.ods_code,
        practice_name=practice.name,
        practice_phone=practice.phone,
        gp_connect_url=stored.gp_connect_url,
        ssp_url=stored.ssp_url,
        asid_from=stored.asid_from,
        asid_to=stored.asid_to,
        gateway_url=stored.gateway_url,
        gateway_token=stored.gateway_token,
        capabilities=gateways.fresh(stored),
        issuer_url=settings.PUBLIC_BASE_URL + "/",
        certificates=stored.certificates,
        egress_proxy=settings.EGRESS_PROXY,
        offers_unmarked=practice.offers_unmarked_slots,
    )


def news_url(connection: NotifyConnection) -> str:
    """The public address for NHS Notify's news of this practice's messages: an administrator gives it to them."""
    return settings.PUBLIC_BASE_URL + reverse("webhooks:notify", args=[connection.id])


def routing_of(practice_id: UUID) -> Routing:
    """How the practice's invitations and reminders go."""
    chosen = NotifyConnection.objects.filter(practice_id=practice_id).values_list("channel", flat=True).first()
    return Routing(chosen or Routing.TEXTS)


def text_after(practice_id: UUID) -> timedelta:
    """How long a message may lie unread in the NHS App before our text follows."""
    connection = NotifyConnection.objects.filter(practice_id=practice_id).only("text_after_hours").first()
    return timedelta(hours=connection.hours_in_app if connection else 0)


def notify_unread_for(practice_id: UUID) -> timedelta:
    """How long NHS Notify lets a message lie unread in the NHS App before its own text follows."""
    plans = NotifyConnection.objects.filter(practice_id=practice_id).values_list("routing_plan", flat=True)
    return unread_for(plans.first() or "")


def provider_of(practice_id: UUID, kind: Channel = Channel.TEXT) -> str:
    """The key of who carries the practice's messages of a kind, connected or not."""
    if kind.by_nhs_number:
        return NHS_NOTIFY
    chosen = ChannelConnection.objects.filter(practice_id=practice_id).values_list("provider", flat=True).first()
    return chosen or DEFAULT_TEXT_PROVIDER


def channel_for(practice: Practice, kind: str = Channel.TEXT, provider: str = "") -> MessageChannel:
    """The practice's way to send messages of a kind, by a provider where one is named.

    Raises NotConnected; OtherProvider where the practice does not have that one any more.
    """
    account = account_of(practice) if kind == Channel.TEXT else notify_account_of(practice, kind)
    if isinstance(account, TextAccount) and provider not in ("", account.provider):
        raise OtherProvider("Another provider carries the texts now.")
    return channel(account)


def notify_account_of(practice: Practice, kind: str = Channel.NOTIFY) -> NotifyAccount:
    """The practice's account with NHS Notify, with the routing plan of a kind of message. Raises NotConnected."""
    stored = NotifyConnection.objects.filter(practice=practice).first()
    if stored is None:
        raise NotConnected("NHS Notify is not connected.")
    return NotifyAccount(
        api_key=stored.api_key,
        key_id=stored.key_id,
        private_key=stored.private_key,
        routing_plan=str(stored.app_plan if kind == Channel.APP else stored.routing_plan),
        app_only=kind == Channel.APP,
        ods_code=practice.ods_code,
        names_practice=stored.names_practice,
        base_url=stored.base_url,
        egress_proxy=settings.EGRESS_PROXY,
    )


def account_of(practice: Practice) -> TextAccount:
    """The practice's account for texts. Raises NotConnected."""
    stored = ChannelConnection.objects.filter(practice=practice).first()
    if stored is None:
        raise NotConnected("No text message account is connected.")
    return text_account(stored)


def text_account(stored: ChannelConnection) -> TextAccount:
    """A stored account for texts, as its provider's adapter wants it."""
    return TextAccount(
        provider=stored.provider,
        account_id=stored.account_sid,
        secret=stored.auth_token,
        sender=stored.sender,
        callback_url=receipts_url(stored),
        base_url=stored.base_url,
        egress_proxy=settings.EGRESS_PROXY,
        signing_keys=tuple(key for line in stored.signing_keys.splitlines() if (key := line.strip())),
    )
