"""What a batch costs: its fragments, and their price where the practice has told us that."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from campaigns import texts
from campaigns.models import Campaign
from integrations.models import Channel, ChannelConnection
from patients.queries import given_names


@dataclass(frozen=True, slots=True)
class Cost:
    """The fragments of all texts of a batch, and what they cost in pounds; None when the price is not known."""

    fragments: int
    pounds: Decimal | None


def cost(campaign: Campaign) -> Cost:
    """What a batch with a list costs, each patient's text counted with their own name. Replies and retries are free."""
    assert campaign.patient_list is not None  # asked about from the summary on
    names = given_names(campaign.patient_list)
    fragments = texts.total_fragments(campaign.message, practice=campaign.practice, names=names)
    return priced(campaign.practice_id, fragments)


def priced(practice_id: UUID, fragments: int) -> Cost:
    """So many fragments, with what they cost by the practice's own price.

    No price while they go by NHS Notify: how many patients it has to text, and for how much, is not known beforehand.
    """
    by_twilio = ChannelConnection.objects.exclude(practice__notify_connection__channel=Channel.APP_THEN_THEIRS)
    connection = by_twilio.filter(practice=practice_id).only("fragment_price").first()
    if connection is None or connection.fragment_price is None:
        return Cost(fragments, None)
    pounds = (connection.fragment_price * fragments / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Cost(fragments, pounds)
