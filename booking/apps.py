"""What the patient does: link, date of birth, slot, confirm, decline."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """What the patient does: link, date of birth, slot, confirm, decline."""

    name = "booking"

    def ready(self) -> None:
        """Register who may be left out of a batch or needs no reminder, and whom staff must follow up.

        And what batch pages show of appointments, and who hears what patients text of them.
        """
        from booking.appointments import replies
        from booking.appointments.screening import ALREADY_BOOKED, booked_already, waiting_for_times
        from booking.staff.batch.page_parts import parts_of
        from booking.staff.patient.follow_up import SOURCES
        from booking.workers import remind
        from campaigns.follow_up import entries as follow_up
        from campaigns.reminders import services as reminders
        from campaigns.sending.screening import offer
        from campaigns.workspace import page_parts
        from integrations.outbox.messages import hooks as message_hooks

        offer(ALREADY_BOOKED)
        page_parts.add_part(parts_of)
        message_hooks.add_need(remind.not_needed)
        message_hooks.add_reply_listener(replies.hear)
        reminders.leave_out(booked_already)
        reminders.leave_out(waiting_for_times)
        for source in SOURCES:
            follow_up.offer(source)
