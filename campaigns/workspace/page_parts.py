"""What rooms above add to a batch's page: only they know of appointments."""

from collections.abc import Callable, Mapping
from typing import Any

from campaigns.models import Campaign
from campaigns.results.funnel import Funnel

Part = Callable[[Campaign, Funnel], Mapping[str, Any]]
"""Given a batch and its funnel, values for the page's template. A few queries at most, and no waiting for anybody."""

_parts: list[Part] = []


def add_part(part: Part) -> None:
    """Have this asked for every look at a batch's page; called once, when the product starts."""
    if part not in _parts:
        _parts.append(part)


def parts_of(campaign: Campaign, funnel: Funnel) -> dict[str, Any]:
    """All that the rooms above have to show of a batch."""
    return {name: value for part in _parts for name, value in part(campaign, funnel).items()}
