"""What this room adds to a batch's page: how many asked for a new link, slots against the patients who can still book,
answers over time, and files.
"""

from collections.abc import Mapping
from typing import Any

from booking.appointments.new_link import asked_in
from booking.staff.batch.arrivals import arrivals
from booking.staff.batch.slots_left import slots_left
from campaigns.models import Campaign
from campaigns.results.funnel import Funnel
from campaigns.workspace.page_parts import Part, Place


def _new_links(campaign: Campaign, _funnel: Funnel) -> Mapping[str, Any]:
    return {"new_links": asked_in(campaign.id)}


def _slots_left(campaign: Campaign, funnel: Funnel) -> Mapping[str, Any]:
    return {"slots_left": slots_left(campaign, funnel)}


def _arrivals(campaign: Campaign, _funnel: Funnel) -> Mapping[str, Any]:
    return {"arrivals": arrivals(campaign)}


PARTS = (
    Part(Place.ANSWERS, "booking/staff/new-links.jinja", _new_links),
    Part(Place.ANSWERS, "booking/staff/slots-left.jinja", _slots_left),
    Part(Place.ANSWERS, "booking/staff/arrivals.jinja", _arrivals),
    Part(Place.FILES, "booking/staff/files.jinja"),
)
"""In the order in which they are shown."""

OUTAGE = "booking/outage.jinja"
"""The notice that the clinical system does not answer."""
