"""What a look at records and appointments says of patients who were invited, before they are reminded.

Their row keeps its verdict: it was sent a text. What has changed of a patient is noted beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from campaigns.models import Campaign, Invitation
from campaigns.models.rechecks import RecordCheck
from campaigns.sending.rechecks import booked, records
from integrations import record_reading
from patients.models import Recipient
from patients.records.rechecks import NEW_MOBILE, Change

_TEXTED_BY = ["mobile", "given_name", "family_name"]


class Ledger:
    """What looks at patients who were invited have shown, until it is written down in one go."""

    def __init__(self, rows: Iterable[Recipient]) -> None:
        """Read what earlier looks noted about these patients, in one query."""
        known = RecordCheck.objects.filter(recipient__in=[row.id for row in rows])
        self._known = {note.recipient_id: note for note in known}
        self._notes: dict[UUID, RecordCheck] = {}
        self._texted: dict[UUID, Recipient] = {}

    def is_included(self, row: Recipient) -> bool:
        """Whether staff had the patient invited although the practice had booked them."""
        note = self._known.get(row.id)
        return note is not None and note.included

    def enter(self, looking: records.Look, row: Recipient, answer: record_reading.Answer) -> Change:
        """What an answer changes about a patient. It must say something of them."""
        note = self._known.get(row.id) or RecordCheck(recipient=row, campaign=looking.campaign)
        change = looking.compare(row, answer)
        note.read_at, note.unread_since, note.again_at = looking.now, None, None
        note.change = change.what or (note.change if note.change == NEW_MOBILE else "")
        self._notes[row.id] = note
        if change.can and any(getattr(change.row, name) != getattr(row, name) for name in _TEXTED_BY):
            self._texted[row.id] = change.row
        return change

    def write(self) -> None:
        """Write it down, in the caller's transaction. A new mobile is the patient's from now on, for every text."""
        Recipient.objects.bulk_update(self._texted.values(), _TEXTED_BY)
        records.remember(list(self._notes.values()))


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
    """Sort some of a locked batch's invitations by the answers about their patients, and note what has changed."""
    seen, looking = Seen(), records.Look(campaign, now)
    ledger = Ledger([invitation.recipient for invitation in invitations])
    for invitation, answer in zip(invitations, answers, strict=True):
        if not isinstance(answer, record_reading.SYSTEM_WIDE):
            _place(seen, looking, ledger, invitation, booked.conclusive(answer, campaign.slot_type, date.max))
    ledger.write()
    return seen


def _place(
    seen: Seen, looking: records.Look, ledger: Ledger, invitation: Invitation, answer: record_reading.Answer
) -> None:
    if records.says_nothing(answer):
        seen.unread.append(invitation.id)
    elif not ledger.enter(looking, invitation.recipient, answer).can:
        seen.changed.append(invitation.id)
    elif _is_booked(looking.campaign, answer) and not ledger.is_included(invitation.recipient):
        seen.booked.append(invitation.id)
    else:
        seen.clear.append(invitation.id)


def _is_booked(campaign: Campaign, answer: record_reading.Answer) -> bool:
    appointments = answer.appointments if isinstance(answer, record_reading.Reading) else ()
    return booked.day_of(appointments, campaign.slot_type, date.max) is not None
