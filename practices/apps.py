"""The room for who we work for."""

from django.apps import AppConfig


class PracticesConfig(AppConfig):
    """Practices, staff, roles and the audit trail."""

    name = "practices"
