"""The batch: its wizard, texts, codes, invitations, sending and results."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """The batch: its wizard, texts, codes, invitations, sending and results."""

    name = "campaigns"

    def ready(self) -> None:
        """Register who may be left out of a batch, what must not go or be filed, and what happens when a text goes."""
        from campaigns.codes import services as codes
        from campaigns.follow_up import entries as follow_up
        from campaigns.follow_up import record_faults
        from campaigns.follow_up.unanswered import STILL_UNANSWERED
        from campaigns.reminders import services as reminders
        from campaigns.sending import screening
        from campaigns.sending.hooks import (
            links_end,
            nhs_numbers,
            not_needed,
            restart_links,
            stop_after_failures,
            stop_texts,
        )
        from campaigns.sequences import hooks as sequences
        from core.links import Link, links
        from integrations.outbox.codes import hooks as code_hooks
        from integrations.outbox.codes import subjects
        from integrations.outbox.messages import hooks as message_hooks
        from patients.lists.screening import screens

        links.register(Link("home", "campaigns:home"))
        links.register(Link("batch", "campaigns:batch"))
        follow_up.sources.register(STILL_UNANSWERED)
        follow_up.sources.register(record_faults.TO_LOOK_AT)
        screening.offers.register(screening.ALREADY_INVITED)
        for screen in screening.ALREADY_INVITED.screens:
            screens.register(screen)
        message_hooks.gates.register(stop_texts)
        message_hooks.gates.register(stop_after_failures)
        message_hooks.deadlines.register(links_end)
        message_hooks.deadlines.register(reminders.links_end)
        message_hooks.addressers.register(nhs_numbers)
        message_hooks.departures.register(restart_links)
        message_hooks.needs.register(not_needed)
        message_hooks.needs.register(reminders.not_needed)
        message_hooks.needs.register(sequences.not_needed)
        message_hooks.departures.register(reminders.lengthen_links)
        code_hooks.gates.register(codes.stop_filing)
        subjects.rooms.register(record_faults.OUTBOX_ROOM)
