"""Texts that patients send to a practice's number.

STOP and START are done, staff are told who cannot come, and all else is answered once a day.

Each is taken once, by the provider's id, and nothing that it says is kept or logged: it may be about somebody's health,
and nobody here reads it. Texts have no time of their own (twilio#incoming-texts): the order in which they come counts.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations.messaging.numbers import NotAMobile, parse_mobile
from integrations.messaging.port import IncomingMessage
from integrations.messaging.replies import Wish, read
from integrations.models import IncomingText
from integrations.models.outbox import Message
from integrations.models.states import MessageState
from integrations.outbox.messages import hooks as message_hooks
from practices.models import Practice

logger = logging.getLogger(__name__)

APART = timedelta(days=1)
"""Between two of our answers to one number: robots that answer each other would never end."""

RETENTION = timedelta(days=30)
"""For so long the number of who sent a text is kept."""


@transaction.atomic
def take(practice: Practice, sent: IncomingMessage) -> str:
    """Do what a verified text asks for; the words to text back, empty for none. A repeat changes nothing.

    CANCEL from somebody with an appointment means the appointment. It is an opt-out all the same where the text service
    takes it for STOP: none of our texts reaches them then, and staff must see that. A provider that answers some words
    by itself is told nothing then: nobody gets two answers.
    """
    mobile = _mobile(sent.sender)
    if not sent.provider_id or not mobile:
        return ""
    reply = read(sent.body, sent.acted, sent.acts_on)
    text = IncomingText(practice=practice, provider_id=sent.provider_id[:40], mobile=mobile, wish=reply.wish)
    IncomingText.objects.bulk_create([text], ignore_conflicts=True)
    if not IncomingText.objects.filter(id=text.id).exists():
        return ""
    logger.info("text from a patient", extra={"practice_id": str(practice.id), "wish": str(reply.wish)})
    staff_notified = reply.wish in _FOR_STAFF and message_hooks.tell_of_reply(practice, mobile, reply.wish)
    if reply.stop_word:
        message_hooks.tell_of_stop(practice, [mobile], reply.stop_word)
    elif reply.wish == Wish.START:
        message_hooks.tell_of_start(practice, [mobile])
    return (
        ""
        if reply.provider_acts
        else _answer(practice, text, staff_notified=staff_notified, stops=bool(reply.stop_word))
    )


def _mobile(sender: str) -> str:
    """The sender's number as we keep numbers (E.164); empty when it is no mobile of ours, such as a short code."""
    try:
        return parse_mobile(sender, allow_test_numbers=settings.ALLOW_TEST_NUMBERS).e164
    except NotAMobile:
        return ""


_FOR_STAFF: Mapping[Wish, str] = {
    Wish.CANCEL: "that you cannot come. Your appointment is not cancelled yet. To be sure, phone {phone}.",
    Wish.CHANGE: "that you want another time. Your appointment stays as it is until then. To be sure, phone {phone}.",
    Wish.UNSURE: "that you texted about your appointment. It stays as it is for now. To be sure, phone {phone}.",
    Wish.WRONG_NUMBER: "that this is the wrong number.",
}
"""What staff are told of, as it goes on after "The practice has been told"."""


def _answer(practice: Practice, text: IncomingText, *, staff_notified: bool, stops: bool) -> str:
    """The words to text back. Whatever they say of an appointment is true: nothing has been done to it."""
    start, stop = "To get them again, text START.", "To get no more texts, text STOP."
    sentences = []
    if staff_notified and _may_answer(practice, text, wish=text.wish):
        notice = _FOR_STAFF[Wish(text.wish)].format(phone=practice.phone)
        sentences.append(f"{practice.name} has been told {notice}")
        IncomingText.objects.filter(id=text.id).update(answered=True)
    if stops:
        return " ".join([f"You will get no more texts like this from {practice.name}. {start}", *sentences])
    if sentences:
        return " ".join([*sentences, stop] if text.wish == Wish.WRONG_NUMBER else sentences)
    if text.wish == Wish.START:
        return f"You can get texts from {practice.name} again. To stop them, text STOP."
    if staff_notified or not (_is_reached(practice, text) and _may_answer(practice, text)):
        return ""
    IncomingText.objects.filter(id=text.id).update(answered=True)
    return f"Nobody reads texts to this number. Please phone {practice.name} on {practice.phone}. {stop}"


def _is_reached(practice: Practice, text: IncomingText) -> bool:
    """Whether the number is one that our texts reach: no stranger is answered."""
    return Message.objects.filter(practice=practice, to=text.mobile, state=MessageState.DELIVERED).exists()


def _may_answer(practice: Practice, text: IncomingText, **of: str) -> bool:
    """Whether the number has had no answer lately, or none to texts that say the same."""
    lately = IncomingText.objects.filter(
        practice=practice, mobile=text.mobile, answered=True, received_at__gt=timezone.now() - APART, **of
    )
    return not lately.exists()


def forget() -> None:
    """Let go of the numbers of old texts. That there was a text is kept: it must not count again."""
    old = IncomingText.objects.filter(received_at__lt=timezone.now() - RETENTION).exclude(mobile="")
    old.update(mobile="")
