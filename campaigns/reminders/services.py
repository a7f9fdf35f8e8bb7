"""Reminding the patients of a batch who have not answered: one press, one more text for each of them, with their link.

A press is a row with a number, and so is a day on which a batch reminds by itself (`automatic`). Its texts are written
by `reminder_writing` and leave by the same gates as invitations: a pause or a cancellation stops them, and what its
patient has answered before it leaves is withdrawn (`not_needed`). Nobody is reminded within `APART` of any text about
the batch, and nobody whom the practice has booked itself.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists
from django.utils import timezone

from campaigns.messages import texts
from campaigns.messages.costs import Cost, priced
from campaigns.models import Campaign, Invitation, InvitationQuerySet, InvitationState, Reminder
from campaigns.results.funnel import LEFT
from campaigns.sequences import askable
from campaigns.sequences import due as further
from core.database import whole_sets
from core.hints import hint
from core.sociable_hours import LONDON, next_sociable
from core.wording import plural
from integrations.models.outbox import FIRST_INVITATIONS, INVITATIONS, Message, Purpose
from integrations.models.states import MessageState
from practices.audit import trail as audit
from practices.models import Practice, User

APART = askable.APART
"""Between any text about the batch to a patient and a reminder."""

APART_BY_ITSELF = askable.APART_BY_ITSELF
"""The same for a reminder that nobody pressed for: not the day after one by hand."""

LEAST = timedelta(days=2)
"""For so long at least a link works from when its reminder leaves: nobody is reminded of one that is about to end."""

MESSAGE = "Dear {name}, a reminder from {practice}: please book your appointment. Choose a time: {link} or phone us."
MAY_DECLINE = "Dear {name}, a reminder from {practice}: please book your appointment, or say no: {link} or phone us."
"""What a reminder says, to the NHS rules for texts: from whom, what to do, another way, and nothing about health."""

GOING = askable.GOING
"""The batches whose patients can be reminded."""

NO_MORE = "The patient has answered since, or their link no longer works."
"""Why a reminder was withdrawn, for staff."""


class CannotRemind(Exception):
    """No reminder may be sent now, for a reason given as a sentence for staff."""

    def __init__(self, sentence: str) -> None:
        super().__init__("no reminder now")
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen if the button were pressed now.

    `number` is this reminder's; `under_way`: the one before it is still being written. `lately` have not answered and
    have had a text within `APART`: it is too soon for them. `leaves_at` is now, or the morning.
    """

    number: int
    under_way: bool
    patients: int
    lately: int
    cost: Cost
    preview: texts.Preview
    leaves_at: datetime

    @property
    def texts(self) -> str:
        """How many of our texts that takes, in words; empty where none is ours."""
        if not self.cost.length:
            return ""
        return f"{'' if self.cost.is_certain else 'At most '}{plural(self.patients, 'text')}, {self.cost.length}"


def message_of(campaign: Campaign) -> str:
    """What a reminder of a batch says, with its placeholders."""
    return MAY_DECLINE if campaign.allow_decline else MESSAGE


def may_come(campaign: Campaign) -> bool:
    """Whether a batch is under way, and old enough that some of its patients may need a reminder."""
    began = campaign.starts_at or campaign.started_at
    return not campaign.is_erased and campaign.state in GOING and began is not None and began <= timezone.now() - APART


def plan(campaign: Campaign) -> Plan:
    """Whom a reminder would go to now, and what that takes. In a few queries, whatever the batch's size."""
    now = timezone.now()
    leaves_at = _leaves_at(campaign, now)
    names = _due(campaign, now).order_by().values_list("recipient__given_name").annotate(patients=Count("id"))
    with whole_sets():
        counts = dict(names)
        lately = _open(campaign, leaves_at).filter(askable.texted_lately(campaign, now)).count()
    former = list(campaign.reminders.values_list("written_at", flat=True))
    message = message_of(campaign)
    fragments = texts.total_fragments(message, practice=campaign.practice, names=counts)
    return Plan(
        number=len(former) + 1,
        under_way=None in former,
        patients=sum(counts.values()),
        lately=lately,
        cost=priced(campaign.practice_id, fragments),
        preview=texts.preview(message, practice=campaign.practice),
        leaves_at=leaves_at,
    )


def _leaves_at(campaign: Campaign, now: datetime) -> datetime:
    return now if campaign.any_hour else next_sociable(now)


def _open(campaign: Campaign, until: datetime) -> InvitationQuerySet:
    """The invitations without an answer whose text has left, and whose link works until then."""
    invited = askable.texts_of(campaign).filter(purpose__in=INVITATIONS, state__in=sorted(map(str, LEFT)))
    unanswered = Invitation.objects.filter(
        campaign=campaign, state=InvitationState.OPEN, locked_at=None, elsewhere_at=None
    )
    return unanswered.filter(Exists(invited), expires_at__gt=until)


def due_by_itself(campaign: Campaign, number: int, day: date, at: datetime) -> InvitationQuerySet:
    """Whom a batch's own reminder, the first or a later one, is for on a day: their text left so many days before.

    Whoever has been invited again by the batch's plan gets none any more. One that staff sent by hand counts as one of
    them. Whoever was texted within `APART_BY_ITSELF` waits for the next day. Read them in `whole_sets`.
    """
    left_by = datetime.combine(day - timedelta(days=campaign.reminder_days[number - 1] - 1), time(), LONDON)
    invited = askable.texts_of(campaign).filter(purpose__in=FIRST_INVITATIONS, sent_at__lt=left_by)
    again = askable.texts_of(campaign).filter(purpose=Purpose.NEXT_INVITATION).exclude(state=MessageState.WITHDRAWN)
    reminders = Message.objects.of_batch(campaign.id).filter(purpose=Purpose.REMINDER)
    reminded = reminders.exclude(state=MessageState.WITHDRAWN).values("subject_id").annotate(texts=Count("id"))
    due = _due(campaign, at).filter(Exists(invited)).exclude(Exists(again))
    due = due.exclude(askable.texted_lately(campaign, at, APART_BY_ITSELF))
    return due.exclude(id__in=reminded.filter(texts__gte=number).values("subject_id"))


def due_for(reminder: Reminder, campaign: Campaign, only: Collection[UUID] | None = None) -> InvitationQuerySet:
    """Whom a reminder, or an invitation of the batch's plan, is still to be written for; of a few, `only` these."""
    if reminder.invitation is not None:
        return further.due_for(reminder, campaign, only)
    if reminder.automatic is None or reminder.day is None:
        due = _due(campaign, reminder.asked_at)
    else:
        due = due_by_itself(campaign, reminder.automatic, reminder.day, reminder.asked_at)
    return due if only is None else due.filter(id__any_of=only)


def _due(campaign: Campaign, at: datetime) -> InvitationQuerySet:
    """The invitations to remind of: nobody among them has answered, opted out, or been texted shortly before then.

    Read them in `whole_sets`: of rows stored a moment ago PostgreSQL would look through all for each one.
    """
    due = _open(campaign, _leaves_at(campaign, timezone.now())).exclude(askable.texted_lately(campaign, at))
    return askable.left_out(campaign, askable.without_opt_outs(campaign, due))


def ask(*, campaign: Campaign, number: int, seen: int, by: User) -> bool:
    """Have a reminder written and sent; False when that one has been asked for already, by whomever.

    `seen` is how many patients staff were told would get it: no more do. Raises CannotRemind.
    """
    with transaction.atomic():
        rows = Campaign.objects.select_for_update(of=("self",)).select_related("practice")
        locked = rows.get(id=campaign.id)
        if locked.reminders.filter(number=number).exists():
            return False
        patients = _check(locked, number, seen)
        reminder = Reminder.objects.create(campaign=locked, number=number, asked_by=by, patients=patients)
        audit.record(
            "campaign.reminded",
            practice=locked.practice,
            actor=by,
            object_id=locked.id,
            number=number,
            patients=patients,
        )
        hint("campaigns.write_reminders", reminder.id)
    return True


def _check(locked: Campaign, number: int, seen: int) -> int:
    """How many patients a reminder goes to. Raises CannotRemind."""
    if locked.state not in GOING:
        raise CannotRemind("This batch is not being sent now, so no reminder can go.")
    former = list(locked.reminders.values_list("written_at", flat=True))
    if None in former:
        raise CannotRemind("A reminder is on its way now. Wait until it has gone.")
    if number != len(former) + 1:
        raise CannotRemind("Another reminder has been sent since. Check the numbers, then send.")
    with whole_sets():
        patients = _due(locked, timezone.now()).count()
    if not patients:
        raise CannotRemind("There is nobody to remind now.")
    if patients > seen:
        raise CannotRemind(f"The number of patients was {seen:,} and is now {patients:,}. Check it, then send.")
    return patients


def not_needed(practice: Practice, rows: Sequence[Message]) -> dict[UUID, str]:
    """Those reminders among some texts about to go whose patient has answered, or cannot any more."""
    reminders = [text for text in rows if text.purpose == Purpose.REMINDER]
    if not reminders:
        return {}
    still = Invitation.objects.filter(
        practice=practice, state=InvitationState.OPEN, locked_at=None, expires_at__gt=timezone.now()
    )
    open_ids = set(still.filter(id__any_of={text.subject_id for text in reminders}).values_list("id", flat=True))
    return {text.id: NO_MORE for text in reminders if text.subject_id not in open_ids}


def links_end(practice: Practice, rows: Sequence[Message]) -> dict[UUID, datetime]:
    """When the links in reminders that are about to go end, once `lengthen_links` has seen to them."""
    about = {text.subject_id for text in rows if text.purpose == Purpose.REMINDER}
    if not about:
        return {}
    links = Invitation.objects.filter(practice=practice, id__any_of=about)
    least = timezone.now() + LEAST
    ends = {subject_id: max(end, least) for subject_id, end in links.values_list("id", "expires_at")}
    reminders = [text for text in rows if text.purpose == Purpose.REMINDER and text.subject_id in ends]
    return {text.id: ends[text.subject_id] for text in reminders}


def lengthen_links(practice: Practice, rows: Sequence[Message]) -> None:
    """Let the links in reminders that are about to go work for `LEAST` from now."""
    reminded = {text.subject_id for text in rows if text.purpose == Purpose.REMINDER}
    if reminded:
        links = Invitation.objects.filter(practice=practice, id__any_of=reminded)
        links.extend_to(timezone.now() + LEAST)
