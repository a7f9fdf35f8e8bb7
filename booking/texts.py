"""The texts that follow from a booking: it is booked, its slot has gone, or it did not go through.

They name the day, the time and the place, and never what the appointment is for: phones are shared, and locked
screens show texts (safety 5a).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from booking.models import Booking
from campaigns.models import Invitation
from integrations.links import LINK, link_for
from integrations.messaging.text import clean, measure
from integrations.outbox.models import Message, Purpose
from practices.models import Practice
from practices.wording import nhs_date, nhs_time


def confirmation(booking: Booking, invitation: Invitation) -> Message:
    """An unsaved text: booked, when, where, and whom to phone."""
    practice = invitation.practice
    when = f"{nhs_date(booking.starts_at)} at {nhs_time(booking.starts_at)}"
    booked = f"your appointment at {practice.name} is booked for {when}."
    change = f"To change or cancel it, phone {practice.phone}."
    return _message(
        invitation,
        Purpose.CONFIRMATION,
        _step(booking),
        [f"{booked} Place: {place}. {change}" for place in places(booking.slot, practice)] + [f"{booked} {change}"],
    )


def slot_gone(booking: Booking, invitation: Invitation) -> Message:
    """An unsaved text: not booked, because the slot went; the link still works."""
    practice = invitation.practice
    sorry = f"sorry, the time you chose at {practice.name} has just been taken, so you do not have an appointment."
    again = f"Choose another time: {LINK}"
    words = [f"{sorry} {again} or phone {practice.phone}.", f"{sorry} {again}"]
    return _message(invitation, Purpose.NOT_BOOKED, _step(booking), words)


def not_booked(booking: Booking, invitation: Invitation) -> Message:
    """An unsaved text: not booked, and only the practice can help."""
    practice = invitation.practice
    words = f"sorry, we could not book your appointment at {practice.name}. Please phone {practice.phone} to book it."
    return _message(invitation, Purpose.NOT_BOOKED, _step(booking), [words])


def not_known(booking: Booking, invitation: Invitation) -> Message:
    """An unsaved text: nobody could find out whether it was booked."""
    practice = invitation.practice
    words = (
        f"sorry, we could not check that your appointment at {practice.name} was booked. "
        f"Please phone {practice.phone} to ask. Do not book again."
    )
    return _message(invitation, Purpose.NOT_BOOKED, _step(booking), [words])


def places(slot: Mapping[str, Any], practice: Practice) -> list[str]:
    """Where a slot, as our rows keep it, takes place: in full, and then shorter."""
    location = str(slot.get("location", "")).strip()
    full = ", ".join(part for part in (location, practice.address.strip()) if part)
    return list(dict.fromkeys(words for words in (full, practice.address.strip(), location) if words))


def _step(booking: Booking) -> int:
    """Which of the patient's bookings this is, from 0: each gets its own texts, once."""
    return Booking.objects.filter(invitation=booking.invitation_id, created_at__lt=booking.created_at).count()


def _message(invitation: Invitation, purpose: Purpose, step: int, wordings: Iterable[str]) -> Message:
    """The first wording, fullest first, that fits into MESSAGE_FRAGMENTS_MAX; the last if none does."""
    recipient, link = invitation.recipient, link_for(invitation.id, key_number=invitation.link_key)
    body, fragments = "", 0
    for words in wordings:
        body = clean(f"{_greeting(recipient.given_name)}{words}").text
        fragments = measure(body.replace(LINK, link)).fragments
        if fragments <= settings.MESSAGE_FRAGMENTS_MAX:
            break
    return Message(
        practice=invitation.practice,
        batch_id=invitation.campaign_id,
        subject_id=invitation.id,
        purpose=purpose,
        step=step,
        to=recipient.mobile,
        body=body,
        link_key=invitation.link_key,
        fragments=fragments,
    )


def _greeting(given_name: str) -> str:
    """The name that tells people who share a phone whose text it is. Braces in it never become a placeholder."""
    name = given_name.translate(str.maketrans("{}", "()")).strip()
    return f"Dear {name}, " if name else "Hello, "
