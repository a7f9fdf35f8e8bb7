"""What the patient does: link, date of birth, slot, confirm, decline."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """What the patient does: link, date of birth, slot, confirm, decline."""

    name = "booking"
