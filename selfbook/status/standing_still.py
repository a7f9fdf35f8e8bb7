"""Practices for which something does not go on by itself: held, account stopped, clinical system down, certificate out.

A fixed number of statements, however many practices there are.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.utils import timezone

from booking.models import ClinicalOutage
from booking.slots.outages import LONG
from core.wording import nhs_datetime
from integrations import certificate_expiry
from integrations.certificate_expiry import Expiry
from integrations.messaging.registry import provider_names
from integrations.models import ClinicalConnection
from integrations.models.outbox import Stoppage
from practices.holds import services as holds
from practices.models import Cause, Practice


@dataclass(slots=True)
class StandsStill:
    """A practice, None for all of them, and why, in sentences."""

    practice: Practice | None
    reasons: list[str] = field(default_factory=list)


def read() -> list[StandsStill]:
    """Practices that stand still, all of them first, then by name."""
    reasons: dict[Practice | None, list[str]] = defaultdict(list)
    for hold in holds.in_force():
        reasons[hold.practice].append(f"On hold since {nhs_datetime(hold.since)}: {Cause(hold.cause).label}.")
    names = dict(provider_names())
    for stoppage in Stoppage.objects.select_related("practice"):
        account = names.get(stoppage.service, stoppage.service)
        reasons[stoppage.practice].append(
            f"The account with {account} has not worked since {nhs_datetime(stoppage.since)}."
        )
    lasting = ClinicalOutage.objects.filter(ended_at=None, began_at__lte=timezone.now() - LONG)
    for outage in lasting.select_related("practice"):
        reasons[outage.practice].append(f"The clinical system is down since {nhs_datetime(outage.began_at)}.")
    for practice, expiry in certificates():
        if expiry.is_over:
            reasons[practice].append(f"{expiry.what} {expiry.state}.")
    standing = [StandsStill(practice, why) for practice, why in reasons.items()]
    return sorted(standing, key=lambda each: (each.practice is not None, each.practice.name if each.practice else ""))


def certificates() -> list[tuple[Practice, Expiry]]:
    """Certificates that have run out, or of which a warning is due, the nearest first."""
    rows = certificate_expiry.due(ClinicalConnection.objects.select_related("practice"))
    warnings = [(row.practice, expiry) for row in rows for expiry in certificate_expiry.to_warn_of(row)]
    return sorted(warnings, key=lambda each: each[1].ends_at)
