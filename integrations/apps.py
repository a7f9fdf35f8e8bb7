"""Everything outside the walls: clinical systems, channels, the outbox, receipts."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class IntegrationsConfig(AppConfig):
    """Everything outside the walls: clinical systems, channels, the outbox, receipts."""

    name = "integrations"

    def ready(self) -> None:
        """Say which clinical systems there are.

        Have messages go on as soon as an administrator has mended a practice's account, or given it up.
        """
        from integrations.clinical import registry
        from integrations.messaging.registry import NHS_NOTIFY, TEXT_PROVIDERS
        from integrations.models import ChannelConnection, NotifyConnection
        from integrations.outbox.messages import stoppages
        from practices.models import clinical_systems

        clinical_systems.sources.register(registry.names)

        def mended(instance: ChannelConnection | NotifyConnection, **_: Any) -> None:
            # Of texts, those of every provider: the account may have been with another until now.
            providers = TEXT_PROVIDERS if isinstance(instance, ChannelConnection) else [NHS_NOTIFY]
            stoppages.end(instance.practice, *providers)

        for connection in (ChannelConnection, NotifyConnection):
            for signal in (post_save, post_delete):
                signal.connect(mended, sender=connection, weak=False, dispatch_uid=f"{connection.__name__} goes on")
