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
    """What the project as a whole does once Django has loaded its models."""

    name = "selfbook"

    def ready(self) -> None:
        """Have the keys checked at start, register links, and listen to accounts. The models are ready only now."""
        from allauth.mfa import signals
        from django.contrib.auth.signals import user_logged_in, user_login_failed

        from campaigns.workspace import page_parts
        from core.links import Link, links
        from selfbook import role_check
        from selfbook.accounts import second_factor, sessions
        from selfbook.database import server
        from selfbook.keys.checks import redis_password, stored_keys
        from selfbook.monitoring.context import NOTICE

        checks.register(encryption_keys)
        checks.register(stored_keys)
        checks.register(redis_password, deploy=True)
        checks.register(role_check.role_owns_nothing, checks.Tags.database, deploy=True)
        page_parts.notices.register(NOTICE)
        checks.register(server.server_fits, checks.Tags.database, deploy=True)
        links.register(Link("audit trail", "audit:events"))
        links.register(Link("keep batch", "retention:keep"))
        links.register(Link("data", "retention:settings"))
        user_logged_in.connect(sessions.begin)
        user_login_failed.connect(sessions.refused)
        signals.authenticator_added.connect(second_factor.added)
        signals.authenticator_removed.connect(second_factor.removed)
