"""The batch: its wizard, texts, codes, invitations, sending and results."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """The batch: its wizard, texts, codes, invitations, sending and results."""

    name = "campaigns"

    def ready(self) -> None:
        """Register who may be left out of a batch, what must not go or be filed, and what happens when a text goes."""
        from campaigns import codes, follow_up, record_faults, reminders, screening
        from campaigns.gates import nhs_numbers, not_needed, restart_links, stop_texts
        from campaigns.unanswered import STILL_UNANSWERED
        from integrations.outbox import code_gates, gates, subjects

        follow_up.offer(STILL_UNANSWERED)
        follow_up.offer(record_faults.TO_LOOK_AT)
        screening.offer(screening.ALREADY_INVITED)
        gates.add_gate(stop_texts)
        gates.add_addresser(nhs_numbers)
        gates.add_departure(restart_links)
        gates.add_need(not_needed)
        gates.add_need(reminders.not_needed)
        gates.add_departure(reminders.lengthen_links)
        code_gates.add_gate(codes.stop_filing)
        subjects.add_room(record_faults.OUTBOX_ROOM)
