"""Everything outside the walls: clinical systems, channels, the outbox, receipts."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save


class IntegrationsConfig(AppConfig):
    """Everything outside the walls: clinical systems, channels, the outbox, receipts."""

    name = "integrations"

    def ready(self) -> None:
        """Have texts go on as soon as an administrator has mended a practice's account."""
        from integrations.models import ChannelConnection, NotifyConnection
        from integrations.outbox import stoppages

        def mended(instance: ChannelConnection | NotifyConnection, **_: Any) -> None:
            stoppages.end(instance.practice)

        post_save.connect(mended, sender=ChannelConnection, weak=False, dispatch_uid="texts go on")
        post_save.connect(mended, sender=NotifyConnection, weak=False, dispatch_uid="messages go on")
