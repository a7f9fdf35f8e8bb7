"""When NHS Notify's own texts come, in words for staff, where a practice sends by them (nhs-notify#delivery-times)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from campaigns.models import Campaign, lifetime_end
from campaigns.results.channel_forecast import HOURS
from campaigns.sending.schedule_wording import at
from core.wording import plural
from integrations.connections import notify_unread_for, routing_of
from integrations.messaging.channels import Channel
from integrations.messaging.nhs_notify.text_hours import follows_at, leaves_at
from integrations.models import Routing
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox.messages.in_time import ROOM
from practices.models import Practice


def hours(practice: Practice) -> str:
    """The hours of NHS Notify's texts, in a sentence; empty where the practice sends none."""
    return HOURS if routing_of(practice.id) == Routing.APP_THEN_THEIRS else ""


def of_plan(campaign: Campaign, starts: Sequence[datetime]) -> list[str]:
    """When the texts leave behind invitations of a draft that are handed over at these times, in their order.

    Empty where the practice sends none. Parts whose texts would come after their links have ended go in another way.
    """
    if routing_of(campaign.practice_id) != Routing.APP_THEN_THEIRS or not starts:
        return []
    unread = notify_unread_for(campaign.practice_id)
    by_notify = [start for start in starts if not _is_too_late(campaign, start, unread)]
    sentences = [HOURS, *(_from(by_notify, unread) if by_notify else [])]
    if len(by_notify) < len(starts):
        days = plural(campaign.link_lifetime_days, "day")
        whose = "these patients" if not by_notify else f"the patients of {plural(len(starts) - len(by_notify), 'part')}"
        sentences.append(
            f"For links that work for {days} that may be too late, so {whose} get a text from you at once, "
            "and no message in the app."
        )
    return sentences


def _is_too_late(campaign: Campaign, start: datetime, unread: timedelta) -> bool:
    return follows_at(start, unread) > lifetime_end(campaign, start) - ROOM


def _from(starts: Sequence[datetime], unread: timedelta) -> list[str]:
    """From when the first ones leave, and those of the last part where they wait for NHS Notify's hours."""
    sentences = [
        f"The first for patients without the app, or without its notifications, leave {at(leaves_at(starts[0]))}.",
        f"The first for those who do not read theirs in the app leave {at(follows_at(starts[0], unread))}.",
    ]
    last = leaves_at(starts[-1])
    if len(starts) > 1 and last != starts[-1]:
        sentences.append(f"Those of the last part wait: the first leave {at(last)}.")
    return sentences


def of_batch(campaign: Campaign) -> str:
    """When NHS Notify's next texts leave, while they rest and it may still send some of a batch's; else empty."""
    now = timezone.now()
    leaves = leaves_at(now)
    if leaves <= now:
        return ""
    waiting = Message.objects.of_batch(campaign.id).filter(state__in=[MessageState.ACCEPTED, MessageState.SENT])
    return f"{HOURS} The next ones leave {at(leaves)}." if waiting.filter(way=Channel.NOTIFY).exists() else ""
