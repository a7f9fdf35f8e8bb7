"""What this room adds to a batch's page: answers over time, and slots against the patients who can still book."""

from collections.abc import Mapping
from typing import Any

from booking.staff.arrivals import arrivals
from booking.staff.slots_left import slots_left
from campaigns.models import Campaign
from campaigns.results import Funnel


def parts_of(campaign: Campaign, funnel: Funnel) -> Mapping[str, Any]:
    """The values that templates/booking/staff/arrivals.jinja and slots-left.jinja show."""
    return {"arrivals": arrivals(campaign), "slots_left": slots_left(campaign, funnel)}
