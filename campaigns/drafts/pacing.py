"""A draft with more patients than free times: whether it invites as appointments last, and what is expected of that."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from campaigns.drafts import slot_types
from campaigns.models import Campaign
from campaigns.pacing.forecast import Forecast, forecast
from campaigns.pacing.known import Known
from campaigns.sending.paced.book import Answers, BookUnreadable, the_book
from campaigns.sending.paced.facts import facts, sharing
from core.sociable_hours import LONDON
from integrations.clinical.errors import ClinicalError
from integrations.connections import NotConnected
from practices.models import User


@dataclass(frozen=True, slots=True)
class Pace:
    """What staff choose of a batch that invites as appointments last, by the batch's fields."""

    paced: bool
    care: str = "balanced"
    most_a_day: int | None = None
    invite_order: str = "list"
    pace_days: list[int] | None = None
    pace_from: int | None = None
    pace_until: int | None = None


FIELDS = ("paced", "care", "most_a_day", "invite_order", "pace_days", "pace_from", "pace_until")


def free_by_day(campaign: Campaign, by: User) -> Mapping[date, int] | None:
    """The free slots of a draft's type within its limits, by their day in London; None when the book cannot be read."""
    try:
        slots = slot_types.free_slots(campaign.practice, by, campaign.slot_type, campaign.horizon_days)
    except (ClinicalError, NotConnected):
        return None
    days = (slot.start.astimezone(LONDON).date() for slot in slots if slot_types.is_within(campaign, slot))
    return Counter(days)


def is_paced(campaign: Campaign, patients: int, free: int | None) -> bool:
    """What staff chose; before they have, whether there are more patients than free times, as far as is known."""
    if campaign.paced is not None:
        return campaign.paced
    return free is not None and patients > free


def is_a_question(campaign: Campaign, patients: int, free: int | None) -> bool:
    """Whether staff are asked: there are more patients than free times, or they have answered before."""
    return campaign.paced is not None or (free is not None and patients > free)


def forecast_of(campaign: Campaign, free: Mapping[date, int]) -> Forecast:
    """What to expect of a draft if it were sent now, with its practice's other batches of this slot type."""
    return forecast(_known(campaign, free))


def _known(campaign: Campaign, free: Mapping[date, int]) -> Known:
    batches = sharing(campaign)
    try:
        answers = the_book().answers(campaign.practice_id, campaign.slot_type, batches)
    except BookUnreadable:
        answers = Answers()
    return facts(campaign, free, answers, batches).known
