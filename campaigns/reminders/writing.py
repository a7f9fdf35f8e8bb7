"""Writing the texts of a reminder: patients' records and appointments are read first, and those who need it are texted.

Somebody whom the practice has booked by phone must not be asked to book, and nobody is chased who has died or left. So
before a reminder, by hand or by itself, each patient's record and appointments are read, in chunks and with no
connection held. Who has an appointment of the batch's slot type counts as done (`Invitation.elsewhere_at`). Whose
record says that they are not to be texted is left out, and noted (`RecordCheck.change`); a new mobile is used. While
the clinical system cannot be read nobody is reminded: the reminder tries again every `RETRY`, and ends without the
others after `LATE`. One patient who alone cannot be read waits alone.

The further invitations of a batch's plan are written in the same way. Whoever is left out because nothing could be read
is due again on the next day.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from campaigns.models import Campaign, Invitation, InvitationState, Reminder, ReminderWait
from campaigns.models.states import CampaignState
from campaigns.reminders import services as reminders
from campaigns.sending.issuing import MessageRenderer
from campaigns.sending.rechecks import reminded
from campaigns.sequences import writing as further
from core.database import whole_sets
from core.hints import hint
from integrations import record_reading
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.outbox.queueing import queue
from practices.audit import trail as audit
from practices.holds import services as holds

logger = logging.getLogger(__name__)

READ = 160
"""Patients read in one go at most: some seconds with LOOKUPS_AT_ONCE."""

RETRY = timedelta(minutes=10)
LATE = timedelta(hours=24)
"""After so long a reminder ends without the patients whose appointments could not be read."""

AHEAD = timedelta(days=84)
"""How far ahead appointments are read: as far as any batch lets patients book."""


@dataclass(frozen=True, slots=True)
class _Claim:
    reminder: Reminder
    campaign: Campaign
    invitations: Sequence[Invitation]


def write(reminder_id: UUID, *, chunks: int | None = None) -> bool:
    """Write a reminder's texts. With `chunks` no more than so many are written; True when there may be more to do."""
    done = 0
    while chunks is None or done < chunks:
        claimed = claim(reminder_id)
        if claimed is None or not settle(claimed, call(claimed)):
            return False
        done += 1
    return True


def sweep() -> None:
    """Hint again at every reminder whose texts are not all written, and whose time has come."""
    now = timezone.now()
    waiting = Reminder.objects.filter(written_at=None, due_at__lte=now).exclude(campaign__state=CampaignState.PAUSED)
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    for reminder_id in waiting.filter(free).values_list("id", flat=True):
        hint("campaigns.write_reminders", reminder_id)


@transaction.atomic
def claim(reminder_id: UUID) -> _Claim | None:
    """Some patients to remind, for a while nobody else's. The batch's lock keeps pauses and other workers out."""
    campaign, reminder = _locked(reminder_id)
    now = timezone.now()
    taken = reminder.claimed_until is not None and reminder.claimed_until > now
    if reminder.written_at is not None or campaign.state == CampaignState.PAUSED or taken or reminder.due_at > now:
        return None
    if reminder.invitation is not None and not holds.may_leave(campaign.practice_id):
        return None  # what is written has its last time: an invitation that could not leave would be lost
    if campaign.state not in reminders.GOING:
        _end(reminder)
        return None
    waits = reminder.waits.filter(Q(again_at=None) | Q(again_at__gt=now))
    left = reminders.due_for(reminder, campaign).exclude(id__in=waits.values("invitation"))
    with whole_sets():
        if now >= reminder.asked_at + LATE:
            changed = reminder.waits.filter(again_at=None).values("invitation")
            _end(reminder, book_unreadable=reminders.due_for(reminder, campaign).exclude(id__in=changed).count())
            return None
        rows = left.select_related("recipient").order_by("recipient__row_number")
        found = list(rows[:READ])
    if not found:
        again_at = reminder.waits.filter(again_at__gt=now).aggregate(again_at=Min("again_at"))["again_at"]
        if again_at is None:
            _end(reminder)
        else:
            reminder.due_at = again_at
            reminder.save(update_fields=["due_at"])
        return None
    reminder.claimed_until = now + record_reading.LASTS
    reminder.save(update_fields=["claimed_until"])
    return _Claim(reminder, campaign, found)


def _locked(reminder_id: UUID) -> tuple[Campaign, Reminder]:
    related = ("practice", "started_by", "patient_list")
    rows = Campaign.objects.select_for_update(of=("self",)).select_related(*related)
    campaign = rows.get(reminders=reminder_id)
    return campaign, campaign.reminders.get(id=reminder_id)


def _end(reminder: Reminder, *, book_unreadable: int = 0) -> None:
    """Nothing more is written for it."""
    reminder.written_at, reminder.waits_since = timezone.now(), None
    reminder.book_unreadable = book_unreadable
    reminder.save(update_fields=["written_at", "waits_since", "book_unreadable"])


def _reads_book(campaign: Campaign) -> bool:
    """Whether it matters who is booked: staff may have chosen to write to those, too."""
    return not campaign.include_booked


def call(claim: _Claim) -> Sequence[record_reading.Answer]:
    """What the practice's record system says of a claim's patients, in their order."""
    campaign, today = claim.campaign, timezone.localdate()
    assert campaign.started_by is not None  # a started campaign has a starter, by constraint
    until = today + AHEAD if _reads_book(campaign) else None
    questions = [record_reading.Question(one.recipient.nhs_number, until) for one in claim.invitations]
    return record_reading.read(campaign.practice, campaign.started_by, questions, today)


@transaction.atomic
def settle(claim: _Claim, answers: Sequence[record_reading.Answer]) -> bool:
    """Write the texts, who is booked or has changed, and who waits; False when nothing can be read, or all has stopped.

    Whoever has answered while the book was read is not due any more.
    """
    campaign, reminder = _locked(claim.reminder.id)
    now = timezone.now()
    reminder.claimed_until = None
    going = campaign.state in reminders.GOING and reminder.written_at is None
    readable = any(_is_about_the_patient(answer) for answer in answers)
    if going:
        seen = reminded.look(campaign, claim.invitations, answers, now)
        _note_booked(campaign, seen.booked, now)
        _note_waits(reminder, seen, now)
        due = reminders.due_for(reminder, campaign, only=seen.clear).select_related("recipient")
        found = list(due.order_by("recipient__row_number"))
        queue(campaign.practice, *_write(campaign, reminder, found))
        reminder.due_at = now if readable else now + RETRY
        reminder.waits_since = None if readable else reminder.waits_since or now
        logger.info("reminders written", extra={"campaign_id": str(campaign.id), "count": len(found)})
    reminder.save(update_fields=["claimed_until", "due_at", "waits_since"])
    return going and readable


def _is_about_the_patient(answer: record_reading.Answer) -> bool:
    """Whether the clinical system is there: it has said something of this one patient."""
    return not isinstance(answer, record_reading.SYSTEM_WIDE)


def _note_booked(campaign: Campaign, booked: Sequence[UUID], now: datetime) -> None:
    """Count these as done. Whoever has answered meanwhile counts as that."""
    still_open = Invitation.objects.filter(id__any_of=booked, campaign=campaign, state=InvitationState.OPEN)
    if booked and (patients := still_open.update(elsewhere_at=now)):
        audit.record(
            "campaign.booked_elsewhere",
            practice=campaign.practice,
            actor=None,
            object_id=campaign.id,
            patients=patients,
        )


def _note_waits(reminder: Reminder, seen: reminded.Seen, now: datetime) -> None:
    """Leave out, for a while, whose answer could not be read; and for this reminder, who is not to be texted."""
    again = [(invitation, now + RETRY) for invitation in seen.unread]
    waits = [
        ReminderWait(reminder=reminder, invitation_id=invitation, again_at=again_at)
        for invitation, again_at in [*again, *((invitation_id, None) for invitation_id in seen.changed)]
    ]
    ReminderWait.objects.bulk_create(
        waits, update_conflicts=True, unique_fields=["reminder", "invitation"], update_fields=["again_at"]
    )


def _write(
    campaign: Campaign, reminder: Reminder, invitations: Sequence[Invitation]
) -> tuple[list[Message], list[CodedEntry]]:
    """The messages of a reminder, or those of an invitation of the batch's plan with its codes. Unsaved."""
    if reminder.invitation is not None:
        return further.write(campaign, reminder.invitation, invitations)
    return _texts(campaign, reminder, invitations), []


def _texts(campaign: Campaign, reminder: Reminder, invitations: Sequence[Invitation]) -> list[Message]:
    renderer = MessageRenderer(reminders.message_of(campaign), campaign.practice)
    made = []
    for invitation in invitations:
        body, fragments = renderer.of(invitation.recipient.given_name)
        made.append(
            Message(
                practice=campaign.practice,
                campaign_id=campaign.id,
                subject_id=invitation.id,
                purpose=Purpose.REMINDER,
                step=reminder.number,
                to=invitation.recipient.mobile,
                body=body,
                link_key=invitation.link_key,
                fragments=fragments,
                any_hour=campaign.any_hour,
            )
        )
    return made
