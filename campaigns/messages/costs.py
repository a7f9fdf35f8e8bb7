"""What a batch costs: the fragments of our own texts, and their price where the practice has told us that.

What is certain depends on how the practice sends. Where NHS Notify texts, nothing is in our price; where our texts
follow those that nobody has read in the NHS App, only the most, and the least, can be said beforehand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from campaigns.messages import texts
from campaigns.models import Campaign
from core.wording import plural
from integrations import app_users
from integrations.connections import routing_of
from integrations.models import ChannelConnection, Routing
from patients.lists.app_counts import names_texted_at_once
from patients.lists.queries import given_names
from practices.models import Practice

NO_PRICE = "Price not set. An administrator can set what a fragment costs you."
THEIRS = (
    "NHS Notify's texts are not in your price: they are paid for as agreed with NHS Notify. "
    "Texts of your own that go in their place, because NHS Notify's would come too late, are paid for by you."
)


@dataclass(frozen=True, slots=True)
class Cost:
    """The fragments of our own texts, and what they cost in pounds; None when the price is not known.

    With the NHS App before our texts these are the most; `least` is what those cost who are texted at once, if known:
    patients without the app, and those whose phone does not tell of messages there.
    """

    fragments: int
    pounds: Decimal | None
    channel: Routing = Routing.TEXTS
    least: Decimal | None = None

    @property
    def is_certain(self) -> bool:
        """Whether everybody gets our text, so that this is what it will be."""
        return self.channel == Routing.TEXTS

    @property
    def length(self) -> str:
        """The fragments in words; empty where none is ours."""
        theirs = self.channel == Routing.APP_THEN_THEIRS
        return "" if theirs else f"{plural(self.fragments, 'fragment')} in all"

    @property
    def price(self) -> str:
        """The cost in words, for staff."""
        if self.channel == Routing.APP_THEN_THEIRS:
            return THEIRS
        if self.pounds is None:
            return NO_PRICE
        if self.channel == Routing.TEXTS:
            return in_pounds(self.pounds)
        least = (
            ""
            if self.least is None
            else f" At least {in_pounds(self.least)}, for patients without the app or its notifications."
        )
        return f"At most {in_pounds(self.pounds)}, if nobody reads it in the app.{least}"


def in_pounds(pounds: Decimal) -> str:
    """An amount as people read it: £1,234.50."""
    return f"£{pounds:,}"


def cost(campaign: Campaign) -> Cost:
    """What a batch with a list costs, each patient's text counted with their own name. Replies and retries are free."""
    assert campaign.patient_list is not None  # asked about from the summary on
    fragments = _fragments(campaign, given_names(campaign.patient_list))
    least = None
    if routing_of(campaign.practice_id) == Routing.APP_THEN_OURS and app_users.known(campaign.practice_id).read_at:
        least = _fragments(campaign, names_texted_at_once(campaign.patient_list))
    return priced(campaign.practice_id, fragments, least)


def _fragments(campaign: Campaign, names: dict[str, int]) -> int:
    return texts.total_fragments(campaign.message, practice=campaign.practice, names=names)


def priced(practice_id: UUID, fragments: int, least: int | None = None) -> Cost:
    """So many fragments of texts, with what they cost by the practice's own price; none while NHS Notify texts."""
    price, channel = _terms(practice_id)
    if channel == Routing.APP_THEN_THEIRS:
        return Cost(0, None, channel)
    if price is None:
        return Cost(fragments, None, channel)
    return Cost(fragments, pounds(price, fragments), channel, None if least is None else pounds(price, least))


def _terms(practice_id: UUID) -> tuple[Decimal | None, Routing]:
    """What a fragment costs the practice, in pence, and how its messages go."""
    rows = Practice.objects.filter(id=practice_id)
    price, channel = rows.values_list("channel_connection__fragment_price", "notify_connection__channel").get()
    return price, Routing(channel or Routing.TEXTS)


def price_of(practice_id: UUID) -> Decimal | None:
    """What a fragment costs the practice, in pence; None where nobody has told us."""
    return ChannelConnection.objects.filter(practice=practice_id).values_list("fragment_price", flat=True).first()


def each(practice_id: UUID) -> Callable[[int], str]:
    """For texts of so many fragments what one costs the practice, as a sentence; empty where that is not known."""
    price, channel = _terms(practice_id)
    if price is None or channel == Routing.APP_THEN_THEIRS:
        return lambda _fragments: ""
    if_unread = "" if channel == Routing.TEXTS else ", if the patient does not read it in the NHS App first"
    return lambda fragments: f"Each text costs {_pence(price * fragments)} pence{if_unread}."


def _pence(pence: Decimal) -> str:
    return f"{pence.quantize(Decimal('0.1'), ROUND_HALF_UP).normalize():f}"


def pounds(pence: Decimal, fragments: int) -> Decimal:
    """So many fragments at a price in pence."""
    return (pence * fragments / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
