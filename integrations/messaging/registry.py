"""The providers there are. A new provider of texts is one package, and one line here."""

from integrations.messaging.nhs_notify.channel import NotifyChannel
from integrations.messaging.port import MessageChannel, NotifyAccount, TextAccount, TextProvider
from integrations.messaging.twilio.provider import TWILIO

TEXT_PROVIDERS: dict[str, TextProvider] = {provider.key: provider for provider in (TWILIO,)}
"""Who carries texts, by the key that is stored. A practice's connection says which of them."""

DEFAULT_TEXT_PROVIDER = TWILIO.key
"""Of a connection that says nothing else."""

NHS_NOTIFY = "notify"
"""Who carries what goes by NHS number, with a connection of its own."""


def text_provider_names() -> list[tuple[str, str]]:
    """The stored key and the name of every provider of texts."""
    return [(provider.key, provider.name) for provider in TEXT_PROVIDERS.values()]


def provider_names() -> list[tuple[str, str]]:
    """The stored key and the name of everybody who carries messages."""
    return [*text_provider_names(), (NHS_NOTIFY, "NHS Notify")]


def text_provider(key: str) -> TextProvider:
    """The provider of texts with this key. Raises KeyError for one that there is not."""
    return TEXT_PROVIDERS[key]


def channel(account: TextAccount | NotifyAccount) -> MessageChannel:
    """The way to send by this account."""
    return (
        NotifyChannel(account)
        if isinstance(account, NotifyAccount)
        else text_provider(account.provider).channel(account)
    )
