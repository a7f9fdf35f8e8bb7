"""Do our books, the clinical system's and the phones agree, row by row? Every disagreement is a sentence."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from booking.models import Booking, BookingState
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.results.funnel import funnel
from integrations.links import LINK, link_for
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import GONE, CodeState, MessageState
from selfbook.demo.practices import DemoPractice
from selfbook.rehearsal.staff import SLOT_TYPE


@dataclass(frozen=True, slots=True)
class TheirBooks:
    """What the stand-ins hold of one practice."""

    appointments: list[dict[str, Any]]
    codes: list[dict[str, Any]]
    texts: list[dict[str, Any]]
    slots: list[dict[str, Any]]


def read(sandbox_url: str, practice: DemoPractice) -> TheirBooks:
    """Ask the sandbox for a practice's appointments, codes, slots, and for the texts of its account."""
    parts = ["appointments", "codes", "texts", "slots"]
    answer = httpx.get(f"{sandbox_url}/__control/books", params={"ods": practice.ods_code, "part": parts}, timeout=60)
    answer.raise_for_status()
    data = answer.json()
    data["texts"] = [text for text in data["texts"] if text["account"] == practice.account_sid]
    return TheirBooks(**data)


def disagreements(campaign: Campaign, theirs: TheirBooks) -> list[str]:
    """Everything that does not agree about a batch; empty when all is well. Ids only, nothing personal."""
    return [
        *_rows(campaign),
        *_texts(campaign, theirs.texts),
        *_bookings(campaign, theirs),
        *_codes(campaign, theirs.codes),
    ]


def _rows(campaign: Campaign) -> Iterator[str]:
    numbers = funnel(campaign)
    assert campaign.patient_list is not None
    if numbers.rows != campaign.patient_list.row_count:
        yield f"{campaign.patient_list.row_count} rows were read, {numbers.rows} are in a list"
    if numbers.looking_up:
        yield f"{numbers.looking_up} rows have no verdict"
    if numbers.invitations != numbers.can:
        yield f"{numbers.can} rows can be sent, {numbers.invitations} have an invitation"
    if sum(numbers.messages.values()) != numbers.can:
        yield f"{numbers.can} rows can be sent, {sum(numbers.messages.values())} have a text"


def _texts(campaign: Campaign, texts: Iterable[dict[str, Any]]) -> Iterator[str]:
    on_phones = Counter(text["sid"] for text in texts)
    bodies = {text["sid"]: text["body"] for text in texts}
    messages = Message.objects.filter(campaign_id=campaign.id)
    for message in messages:
        if message.state in GONE and on_phones[message.provider_id or ""] != 1:
            yield f"message {message.id} is {message.state}, and on no phone"
    # No text with a patient's link may have come twice: the invitation, and those that say how to change a booking.
    links = {
        link_for(invitation_id, key_number=key)
        for invitation_id, key in _invitations(campaign).values_list("id", "link_key")
    }
    invited = [body for sid, body in bodies.items() if any(word in links for word in body.split())]
    if len(invited) != len(set(invited)):
        yield f"{len(invited) - len(set(invited))} texts with a link came twice"
    taken = GONE | {MessageState.ACCEPTED}  # of some, the receipt may not have come yet
    sent = messages.filter(body__contains=LINK, state__in=taken).count()
    if sent != len(set(invited)):
        yield f"{sent} texts with a link went by our books, {len(set(invited))} are on phones"


def _invitations(campaign: Campaign) -> Any:
    return Invitation.objects.filter(campaign=campaign)


def _bookings(campaign: Campaign, theirs: TheirBooks) -> Iterator[str]:
    slot_types = {str(slot["id"]): slot["slot_type"] for slot in theirs.slots}
    live = {
        str(appointment["id"]): appointment for appointment in theirs.appointments if appointment["status"] == "booked"
    }
    ours = Booking.objects.filter(invitation__campaign=campaign).select_related("invitation__recipient")
    for booking in ours:
        if booking.state == BookingState.BOOKED:
            yield from _booking(booking, live.pop(booking.appointment_id, None), slot_types)
        elif booking.state in (BookingState.PENDING, BookingState.STARTED, BookingState.UNKNOWN):
            yield f"booking {booking.id} is not settled"
    yield from (f"appointment {appointment} is in the clinical system and not in our books" for appointment in live)
    booked = _invitations(campaign).filter(state=InvitationState.BOOKED).count()
    if booked != ours.filter(state=BookingState.BOOKED).count():
        yield f"{booked} invitations are booked, {ours.filter(state=BookingState.BOOKED).count()} bookings are"
    confirmations = Message.objects.filter(campaign_id=campaign.id, purpose=Purpose.CONFIRMATION).count()
    if confirmations != booked:
        yield f"{booked} patients are booked, {confirmations} confirmations were written"


def _booking(booking: Booking, theirs: dict[str, Any] | None, slot_types: dict[str, str]) -> Iterator[str]:
    if theirs is None:
        yield f"booking {booking.id} is booked by our books and not in the clinical system"
        return
    if theirs["nhs_number"] != booking.invitation.recipient.nhs_number:
        yield f"booking {booking.id} is another patient's in the clinical system"
    if datetime.fromisoformat(theirs["start"]) != booking.starts_at:
        yield f"booking {booking.id} is at another time in the clinical system"
    if slot_types[booking.slot_id] != SLOT_TYPE:
        yield f"booking {booking.id} is in slot type {slot_types[booking.slot_id]}"


def _codes(campaign: Campaign, codes: Iterable[dict[str, Any]]) -> Iterator[str]:
    in_records = Counter((code["nhs_number"], code["snomed"]) for code in codes)
    filed = CodedEntry.objects.filter(campaign_id=campaign.id)
    for entry in filed:
        there = in_records[entry.nhs_number, entry.concept_id]
        if entry.state == CodeState.FILED and there != 1:
            yield f"code {entry.id} is filed by our books and {there} times in the record"
        if entry.state in (CodeState.DUE, CodeState.STARTED):
            yield f"code {entry.id} is not settled"
    declined = _invitations(campaign).filter(state=InvitationState.DECLINED).count()
    if filed.filter(purpose=Purpose.DECLINE).count() != declined:
        yield f"{declined} patients declined, {filed.filter(purpose=Purpose.DECLINE).count()} codes say so"
