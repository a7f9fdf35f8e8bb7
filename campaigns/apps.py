"""The batch: its wizard, texts, codes, invitations, sending and results."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """The batch: its wizard, texts, codes, invitations, sending and results."""

    name = "campaigns"

    def ready(self) -> None:
        """Register who may be left out of a batch, and whose texts must not go."""
        from campaigns import screening
        from campaigns.gates import stop_texts
        from integrations.outbox import gates

        screening.offer(screening.ALREADY_INVITED)
        gates.add_gate(stop_texts)
