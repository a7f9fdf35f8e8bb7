"""What the providers of messages say of a practice since a time (restoring#what-went)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from core.database import release
from integrations.connections import NotConnected, account_of, channel_for
from integrations.messaging import reply_words
from integrations.messaging.channels import Channel
from integrations.messaging.port import IncomingMessage, ListedText, LookUpFailed
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox.messages import claiming, gone_texts, in_app, receipts, routes, writing
from integrations.webhooks import incoming
from practices.models import Practice

NOBODY_KNOWS = "Selfbook was restored, and NHS Notify cannot be asked whether it has this. Check with the patient."
"""Why a message does not go, for staff: it may have gone, and nobody can find out."""


class NotListed(Exception):
    """The provider could not be asked for its list: its text is a short code, for the operator."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a provider listed: how many texts in all, how many that no message knew of, and how many came in."""

    sent: int = 0
    unknown: int = 0
    received: int = 0


def read(practice: Practice, since: datetime) -> Listing:
    """Store what the provider lists and we do not know of; take the texts that came in, in their order.

    STOP and START count as if they came now, by whoever sent them last; nobody is texted back. Safe to repeat. A
    practice without an account has nothing to list. Raises NotListed.
    """
    try:
        account, channel = account_of(practice), channel_for(practice)
    except NotConnected:
        return Listing()
    release()
    try:
        listed = channel.history(since)
    except LookUpFailed as failure:
        raise NotListed(str(failure)) from None
    sent, received = _apart(listed)
    for text in received:
        incoming.take(practice, IncomingMessage(text.provider_id, text.number, text.body, acts_on=reply_words.KEYWORDS))
    return Listing(len(sent), gone_texts.note(practice, account.provider, sent), len(received))


def _apart(listed: list[ListedText]) -> tuple[list[ListedText], list[ListedText]]:
    return [text for text in listed if not text.incoming], [text for text in listed if text.incoming]


@transaction.atomic
def settle_unknowable(practice: Practice, before: datetime) -> int:
    """Settle the waiting messages that NHS Notify may have had, due before a moment; how many.

    It has no list and takes a reference only with the call that it came in. What it may have put into the app goes as a
    text of ours, unless that has gone already: a second message in the app does no harm. What it may have texted is for
    staff. Call it once the stored texts have been matched.
    """
    count = 0
    for route in routes.of(practice.id):
        if not route.channel.by_nhs_number:
            continue
        waiting = Message.objects.filter(
            practice=practice, state=MessageState.DUE, due_at__lt=before, app_over=None, in_app_at=None
        )
        of_the_route = waiting.filter(purpose__in=routes.PURPOSES[route.channel])
        rows = list(of_the_route.order_by("id").select_for_update())
        now = timezone.now()
        for row in rows:
            if route.channel is Channel.APP:
                in_app.go_by_text(row, now)
            else:
                claiming.fail(row, "restored", NOBODY_KNOWS, now)
        writing.save(rows)
        receipts.after_change([row.id for row in rows])
        count += len(rows)
    return count
