"""What the patient does: link, date of birth, slot, confirm, decline."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """What the patient does: link, date of birth, slot, confirm, decline."""

    name = "booking"

    def ready(self) -> None:
        """Register who may be left out of a batch."""
        from booking.screening import ALREADY_BOOKED
        from campaigns.screening import offer

        offer(ALREADY_BOOKED)
