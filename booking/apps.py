"""What the patient does: link, date of birth, slot, confirm, decline."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """What the patient does: link, date of birth, slot, confirm, decline."""

    name = "booking"

    def ready(self) -> None:
        """Register who may be left out of a batch, and whom staff must follow up."""
        from booking.screening import ALREADY_BOOKED
        from booking.staff.follow_up import SOURCES
        from campaigns import follow_up
        from campaigns.screening import offer

        offer(ALREADY_BOOKED)
        for source in SOURCES:
            follow_up.offer(source)
