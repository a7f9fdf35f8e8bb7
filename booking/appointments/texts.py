"""The texts that follow from a booking: it is booked, moved or cancelled, or that did not go through.

They name the day, the time and the place, and never what the appointment is for: phones are shared, and locked
screens show texts (wording#locked-screens).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings

from booking.models import Booking
from campaigns.models import Invitation
from core.wording import nhs_datetime, plural
from integrations.links import LINK, link_for
from integrations.messaging.text import clean, in_plain_letters, measure, outside_gsm
from integrations.models.outbox import Message, Purpose
from practices.models import Practice


def confirmation(booking: Booking, invitation: Invitation) -> Message:
    """An unsaved text: booked, when, where, and how to change it."""
    practice = invitation.practice
    booked = f"your appointment at {practice.name} is booked for {nhs_datetime(booking.starts_at)}."
    return _message(invitation, Purpose.CONFIRMATION, step_of(booking), _with_place(booked, booking, invitation))


def moved(booking: Booking, invitation: Invitation) -> Message:
    """An unsaved text: another time is booked in place of the one before."""
    practice = invitation.practice
    has_moved = f"your appointment at {practice.name} has moved. It is now on {nhs_datetime(booking.starts_at)}."
    return _message(invitation, Purpose.CONFIRMATION, step_of(booking), _with_place(has_moved, booking, invitation))


def _with_place(sentence: str, booking: Booking, invitation: Invitation) -> Iterator[str]:
    """What was said, where it is and how to change it: in full, and then shorter."""
    practice = invitation.practice
    by_phone = f"To change or cancel it, phone {practice.phone}."
    where = [f" Place: {place}." for place in places(booking.slot, practice)]
    if invitation.locked_at is None:
        yield from (f"{sentence}{place} To change or cancel it: {LINK} or phone {practice.phone}." for place in where)
    # The place matters more than the link, which is in the invitation too.
    yield from (f"{sentence}{place} {by_phone}" for place in where)
    yield f"{sentence} {by_phone}"


def reminder(booking: Booking, invitation: Invitation, *, by_link: bool) -> Message:
    """An unsaved text: an appointment is near. `by_link`: it may still be changed by the link, for a while."""
    practice = invitation.practice
    sentence = f"a reminder of your appointment at {practice.name} on {nhs_datetime(booking.starts_at)}."
    wordings = [wording for wording in _with_place(sentence, booking, invitation) if by_link or LINK not in wording]
    # Each of a patient's bookings may have several: `reminding` numbers them by itself.
    text = _message(invitation, Purpose.APPOINTMENT, 0, wordings)
    text.any_hour = False
    return text


def not_moved(booking: Booking, former: Booking, invitation: Invitation) -> Message:
    """An unsaved text: the other time could not be booked, and the appointment is as it was."""
    practice = invitation.practice
    stays = f"Your appointment on {nhs_datetime(former.starts_at)} stays as it was."
    sorry, to = f"sorry, we could not move your appointment at {practice.name}", nhs_datetime(booking.starts_at)
    if former.clinics.exists():  # nobody may come to it because of this text
        still = f"Your appointment on {nhs_datetime(former.starts_at)} still cannot go ahead."
        again = "" if invitation.record_fault else f"Choose another time: {LINK} or "
        by_phone = f"{again}{'p' if again else 'P'}hone {practice.phone}."
        wordings = [f"{sorry} to {to}. {still} {by_phone}", f"{sorry}. {still} {by_phone}"]
    elif invitation.record_fault:  # another time could not be booked either
        wordings = [f"{sorry}{where}. {stays} To move it, phone {practice.phone}." for where in (f" to {to}", "")]
    else:
        wordings = [f"{sorry} to {to}. {stays} Questions? Phone {practice.phone}.", f"{sorry}. {stays}"]
    return _message(invitation, Purpose.NOT_BOOKED, step_of(booking), wordings)


def cancelled(booking: Booking, invitation: Invitation, *, may_choose: bool) -> Message:
    """An unsaved text: cancelled, and how to book another time; by the link only if that still works."""
    practice = invitation.practice
    sentence = f"your appointment at {practice.name} on {nhs_datetime(booking.starts_at)} is cancelled."
    by_phone = f"{sentence} To book another time, phone {practice.phone}."
    by_link = [f"{sentence} To book another time: {LINK} or phone {practice.phone}."] if may_choose else []
    return _message(invitation, Purpose.CANCELLATION, step_of(booking), [*by_link, by_phone])


def not_cancelled(booking: Booking, invitation: Invitation) -> Message:
    """An unsaved text: it may not be cancelled, and only the practice can help."""
    practice = invitation.practice
    wording = (
        f"sorry, we could not cancel your appointment at {practice.name} on {nhs_datetime(booking.starts_at)} for you. "
        f"Please phone {practice.phone} to cancel it."
    )
    return _message(invitation, Purpose.NOT_CANCELLED, step_of(booking), [wording])


def slot_gone(booking: Booking, invitation: Invitation) -> Message:
    """An unsaved text: not booked, because the slot went; the link still works."""
    practice = invitation.practice
    sorry = f"sorry, the time you chose at {practice.name} has just been taken, so you do not have an appointment."
    again = f"Choose another time: {LINK}"
    wordings = [f"{sorry} {again} or phone {practice.phone}.", f"{sorry} {again}"]
    return _message(invitation, Purpose.NOT_BOOKED, step_of(booking), wordings)


def new_link(invitation: Invitation, number: int) -> Message:
    """An unsaved text: the link works again, as the patient asked. `number` counts their requests from 0."""
    practice, days = invitation.practice, plural(invitation.campaign.link_lifetime_days, "day")
    book = f"here is the new link that you asked for. Book your appointment at {practice.name}: {LINK}"
    wordings = [f"{book} or phone {practice.phone}. It works for {days}.", f"{book} It works for {days}.", book]
    return _message(invitation, Purpose.NEW_LINK, number, wordings)


def choose_again(invitation: Invitation, booking: Booking) -> Message:
    """An unsaved text: the link works again after an appointment was cancelled, as staff have decided."""
    practice, days = invitation.practice, plural(invitation.campaign.link_lifetime_days, "day")
    book = f"you can choose another time for your appointment at {practice.name}: {LINK}"
    wordings = [f"{book} or phone {practice.phone}. The link works for {days}.", f"{book} It works for {days}.", book]
    text = _message(invitation, Purpose.REBOOK, step_of(booking), wordings)
    text.any_hour = False
    return text


def clinic_cancelled(booking: Booking, invitation: Invitation) -> Message:
    """An unsaved text: the appointment cannot go ahead, and another time can be chosen by the link."""
    practice = invitation.practice
    sorry = f"sorry, your appointment at {practice.name} on {nhs_datetime(booking.starts_at)} cannot go ahead."
    again = f"Please choose another time: {LINK}"
    wordings = [f"{sorry} {again} or phone {practice.phone}.", f"{sorry} {again}"]
    text = _message(invitation, Purpose.CLINIC, step_of(booking), wordings)
    text.any_hour = False
    return text


def more_times(invitation: Invitation, step: int) -> Message:
    """An unsaved text: there are times again, as the patient asked to be told."""
    practice = invitation.practice
    there_are = f"you asked us to tell you: there are more appointment times at {practice.name}."
    book = f"Choose one soon, because others may take them: {LINK}"
    wordings = [f"{there_are} {book} or phone {practice.phone}.", f"{there_are} {book}"]
    return _message(invitation, Purpose.MORE_TIMES, step, wordings)


def not_booked(booking: Booking, invitation: Invitation) -> Message:
    """An unsaved text: not booked, and only the practice can help."""
    practice = invitation.practice
    wording = f"sorry, we could not book your appointment at {practice.name}. Please phone {practice.phone} to book it."
    return _message(invitation, Purpose.NOT_BOOKED, step_of(booking), [wording])


def not_known(booking: Booking, invitation: Invitation) -> Message:
    """An unsaved text: nobody could find out whether it was booked."""
    practice = invitation.practice
    what = "was moved" if booking.replaces_id else "was booked"
    wording = (
        f"sorry, we could not check that your appointment at {practice.name} {what}. "
        f"Please phone {practice.phone} to ask. Do not book again."
    )
    return _message(invitation, Purpose.NOT_BOOKED, step_of(booking), [wording])


def places(slot: Mapping[str, Any], practice: Practice) -> list[str]:
    """Where a slot, as our rows keep it, takes place: in full, and then shorter.

    The location's own address counts where the appointment book has it: the practice's may be that of another branch.
    """
    location = str(slot.get("location", "")).strip()
    address = str(slot.get("address", "")).strip() or practice.address.strip()
    full = ", ".join(part for part in (location, address) if part)
    return list(dict.fromkeys(place for place in (full, address, location) if place))


def step_of(booking: Booking) -> int:
    """Which of the patient's bookings this is, from 0: each gets its own texts, once."""
    return Booking.objects.filter(invitation=booking.invitation_id, created_at__lt=booking.created_at).count()


def _message(invitation: Invitation, purpose: Purpose, step: int, wordings: Iterable[str]) -> Message:
    """An unsaved text, in the first wording that fits."""
    recipient = invitation.recipient
    body, fragments = fitted(recipient.given_name, wordings, link_for(invitation.id, key_number=invitation.link_key))
    return Message(
        practice=invitation.practice,
        campaign_id=invitation.campaign_id,
        subject_id=invitation.id,
        purpose=purpose,
        step=step,
        to=recipient.mobile,
        body=body,
        link_key=invitation.link_key,
        fragments=fragments,
    )


def fitted(given_name: str, wordings: Iterable[str], link: str = "") -> tuple[str, int]:
    """A text and its fragments, in the first wording, fullest first, that fits; the last if none does.

    Letters that would cost a fragment become the nearest plain ones, in names and places alike, so that nobody's
    letters cost them the place or the link. A name without plain letters, in another alphabet, gives way to them too.
    """
    wordings = list(wordings)
    greeting = _greeting(given_name)
    body, fragments = _cheapest(f"{greeting}{wordings[0]}", link)
    if outside_gsm(in_plain_letters(greeting)) and fragments > settings.MESSAGE_FRAGMENTS_MAX:
        greeting = _greeting("")
    for wording in wordings:
        body, fragments = _cheapest(f"{greeting}{wording}", link)
        if fragments <= settings.MESSAGE_FRAGMENTS_MAX:
            break
    return body, fragments


def _cheapest(text: str, link: str) -> tuple[str, int]:
    """A text, cleaned, in the letters that take fewer fragments; and how many. Its own letters where both do."""
    body = clean(text).text
    own, plain = (measure(way.replace(LINK, link)).fragments for way in (body, in_plain_letters(body)))
    return (in_plain_letters(body), plain) if plain < own else (body, own)


def _greeting(given_name: str) -> str:
    """The name that tells people who share a phone whose text it is. Braces in it never become a placeholder."""
    name = clean(given_name).text.translate(str.maketrans("{}", "()")).strip()
    return f"Dear {name}, " if name else "Hello, "
