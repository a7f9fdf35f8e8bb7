"""Erasing patients: an app of its own for its commands."""

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """It has no models: each room has those of its own rows."""

    name = "selfbook.retention"
