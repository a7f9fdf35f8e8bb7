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
        from campaigns.sending.hooks import nhs_numbers, not_needed, restart_links, stop_texts
        from integrations.outbox.codes import hooks as code_hooks
        from integrations.outbox.codes import subjects
        from integrations.outbox.messages import hooks as message_hooks

        follow_up.offer(STILL_UNANSWERED)
        follow_up.offer(record_faults.TO_LOOK_AT)
        screening.offer(screening.ALREADY_INVITED)
        message_hooks.add_gate(stop_texts)
        message_hooks.add_addresser(nhs_numbers)
        message_hooks.add_departure(restart_links)
        message_hooks.add_need(not_needed)
        message_hooks.add_need(reminders.not_needed)
        message_hooks.add_departure(reminders.lengthen_links)
        code_hooks.add_gate(codes.stop_filing)
        subjects.add_room(record_faults.OUTBOX_ROOM)
