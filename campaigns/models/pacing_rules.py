"""What must always hold of how a batch is paced."""

from django.db.models import CheckConstraint, F, Q

from campaigns.pacing.known import Care

CONSTRAINTS = (
    CheckConstraint(name="campaign_care_known", condition=Q(care__in=[care.value for care in Care])),
    CheckConstraint(name="campaign_most_a_day", condition=Q(most_a_day=None) | Q(most_a_day__gte=1)),
    CheckConstraint(name="campaign_invite_order", condition=Q(invite_order__in=["list", "oldest", "column"])),
    CheckConstraint(
        name="campaign_pace_days",
        condition=Q(pace_days=None) | Q(pace_days__len__gte=1, pace_days__contained_by=list(range(7))),
    ),
    CheckConstraint(
        name="campaign_pace_hours",
        condition=Q(pace_from=None, pace_until=None)
        | Q(pace_from__isnull=False, pace_until__lte=24, pace_from__lt=F("pace_until")),
    ),
    CheckConstraint(name="campaign_decides_paced", condition=Q(next_decision_at=None) | Q(paced=True)),
    CheckConstraint(
        name="campaign_stopped_decides_nothing",
        condition=Q(inviting_stopped_at=None) | Q(next_decision_at=None, paced=True),
    ),
)
"""Constraints of a batch. It is only a paced one that decides, and not after staff have stopped it."""
