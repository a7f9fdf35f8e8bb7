"""Everything outside the walls: clinical systems, channels, the outbox, receipts."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Everything outside the walls: clinical systems, channels, the outbox, receipts."""

    name = "integrations"
