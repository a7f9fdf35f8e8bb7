"""Texts that patients send to a practice's number: STOP and START are done, and all else is answered once a day.

Each is taken once, by the provider's id, and nothing that it says is kept or logged: it may be about somebody's health,
and nobody here reads it. Texts have no time of their own (wire 12.4), so the order in which they come is what counts.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations.messaging.numbers import NotAMobile, parse_mobile
from integrations.messaging.replies import Wish, is_keyword, wish_of
from integrations.models import IncomingText
from integrations.outbox import gates
from integrations.outbox.models import Message
from integrations.outbox.states import MessageState
from practices.models import Practice

logger = logging.getLogger(__name__)

APART = timedelta(days=1)
"""Between two of our answers to one number: robots that answer each other would never end."""

KEPT_FOR = timedelta(days=30)
"""For so long the number of who sent a text is kept."""


@transaction.atomic
def take(practice: Practice, fields: Mapping[str, str]) -> str:
    """Do what a verified text asks for; the words to text back, empty for none. A repeat changes nothing.

    Twilio answers its own words by itself, and is told nothing then: nobody gets two answers.
    """
    provider_id, mobile = fields.get("MessageSid") or fields.get("SmsSid", ""), _mobile(fields.get("From", ""))
    if not provider_id or not mobile:
        return ""
    body, said_by_provider = fields.get("Body", ""), fields.get("OptOutType", "")
    wish = wish_of(body, said_by_provider)
    text = IncomingText(practice=practice, provider_id=provider_id[:40], mobile=mobile, wish=wish)
    IncomingText.objects.bulk_create([text], ignore_conflicts=True)
    if not IncomingText.objects.filter(id=text.id).exists():
        return ""
    logger.info("text from a patient", extra={"practice_id": str(practice.id), "wish": str(wish)})
    if wish == Wish.STOP:
        gates.tell_of_stop(practice, [mobile])
    elif wish == Wish.START:
        gates.tell_of_start(practice, [mobile])
    if said_by_provider or is_keyword(body):
        return ""
    return _words(practice, text)


def _mobile(sender: str) -> str:
    """The sender's number as we keep numbers (E.164); empty when it is no mobile of ours, such as a short code."""
    try:
        return parse_mobile(sender, allow_test_numbers=settings.ALLOW_TEST_NUMBERS).e164
    except NotAMobile:
        return ""


def _words(practice: Practice, text: IncomingText) -> str:
    match text.wish:
        case Wish.STOP:
            return f"You will get no more texts like this from {practice.name}. To get them again, text START."
        case Wish.START:
            return f"You can get texts from {practice.name} again. To stop them, text STOP."
    if not _may_answer(practice, text):
        return ""
    IncomingText.objects.filter(id=text.id).update(answered=True)
    return (
        f"Nobody reads texts to this number. Please phone {practice.name} on {practice.phone}. "
        "To get no more texts, text STOP."
    )


def _may_answer(practice: Practice, text: IncomingText) -> bool:
    """Whether the number is one that our texts reach, and has had no such answer lately."""
    ours = Message.objects.filter(practice=practice, to=text.mobile, state=MessageState.DELIVERED)
    lately = IncomingText.objects.filter(
        practice=practice, mobile=text.mobile, answered=True, received_at__gt=timezone.now() - APART
    )
    return ours.exists() and not lately.exists()


def forget() -> None:
    """Let go of the numbers of old texts. That there was a text is kept: it must not count again."""
    old = IncomingText.objects.filter(received_at__lt=timezone.now() - KEPT_FOR).exclude(mobile="")
    old.update(mobile="")
