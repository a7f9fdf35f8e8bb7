"""What the plan of a draft takes if nobody answers: how many messages, what they cost, and when the last ones go."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.drafts import plan_wording
from campaigns.messages import texts
from campaigns.messages.costs import Cost, in_pounds, priced
from campaigns.models import Campaign
from campaigns.models.states import AfterLast
from campaigns.reminders import services as reminders
from campaigns.sending import schedule
from campaigns.sequences.plans import Plan, Step, plan_of
from core.sociable_hours import LONDON
from core.wording import plural
from patients.lists.queries import given_names


@dataclass(frozen=True, slots=True)
class Shown:
    """One further invitation for a page: `gap` and `codes` are in words, `preview` is for the longest name."""

    number: int
    gap: str
    preview: texts.Preview
    codes: str
    text_only: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """A plan for the summary. `each`: messages to one patient at most, reminders of the first included."""

    further: tuple[Shown, ...]
    each: int
    cost: Cost
    last_at: datetime
    after_last: str

    @property
    def most(self) -> str:
        """How many messages each patient gets at most, and what all of them cost, as sentences."""
        certain = self.cost.is_certain
        each = f"At most {plural(self.each, 'text' if certain else 'message')} each, if nobody answers"
        if not certain:
            return f"{each}{f': {self.cost.length}' if self.cost.length else ''}. {self.cost.price}"
        price = "" if self.cost.pounds is None else f", for {in_pounds(self.cost.pounds)}"
        return f"{each}: {self.cost.length}{price}."


AFTER_LAST = {
    AfterLast.CALL: "Patients who have not answered the last invitation are on your list of patients to phone.",
    AfterLast.LETTER: "Patients who have not answered the last invitation are on your list of patients to write to.",
}


def forecast(campaign: Campaign, patients: int) -> Forecast | None:
    """What a draft's plan takes with its list; None where it has one invitation only."""
    plan = plan_of(campaign)
    if not plan.further or campaign.patient_list is None:
        return None
    names = given_names(campaign.patient_list)
    messages = [step.message for step in plan.steps]
    messages += [reminders.message_of(campaign)] * len(campaign.reminder_days)
    fragments = sum(texts.total_fragments(text, practice=campaign.practice, names=names) for text in messages)
    given = [name for name in names if name]
    return Forecast(
        further=tuple(_shown(step, campaign, given) for step in plan.further),
        each=len(messages),
        cost=priced(campaign.practice_id, fragments),
        last_at=_last_at(campaign, plan, patients),
        after_last=AFTER_LAST[AfterLast(campaign.after_last)],
    )


def _shown(step: Step, campaign: Campaign, names: list[str]) -> Shown:
    return Shown(
        number=step.number,
        gap=plan_wording.gap(step),
        preview=texts.longest(step.message, practice=campaign.practice, names=names),
        codes=plan_wording.codes(step.codes),
        text_only=step.text_only,
    )


def _last_at(campaign: Campaign, plan: Plan, patients: int) -> datetime:
    """When the last invitations go, where the first ones go as planned."""
    first = schedule.plan(campaign, patients)[-1].due_at.astimezone(LONDON).date()
    return schedule.reminder_time(plan.last_day(first))
