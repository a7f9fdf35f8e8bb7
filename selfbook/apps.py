"""The project itself."""

from django.apps import AppConfig


class SelfbookConfig(AppConfig):
    """The project itself."""

    name = "selfbook"
