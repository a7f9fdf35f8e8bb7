"""By which channel a batch's invitations reached its patients, and what its own texts have cost so far.

Each invitation has one delivery, which the database finds: so what a page counts and what it lists are the same rows.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Sum, TextChoices, Value, When

from campaigns.messages.costs import in_pounds, pounds, price_of
from campaigns.models import Campaign, FinalFigures
from campaigns.results import channel_forecast
from campaigns.results.funnel import ON_THE_WAY, Funnel
from core.wording import plural
from integrations.messaging.channels import AS_THEIR_TEXT, IN_THE_APP, Channel
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState

_M = MessageState


class Delivery(TextChoices):
    """Where an invitation is, and what its patients are listed by (`booking.staff.batch.recipients`)."""

    READ = "app-read", "Read in the NHS App"
    IN_APP = "app-unread", "In the NHS App, not read yet"
    OURS = "our-text", "Text from you"
    THEIRS = "notify-text", "Text from NHS Notify"
    OTHER = "notify-other", "Delivered by NHS Notify in another way"
    WITH_NOTIFY = "with-notify", "With NHS Notify, no news"
    NOT_REACHED = "failed", "Not reached, or we do not know"
    WITHDRAWN = "withdrawn", "Withdrawn"
    ON_THE_WAY = "on-the-way", "On the way"


OWN_DELIVERIES = [delivery for delivery in Delivery if delivery not in (Delivery.NOT_REACHED, Delivery.WITHDRAWN)]
"""The deliveries that are of this module: the other two are told apart in every batch."""

_DELIVERED_IN_APP = Q(state=_M.DELIVERED, reached_by=IN_THE_APP)
# Where no text follows any more, what went is what was put into the app, when it was put there (`in_app.leave`).
_LEFT_IN_APP = Q(in_app_at__isnull=False, sent_at=F("in_app_at"))
DELIVERY = Case(
    When(state__in=sorted(map(str, ON_THE_WAY)), then=Value(Delivery.ON_THE_WAY.value)),
    When(state=_M.WITHDRAWN, then=Value(Delivery.WITHDRAWN.value)),
    When(state__in=[_M.FAILED.value, _M.CHECK.value], then=Value(Delivery.NOT_REACHED.value)),
    # The app's messages are delivered once they are read, whosever text is behind them (nhs-notify#statuses).
    When(_DELIVERED_IN_APP, then=Value(Delivery.READ.value)),
    When(state=_M.DELIVERED, reached_by=AS_THEIR_TEXT, then=Value(Delivery.THEIRS.value)),
    When(Q(state=_M.IN_APP) | Q(way=Channel.APP) | _LEFT_IN_APP, then=Value(Delivery.IN_APP.value)),
    When(way=Channel.TEXT, then=Value(Delivery.OURS.value)),
    When(state=_M.DELIVERED, then=Value(Delivery.OTHER.value)),
    default=Value(Delivery.WITH_NOTIFY.value),
    output_field=CharField(),
)
"""Which Delivery the message of an invitation is."""

_BY_NOTIFY = ~Q(way=Channel.TEXT) | Q(in_app_at__isnull=False) | Q(app_over__isnull=False)
"""It went by NHS Notify, or was tried there before it was a text."""

PAID = Q(way=Channel.TEXT, provider_id__isnull=False)
"""The provider took it, so it is paid for, whether or not it arrived."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How many invitations of a batch are where. `by_notify`: any of them went by NHS Notify.

    `spent` says what its texts of ours have cost so far, reminders and replies too; empty while there is no price.
    """

    deliveries: Mapping[Delivery, int]
    by_notify: bool = False
    spent: str = ""
    fragments: int = 0
    """Of texts that are paid for."""

    @property
    def all(self) -> int:
        """How many messages the batch has, whatever became of them."""
        return sum(self.deliveries.values())


def reached(campaign: Campaign) -> Reached:
    """The batch's deliveries: one grouped query over its messages, and one for the price.

    Of a batch whose patients were erased as they were then.
    """
    if campaign.is_erased:
        final = FinalFigures.objects.filter(campaign=campaign).first() or FinalFigures(campaign=campaign)
        ordered = {place: final.deliveries[place] for place in Delivery if final.deliveries.get(place)}
        return Reached(ordered, final.by_notify, _spent(campaign, final.fragments))
    messages = (
        Message.objects.of_batch(campaign.id).annotate(delivery=DELIVERY).order_by().values_list("purpose", "delivery")
    )
    deliveries: Counter[Delivery] = Counter()
    notified, fragments = 0, 0
    counts = {
        "rows": Count("id"),
        "notified": Count("id", filter=_BY_NOTIFY),
        "paid": Sum("fragments", filter=PAID, default=0),
    }
    for purpose, delivery, rows, by_notify, paid in messages.annotate(**counts):
        fragments += paid
        if purpose == Purpose.INVITATION:
            deliveries[Delivery(delivery)] += rows
            notified += by_notify
    ordered = {delivery: deliveries[delivery] for delivery in Delivery if deliveries[delivery]}
    return Reached(ordered, notified > 0, _spent(campaign, fragments), fragments)


def _spent(campaign: Campaign, fragments: int) -> str:
    price = price_of(campaign.practice_id) if fragments else None
    if price is None:
        return ""
    return f"Your texts so far: {plural(fragments, 'fragment')}, {in_pounds(pounds(price, fragments))}."


def delivered_as(campaign: Campaign, delivery: Delivery) -> QuerySet[Message]:
    """The invitations' messages that are there."""
    return invitations_of(campaign).filter(delivery=delivery)


def invitations_of(campaign: Campaign) -> QuerySet[Any]:
    """The messages of the batch's invitations, each with where it is as `delivery`."""
    return Message.objects.of_batch(campaign.id).filter(purpose=Purpose.INVITATION).annotate(delivery=DELIVERY)


def choose_noun(campaign: Campaign, places: Reached, funnel: Funnel) -> str:
    """What the batch's patients are sent, in a word for staff: as it went, or will go if nothing has gone yet."""
    if places.by_notify:
        return "invitation"
    return "text" if funnel.sent else channel_forecast.choose_noun(campaign.practice_id)
