"""A batch's plan of invitations as one value: the batch's own message first, then those that may follow it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from campaigns.models import Campaign, MessageTemplate, SnomedCode
from core.working_days import days_before, days_later


@dataclass(frozen=True, slots=True)
class Step:
    """One invitation of a plan. `gap_days` after the one before has left, in working days or all days; 0 of the first.

    `text_only`: by text even where the practice's messages go into the NHS App first.
    """

    number: int
    message: str
    codes: tuple[SnomedCode, ...]
    gap_days: int
    working_days: bool
    text_only: bool
    template: MessageTemplate | None

    def day_after(self, left: date) -> date:
        """The first day on which it may go to a patient whose invitation before it left on that day."""
        return days_later(left, self.gap_days, working=self.working_days)

    def left_by(self, day: date) -> date:
        """The last day on which the invitation before it may have left, for this one to go on `day`."""
        return days_before(day, self.gap_days, working=self.working_days)


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch's invitations, in order, from number 1 without a hole."""

    steps: tuple[Step, ...]

    @property
    def first(self) -> Step:
        """The batch's own message."""
        return self.steps[0]

    @property
    def further(self) -> tuple[Step, ...]:
        """Those that may follow the first; none where the batch is one invitation alone."""
        return self.steps[1:]

    @property
    def last(self) -> int:
        """The number of the last one."""
        return self.steps[-1].number

    def step(self, number: int) -> Step:
        """One of them by its number. Raises IndexError."""
        return self.steps[number - 1]

    def last_day(self, first: date) -> date:
        """The day on which the last one goes to a patient whose first left on that day, if nothing holds any up."""
        day = first
        for step in self.further:
            day = step.day_after(day)
        return day


def message_of(campaign: Campaign, number: int) -> str:
    """What one of a batch's invitations says, with its placeholders: of the first no query."""
    if number == 1:
        return campaign.message
    return campaign.planned_invitations.values_list("message", flat=True).get(number=number)


def plan_of(campaign: Campaign) -> Plan:
    """A batch's plan: two queries, where the batch's own template and code are loaded."""
    codes: defaultdict[int, list[SnomedCode]] = defaultdict(list)
    if campaign.invitation_code is not None:
        codes[1].append(campaign.invitation_code)
    for row in campaign.invitation_codes.select_related("code").order_by("invitation", "position"):
        codes[row.invitation].append(row.code)
    first = Step(1, campaign.message, tuple(codes[1]), 0, False, False, campaign.template)
    further = campaign.planned_invitations.select_related("template").order_by("number")
    return Plan(
        (
            first,
            *(
                Step(
                    number=row.number,
                    message=row.message,
                    codes=tuple(codes[row.number]),
                    gap_days=row.gap_days,
                    working_days=row.working_days,
                    text_only=row.text_only,
                    template=row.template,
                )
                for row in further
            ),
        )
    )
