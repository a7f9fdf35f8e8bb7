"""What rooms above add to the pages about batches: only they know of appointments.

A part is a template of the room that registers it, with the values that it shows. A page has places, and shows the
parts of each place in the order in which they were registered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from campaigns.models import Campaign
from campaigns.results.funnel import Funnel
from core.hooks import Hook


class Place(StrEnum):
    """Where on a batch's page a part is shown."""

    ANSWERS = "answers"
    FILES = "files"


def _no_values(_campaign: Campaign, _funnel: Funnel) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Part:
    """A template, where it is shown, and given a batch and its funnel the values that it shows.

    `values` may take a few queries, and waits for nobody. The template sees the page's own values too.
    """

    place: Place
    template: str
    values: Callable[[Campaign, Funnel], Mapping[str, Any]] = _no_values


parts: Hook[Part] = Hook("batch page part", "show a template of its own on a batch's page")
notices: Hook[str] = Hook("notice", "show a template of its own, by name, at the top of the home page and of batches")


def parts_of(campaign: Campaign, funnel: Funnel) -> dict[str, Any]:
    """All that the rooms above show of a batch: the values, and as `parts` the templates of each place."""
    templates: dict[str, list[str]] = {place: [] for place in Place}
    shown: dict[str, Any] = {"notices": list(notices), "parts": templates}
    for part in parts:
        templates[part.place].append(part.template)
        shown |= part.values(campaign, funnel)
    return shown
