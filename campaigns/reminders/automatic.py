"""Reminders that a batch sends by itself, on chosen days after each patient's text, to those who have not answered.

`next_reminder_at` says when it is next seen who is due. Then a `Reminder` is made for each of the batch's reminders
that anybody is due for, one for each day by constraint, and written as those are that staff ask for: so whatever stops
a reminder by hand stops these too, and a patient never gets both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import TruncDate
from django.utils import timezone

from campaigns.messages import texts
from campaigns.messages.costs import Cost, in_pounds, priced
from campaigns.models import Campaign, Reminder
from campaigns.models.states import CampaignState
from campaigns.reminders import services as reminders
from campaigns.results.funnel import ON_THE_WAY, Funnel
from campaigns.sending import schedule
from campaigns.sending.schedule_wording import at
from core.claims import WORKED_ON
from core.database import whole_sets
from core.hints import hint
from core.sociable_hours import LONDON
from core.wording import plural
from integrations.models.outbox import FIRST_INVITATIONS, Message
from patients.lists.queries import given_names
from practices.audit import trail as audit

MOST = 3
"""Reminders of one batch that go by themselves."""

SOONEST, BETWEEN = 2, 2
"""Days between a patient's text and the first, and between one and the next."""


def latest(campaign: Campaign) -> int:
    """Days after the text on which the last one may go: the day before the link's last."""
    return campaign.link_lifetime_days - 1


def reason_against(campaign: Campaign, days: Sequence[int]) -> str:
    """Why these are no days for reminders, as a sentence for staff; empty when they are."""
    if len(days) > MOST:
        return f"Choose up to {MOST} reminders"
    if any(after - before < BETWEEN for before, after in pairwise(days)):
        return f"Choose days in order, at least {BETWEEN} days apart"
    if days and (days[0] < SOONEST or days[-1] > latest(campaign)):
        return f"Choose days from {SOONEST} to {latest(campaign)} after the invitation, while its link works"
    return ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a draft's own reminders take if nobody answers. `last_at` is when the last of them go."""

    said: str
    texts: int
    cost: Cost
    last_at: datetime

    @property
    def most(self) -> str:
        """What they come to at most, and for how much, as a sentence."""
        only = "only patients who have not answered get them"
        if not self.cost.is_certain:
            length = f", {self.cost.length}" if self.cost.length else ""
            return f"At most {plural(self.texts, 'further message')}{length}: {only}. {self.cost.price}"
        price = "" if self.cost.pounds is None else f", for {in_pounds(self.cost.pounds)}"
        return f"At most {plural(self.texts, 'further text')}, {self.cost.length}{price}: {only}."


def forecast(campaign: Campaign, patients: int) -> Forecast | None:
    """The forecast of a batch's own reminders; None where it has none."""
    if not campaign.reminder_days or campaign.patient_list is None:
        return None
    names = given_names(campaign.patient_list)
    times = len(campaign.reminder_days)
    message = reminders.message_of(campaign)
    fragments = texts.total_fragments(message, practice=campaign.practice, names=names) * times
    last = schedule.plan(campaign, patients)[-1].due_at.astimezone(LONDON).date()
    return Forecast(
        said=format_days(campaign.reminder_days),
        texts=patients * times,
        cost=priced(campaign.practice_id, fragments),
        last_at=schedule.reminder_time(last + timedelta(days=campaign.reminder_days[-1])),
    )


def format_days(days: Sequence[int]) -> str:
    """Days of reminders as a sentence: `2, 4 and 6 days after their text`."""
    *before, last = map(str, days)
    listed = f"{', '.join(before)} and {last}" if before else last
    return f"{listed} days after their invitation, to patients who have not answered"


def describe_next(campaign: Campaign, funnel: Funnel) -> str:
    """When the next one goes, as a sentence for the batch's page; empty when there is none to come."""
    if campaign.next_reminder_at is None or not funnel.unanswered:
        return ""
    if campaign.state == CampaignState.PAUSED:
        return "No reminder goes while the batch is paused."
    if campaign.state not in reminders.GOING:
        return ""
    when = at(max(campaign.next_reminder_at, timezone.now()))
    return f"The next reminder goes {when}, to patients who have not answered."


def first(campaign: Campaign, parts: Sequence[schedule.Part]) -> datetime | None:
    """When a batch that is being sent first looks whom to remind; None where it never does."""
    if not campaign.reminder_days:
        return None
    day = parts[0].due_at.astimezone(LONDON).date()
    return schedule.reminder_time(day + timedelta(days=campaign.reminder_days[0]))


def sweep() -> None:
    """Begin the reminders of batches whose time has come.

    A paused batch's wait until it is resumed, and those of a batch that has one being written until that is done.
    """
    unwritten = Reminder.objects.filter(campaign=OuterRef("id"), written_at=None)
    due = Campaign.objects.filter(next_reminder_at__lte=timezone.now(), state__in=reminders.GOING)
    due = due.exclude(Exists(unwritten)).order_by("next_reminder_at")
    for campaign_id in due.values_list("id", flat=True)[:WORKED_ON]:
        _begin(campaign_id)


@transaction.atomic
def _begin(campaign_id: UUID) -> None:
    """Make today's reminders of a batch, and say when to look again. The batch's lock keeps presses by hand out."""
    rows = Campaign.objects.select_for_update(of=("self",), skip_locked=True).select_related("practice")
    now = timezone.now()
    campaign = rows.filter(id=campaign_id, next_reminder_at__lte=now, state__in=reminders.GOING).first()
    if campaign is None or campaign.reminders.filter(written_at=None).exists():
        return  # one that is being written goes first: its patients are not due then
    made = sum(_remind(campaign, number, now) for number in range(1, len(campaign.reminder_days) + 1))
    campaign.next_reminder_at = _next(campaign, now, several=made > 1)
    campaign.save(update_fields=["next_reminder_at", "changed_at"])


def _remind(campaign: Campaign, automatic: int, now: datetime) -> bool:
    """Make one of the batch's reminders for today, if anybody is due for it."""
    day = now.astimezone(LONDON).date()
    with whole_sets():
        patients = reminders.due_by_itself(campaign, automatic, day, now).count()
    if not patients or campaign.reminders.filter(automatic=automatic, day=day).exists():
        return False
    number = campaign.reminders.count() + 1
    made = Reminder.objects.create(
        campaign=campaign, number=number, automatic=automatic, day=day, asked_at=now, patients=patients
    )
    audit.record(
        "campaign.reminded",
        practice=campaign.practice,
        actor=None,
        object_id=campaign.id,
        number=number,
        patients=patients,
    )
    hint("campaigns.write_reminders", made.id)
    return True


def _next(campaign: Campaign, now: datetime, *, several: bool) -> datetime | None:
    """When somebody may next be due: so many days after a text that has left, or is still to leave.

    Whoever waits because staff have just reminded them, or because they were due for `several` at once, after a pause,
    is looked at again as soon as they may be texted.
    """
    today = now.astimezone(LONDON).date()
    invitations = Message.objects.of_batch(campaign.id).filter(purpose__in=FIRST_INVITATIONS)
    left = invitations.filter(sent_at__isnull=False).annotate(day=TruncDate("sent_at", tzinfo=LONDON))
    texted = set(left.order_by().values_list("day", flat=True).distinct())
    waves = campaign.waves.filter(issued_at=None).values_list("due_at", flat=True)
    texted |= {max(due_at.astimezone(LONDON).date(), today) for due_at in waves}
    if invitations.filter(state__in=sorted(map(str, ON_THE_WAY))).exists():
        texted.add(today)
    times = {schedule.reminder_time(day + timedelta(days=days)) for day in texted for days in campaign.reminder_days}
    if campaign.reminders.filter(
        asked_at__gt=now - reminders.APART_BY_ITSELF, automatic=None, invitation=None
    ).exists():
        times.add(schedule.reminder_time(today + timedelta(days=1)))
    if several:
        times.add(schedule.reminder_time(today + timedelta(days=2)))
    return min((at for at in times if at > now), default=None)
