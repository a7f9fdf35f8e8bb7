"""What the patient does: link, date of birth, slot, confirm, decline."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """What the patient does: link, date of birth, slot, confirm, decline."""

    name = "booking"

    def ready(self) -> None:
        """Register who may be left out of a batch or needs no reminder, and whom staff must follow up.

        And what pages of batches show of appointments and link to, and who hears what patients text of them.
        """
        from booking.appointments import replies
        from booking.appointments.screening import ALREADY_BOOKED, booked_already, waiting_for_times
        from booking.clinics import hooks as clinics
        from booking.clinics.progress import SOURCE as CLINICS
        from booking.reports import hooks as report_hooks
        from booking.staff.batch.page_parts import OUTAGE, PARTS
        from booking.staff.patient.follow_up import SOURCES
        from booking.workers import pacing, plans, remind
        from campaigns.follow_up import entries as follow_up
        from campaigns.sending.paced.book import books
        from campaigns.sending.screening import offers
        from campaigns.sequences import askable
        from campaigns.sequences import due as sequences
        from campaigns.workspace import page_parts
        from core.links import Link, links
        from integrations.outbox.messages import hooks as message_hooks
        from patients.lists.screening import screens

        books.register(pacing.BOOK)
        offers.register(ALREADY_BOOKED)
        for screen in ALREADY_BOOKED.screens:
            screens.register(screen)
        for part in PARTS:
            page_parts.parts.register(part)
        page_parts.notices.register(OUTAGE)
        links.register(Link("patient", "staff:patient"))
        links.register(Link("batch patients", "staff:recipients"))
        links.register(Link("batch report", "staff:report"))
        links.register(Link("reports", "staff:reports"))
        links.register(Link("appointment reports", "staff:appointment-reports"))
        links.register(Link("cancelled clinics", "staff:clinics"))
        links.register(Link("choose again", "staff:choose-again"))
        message_hooks.needs.register(remind.not_needed)
        message_hooks.deadlines.register(remind.begins)
        message_hooks.gates.register(report_hooks.stop_texts)
        message_hooks.needs.register(report_hooks.not_needed)
        message_hooks.deadlines.register(report_hooks.begins)
        message_hooks.addressers.register(report_hooks.nhs_numbers)
        message_hooks.reply_listeners.register(replies.hear)
        askable.exclusions.register(booked_already)
        askable.exclusions.register(waiting_for_times)
        sequences.bookings.register(plans.BOOKINGS)
        message_hooks.needs.register(clinics.not_needed)
        message_hooks.deadlines.register(clinics.begins)
        for source in (*SOURCES, CLINICS):
            follow_up.sources.register(source)
