"""The project itself."""

from django.apps import AppConfig


class SelfbookConfig(AppConfig):
    """The project itself."""

    name = "selfbook"

    def ready(self) -> None:
        """Listen to what happens to accounts. The models are ready only now."""
        from allauth.mfa import signals
        from django.contrib.auth.signals import user_logged_in, user_login_failed

        from selfbook import second_factor, sessions

        user_logged_in.connect(sessions.begin)
        user_login_failed.connect(sessions.refused)
        signals.authenticator_added.connect(second_factor.added)
        signals.authenticator_removed.connect(second_factor.removed)
