"""Which adapter speaks for an account. A new channel is one module and one line here."""

from integrations.messaging.port import Account, MessageChannel
from integrations.messaging.twilio import TwilioChannel


def channel(account: Account) -> MessageChannel:
    """The channel that sends for this account."""
    return TwilioChannel(account)
