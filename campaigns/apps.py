"""The batch: its wizard, texts, codes, invitations, sending and results."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """The batch: its wizard, texts, codes, invitations, sending and results."""

    name = "campaigns"
