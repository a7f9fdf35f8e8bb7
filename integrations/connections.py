"""From a practice's stored connections to adapters that are ready to call."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from integrations.clinical.port import Actor, ClinicalSystem, Connection
from integrations.clinical.registry import clinical_system
from integrations.messaging.port import Account, MessageChannel, NotifyAccount
from integrations.messaging.registry import channel
from integrations.models import Channel, ChannelConnection, ClinicalConnection, NotifyConnection
from integrations.models.outbox import Way
from practices.models import Practice, User


class NotConnected(Exception):
    """The practice has no such connection yet: an administrator must add it."""


def receipts_url(connection: ChannelConnection) -> str:
    """The public address that Twilio sends this practice's delivery receipts to, and signs."""
    return settings.PUBLIC_BASE_URL + reverse("webhooks:twilio", args=[connection.id])


def incoming_url(connection: ChannelConnection) -> str:
    """The public address for what patients text to this practice's number: an administrator gives it to Twilio."""
    return settings.PUBLIC_BASE_URL + reverse("webhooks:incoming", args=[connection.id])


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
        issuer_url=settings.PUBLIC_BASE_URL + "/",
    )


def news_url(connection: NotifyConnection) -> str:
    """The public address for NHS Notify's news of this practice's messages: an administrator gives it to them."""
    return settings.PUBLIC_BASE_URL + reverse("webhooks:notify", args=[connection.id])


def channel_of(practice_id: UUID) -> Channel:
    """How the practice's invitations and reminders go."""
    chosen = NotifyConnection.objects.filter(practice_id=practice_id).values_list("channel", flat=True).first()
    return Channel(chosen or Channel.TEXTS)


def text_after(practice_id: UUID) -> timedelta:
    """How long a message may lie unread in the NHS App before our text follows."""
    found = NotifyConnection.objects.filter(practice_id=practice_id).values_list("text_after_hours", flat=True)
    return timedelta(hours=found.first() or 0)


def channel_for(practice: Practice, way: str = Way.TEXT) -> MessageChannel:
    """The practice's way to send texts, or the other way that is asked for. Raises NotConnected."""
    return channel(account_of(practice) if way == Way.TEXT else notify_account_of(practice, way))


def notify_account_of(practice: Practice, way: str = Way.NOTIFY) -> NotifyAccount:
    """The practice's account with NHS Notify, with the routing plan of a way. Raises NotConnected."""
    stored = NotifyConnection.objects.filter(practice=practice).first()
    if stored is None:
        raise NotConnected("NHS Notify is not connected.")
    return NotifyAccount(
        api_key=stored.api_key,
        key_id=stored.key_id,
        private_key=stored.private_key,
        routing_plan=str(stored.app_plan if way == Way.APP else stored.routing_plan),
        app_only=way == Way.APP,
        ods_code=practice.ods_code,
        names_practice=stored.names_practice,
        base_url=stored.base_url,
    )


def account_of(practice: Practice) -> Account:
    """The practice's account for texts. Raises NotConnected."""
    stored = ChannelConnection.objects.filter(practice=practice).first()
    if stored is None:
        raise NotConnected("No text message account is connected.")
    return Account(
        account_sid=stored.account_sid,
        auth_token=stored.auth_token,
        sender=stored.sender,
        callback_url=receipts_url(stored),
        base_url=stored.base_url,
    )
