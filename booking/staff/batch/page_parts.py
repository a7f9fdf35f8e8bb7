"""What this room adds to a batch's page: answers over time, slots against the patients who can still book,
and how many asked for a new link.
"""

from collections.abc import Mapping
from typing import Any

from booking.appointments.new_link import asked_in
from booking.staff.batch.arrivals import arrivals
from booking.staff.batch.slots_left import slots_left
from campaigns.models import Campaign
from campaigns.results.funnel import Funnel


def parts_of(campaign: Campaign, funnel: Funnel) -> Mapping[str, Any]:
    """The values that templates/booking/staff/arrivals.jinja, slots-left.jinja and new-links.jinja show."""
    return {
        "arrivals": arrivals(campaign),
        "slots_left": slots_left(campaign, funnel),
        "new_links": asked_in(campaign.id),
    }
