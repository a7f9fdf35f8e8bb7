"""The project itself."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from selfbook.settings.safety import key_faults


def encryption_keys(**_: Any) -> list[checks.CheckMessage]:
    """A key that is none stops the start everywhere: at its first use it would break a page or a worker instead."""
    return [checks.Error(fault, id="selfbook.E001") for fault in key_faults(settings.FIELD_ENCRYPTION_KEYS)]


class SelfbookConfig(AppConfig):
    """The project itself."""

    name = "selfbook"

    def ready(self) -> None:
        """Have the keys checked at start."""
        checks.register(encryption_keys)
