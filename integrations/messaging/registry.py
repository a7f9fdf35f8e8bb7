"""Which adapter speaks for an account. A new channel is one module and one line here."""

from integrations.messaging.nhs_notify.channel import NotifyChannel
from integrations.messaging.port import Account, MessageChannel, NotifyAccount
from integrations.messaging.twilio.channel import TwilioChannel


def channel(account: Account | NotifyAccount) -> MessageChannel:
    """The channel that sends for this account."""
    return NotifyChannel(account) if isinstance(account, NotifyAccount) else TwilioChannel(account)
