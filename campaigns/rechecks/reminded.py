"""What a look at records and appointments says of patients who were invited, before they are reminded.

Their row keeps its verdict: it was sent a text. What has changed of a patient is noted beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from campaigns.models import Campaign, Invitation
from campaigns.recheck_models import RecordCheck
from campaigns.rechecks import booked, records
from integrations import appointments, record_reading
from patients.models import Recipient
from patients.rechecks import NEW_MOBILE

_TEXTED_BY = ["mobile", "given_name", "family_name"]


@dataclass(slots=True)
class Seen:
    """Invitations, by what was seen of their patients: each in one place, but for those who were not asked about."""

    clear: list[UUID] = field(default_factory=list)
    booked: list[UUID] = field(default_factory=list)
    changed: list[UUID] = field(default_factory=list)
    unread: list[UUID] = field(default_factory=list)


def look(
    campaign: Campaign, invitations: Sequence[Invitation], answers: Sequence[record_reading.Answer], now: datetime
) -> Seen:
    """Sort some of a locked batch's invitations by the answers about their patients, and note what has changed.

    A new mobile goes into the patient's row, so that every text from now on goes there.
    """
    seen, comparing = Seen(), records.Look(campaign, now)
    known = {
        note.recipient_id: note
        for note in RecordCheck.objects.filter(recipient__in=[one.recipient_id for one in invitations])
    }
    notes: list[RecordCheck] = []
    rows: list[Recipient] = []
    for invitation, answer in zip(invitations, answers, strict=True):
        if isinstance(answer, appointments.SYSTEM_WIDE):
            continue
        if records.says_nothing(answer):
            seen.unread.append(invitation.id)
            continue
        row = invitation.recipient
        note = known.get(row.id) or RecordCheck(recipient=row, campaign=campaign)
        change = comparing.compare(row, answer)
        note.read_at, note.unread_since, note.again_at = now, None, None
        note.change = change.what or (note.change if note.change == NEW_MOBILE else "")
        notes.append(note)
        if not change.can:
            seen.changed.append(invitation.id)
            continue
        if any(getattr(change.row, name) != getattr(row, name) for name in _TEXTED_BY):
            rows.append(change.row)
        has_one = isinstance(answer, record_reading.Reading) and _is_booked(campaign, answer) and not note.included
        (seen.booked if has_one else seen.clear).append(invitation.id)
    Recipient.objects.bulk_update(rows, _TEXTED_BY)
    records.remember(notes)
    return seen


def _is_booked(campaign: Campaign, answer: record_reading.Reading) -> bool:
    return booked.day_of(answer.appointments, campaign.slot_type, date.max) is not None
