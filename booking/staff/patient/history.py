"""One invitation's story: what happened, when, and who did it, the latest first.

It is put together from what the rows themselves say, and from the audit trail: five queries, however long it is.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from booking.models import Booking
from campaigns.models import Invitation
from campaigns.sequences.wording import ordinal
from core.wording import nhs_datetime
from integrations.messaging.replies import Wish
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import FOR_A_PERSON, GONE, CodeState, MessageState
from practices.models import AuditEvent

MOST = 300
"""Events that are looked at: far more than any invitation has."""

THE_PATIENT, BY_ITSELF = "The patient", "Selfbook"
SOMEBODY = "Somebody with this phone"

_TEXTS = {
    Purpose.INVITATION: "the invitation",
    Purpose.NEXT_INVITATION: "the {which} invitation",
    Purpose.RESENT: "the invitation, sent again",
    Purpose.NEW_LINK: "a new link",
    Purpose.REBOOK: "choosing another time",
    Purpose.CLINIC: "a cancelled clinic",
    Purpose.REMINDER: "the invitation, to remind",
    Purpose.CONFIRMATION: "their appointment",
    Purpose.NOT_BOOKED: "a booking that did not go through",
    Purpose.CANCELLATION: "their cancelled appointment",
    Purpose.NOT_CANCELLED: "an appointment that could not be cancelled",
    Purpose.MORE_TIMES: "more times",
    Purpose.APPOINTMENT: "their appointment, to remind",
}

_ABOUT_LINK = {
    "invitation.declined": "Declined",
    "invitation.decline_reversed": "Decline reversed. Its code stays in the record",
    "invitation.locked": "Link locked after too many wrong dates of birth",
    "invitation.unlocked": "Link unlocked",
    "invitation.expired": "Link ended",
    "invitation.record_fault": "The record must be checked. We wrote nothing to it",
    "invitation.renewed": "Link renewed",
    "invitation.sent_again": "Asked for the text to be sent again",
    "invitation.link_shown": "Looked at the link to copy it",
    "invitation.wrong_number": "Texted that it is the wrong number",
    "invitation.new_link_asked": "Asked for a new link",
    "invitation.caller_checked": "Checked who was calling",
    "patient.followed_up": "Followed up: taken off the list of patients to follow up",
    "patient.to_follow_up_again": "Put on the list of patients to follow up again",
}
_ABOUT_BATCH = {
    "campaign.paused": "Batch paused",
    "campaign.resumed": "Batch resumed",
    "campaign.cancelled": "Batch cancelled",
    "campaign.reminded": "Asked for a reminder to all who had not answered",
}
_ABOUT = _ABOUT_LINK | _ABOUT_BATCH
_TEXTED = {
    Wish.CANCEL.value: "Texted that they cannot come",
    Wish.CHANGE.value: "Texted that they want another time",
    Wish.UNSURE.value: "Texted about coming, one way or the other",
}
_BY_PATIENT = {
    "invitation.declined",
    "invitation.locked",
    "invitation.new_link_asked",
    "invitation.wrong_number",
    "booking.confirmed",
    "booking.cancel_asked",
    "booking.texted",
}
"""Where nobody of the practice did it, the patient did."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `who` is empty where it does not matter, as for the phone network's news."""

    at: datetime
    said: str
    who: str = ""


def story(invitation: Invitation, bookings: Sequence[Booking]) -> list[Event]:
    """Everything that happened with an invitation and these, its bookings; the latest first."""
    texts = list(Message.objects.filter(subject_id=invitation.id).order_by("created_at"))
    reminders = {text.step for text in texts if text.purpose == Purpose.REMINDER}
    recorded = _recorded(invitation, bookings, reminders)
    events = [*_beginning(invitation), *_texts(texts), *_codes(invitation), *recorded]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _beginning(invitation: Invitation) -> Iterator[Event]:
    sender = invitation.campaign.started_by
    yield Event(invitation.created_at, "Invited with this batch", sender.get_full_name() if sender else "")
    if invitation.opened_at:
        yield Event(invitation.opened_at, "Opened the link and went on", THE_PATIENT)


def _texts(texts: Sequence[Message]) -> Iterator[Event]:
    for text in texts:
        about = f"Text about {_about_what(text)}"
        if text.in_app_at:
            yield from _in_app(text)
            if text.state == MessageState.IN_APP or text.is_settled_in_app:
                continue
        if text.sent_at and text.state in GONE | {MessageState.ACCEPTED, MessageState.FAILED}:
            yield Event(text.sent_at, f"{about}: sent")
        if text.state != MessageState.SENT:
            label, reason = text.label.lower(), f". {text.reason}" if text.reason else ""
            yield Event(text.settled_at or text.sent_at or text.created_at, f"{about}: {label}{text.where}{reason}")


def _about_what(text: Message) -> str:
    return _TEXTS[Purpose(text.purpose)].format(which=ordinal(text.step))


def _in_app(text: Message) -> Iterator[Event]:
    """What became of a message in the NHS App that has a text behind it, up to its text."""
    assert text.in_app_at is not None
    about = f"Message about {_about_what(text)}"
    yield Event(text.in_app_at, f"{about}: put into the NHS App")
    if text.state == MessageState.DELIVERED and text.is_settled_in_app:
        yield Event(text.settled_at or text.in_app_at, f"{about}: read in the NHS App")
    elif text.is_settled_in_app:
        yield Event(text.app_over or text.in_app_at, f"{about}: no text follows. {text.reason}")
    elif text.app_over:
        yield Event(text.app_over, f"{about}: not read in the NHS App, so a text follows")


def _codes(invitation: Invitation) -> Iterator[Event]:
    for entry in CodedEntry.objects.filter(subject_id=invitation.id).select_related("by_hand_by"):
        who = entry.by_hand_by.get_full_name() if entry.by_hand_by else BY_ITSELF
        state = CodeState(entry.state).label.lower()
        reason = f". {entry.reason}" if entry.state in FOR_A_PERSON and entry.reason else ""
        at = entry.settled_at or entry.happened_at or entry.created_at
        yield Event(at, f"Code “{entry.term}”: {state}{reason}", who)


def _recorded(invitation: Invitation, bookings: Sequence[Booking], reminders: Container[int]) -> Iterator[Event]:
    """What the audit trail has. Of the batch's reminders, only those by whose numbers this patient got one."""
    by_id = {booking.id: booking for booking in bookings}
    about = Q(object_id__in=[invitation.id, *by_id])
    # What was done with the whole batch since then was done with this invitation too.
    about |= Q(object_id=invitation.campaign_id, action__in=_ABOUT_BATCH, at__gte=invitation.created_at)
    events = AuditEvent.objects.filter(about, practice=invitation.practice_id).select_related("actor")
    for event in events.order_by("-id")[:MOST]:
        if event.action == "campaign.reminded" and event.data.get("number") not in reminders:
            continue
        booking = by_id.get(event.object_id) if event.object_id else None
        label = _ABOUT.get(event.action, "") if booking is None else _about(booking, event)
        if label:
            yield Event(event.at, label, _who(event))


def _who(event: AuditEvent) -> str:
    if event.actor is not None:
        return event.actor.get_full_name()
    if event.action not in _BY_PATIENT:
        return BY_ITSELF
    is_shared = event.action == "invitation.wrong_number" or event.data.get("patients", 1) > 1
    return SOMEBODY if is_shared else THE_PATIENT


def _about(booking: Booking, event: AuditEvent) -> str:
    """What an event says about a booking, in words."""
    when, moved = nhs_datetime(booking.starts_at), booking.replaces_id is not None
    answer = "it is" if event.data.get("found") == "yes" else "it is not"
    labels = {
        "booking.confirmed": f"Asked to move to {when}" if moved else f"Asked for {when}",
        "booking.booked": f"Moved to {when}" if moved else f"Booked for {when}",
        "booking.slot_gone": f"Not booked for {when}: somebody else took the time",
        "booking.failed": f"Not booked for {when}. {booking.reason}".strip(),
        "booking.check": f"We could not find out whether {when} was booked",
        "booking.checked": f"Looked in the book for {when}: {answer} there",
        "booking.cancel_asked": f"Asked to cancel {when}",
        "booking.cancelled": f"Cancelled: {when}",
        "booking.texted": f"{_TEXTED.get(event.data.get('wish', ''), 'Texted')}: {when}",
        "booking.link_sent": f"Sent a link to choose another time: {when} was cancelled",
        "booking.clinic_cancelled": f"Clinic cancelled: {when} cannot go ahead",
        "booking.not_in_book": f"Not in your book any more: {when}. No reminder was sent",
        "booking.not_cancelled": f"Could not be cancelled: {when}. {booking.reason}".strip(),
    }
    return labels.get(event.action, "")
