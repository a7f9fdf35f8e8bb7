"""The uploaded list, its rows, identity and contact rules."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """The uploaded list, its rows, identity and contact rules."""

    name = "patients"
