"""A practice's batches with their reports: by month, by programme, and the former ones beside one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from booking.staff.reports.figures import Report, reports_of, total
from campaigns.models import Campaign, CampaignQuerySet
from core.wording import local, nhs_date
from practices.models import Practice

FORMER = 8
"""Former batches of the same programme that stand beside a batch."""


@dataclass(frozen=True, slots=True)
class Row:
    """Batches that a table has in one row: their name, what to choose them by, how many they are, and their report."""

    name: str
    value: str
    batches: int
    report: Report


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was sent, with its report."""

    campaign: Campaign
    report: Report

    @property
    def programme(self) -> str:
        """What it invites to: its slot type, without differences of letter case or spaces."""
        return programme_of(self.campaign)

    @property
    def month(self) -> str:
        """The month in London in which Send was pressed, such as 2026-11."""
        return f"{sent_on(self.campaign):%Y-%m}"

    @property
    def sent_on(self) -> date:
        """The day in London on which Send was pressed."""
        return sent_on(self.campaign)


def programme_of(campaign: Campaign) -> str:
    """A batch's programme as it is compared: batches of one slot type are one programme."""
    return " ".join(campaign.slot_type.split()).casefold()


def sent_on(campaign: Campaign) -> date:
    """The day in London on which Send was pressed."""
    return local(campaign.started_at or campaign.created_at).date()


@dataclass(frozen=True, slots=True)
class Batches:
    """Batches of one practice, the latest first, with their reports."""

    all: Sequence[Batch]

    @property
    def report(self) -> Report:
        """All of them together."""
        return total([batch.report for batch in self.all])

    @property
    def months(self) -> list[Row]:
        """A row for each month with a batch, the latest first."""
        rows = self._rows(lambda batch: batch.month, lambda batch: f"{batch.sent_on:%B %Y}")
        return sorted(rows, key=lambda row: row.value, reverse=True)

    @property
    def programmes(self) -> list[Row]:
        """A row for each programme, by its name; named as its latest batch is."""
        rows = self._rows(lambda batch: batch.programme, lambda batch: str(batch.campaign))
        return sorted(rows, key=lambda row: row.value)

    def _rows(self, value: Callable[[Batch], str], name: Callable[[Batch], str]) -> list[Row]:
        groups: dict[str, list[Batch]] = {}
        for batch in self.all:
            groups.setdefault(value(batch), []).append(batch)
        return [
            Row(name(group[0]), key, len(group), total([batch.report for batch in group]))
            for key, group in groups.items()
        ]

    def chosen(self, programme: str, month: str) -> Self:
        """Those of a programme and a month, as rows have them as `value`; empty for all."""
        batches = [
            batch
            for batch in self.all
            if (not programme or batch.programme == programme) and (not month or batch.month == month)
        ]
        return type(self)(batches)


def batches_of(practice: Practice) -> Batches:
    """Every batch of a practice that was sent, with its report: a fixed number of queries however many there are."""
    return _with_reports(list(_sent(practice)))


def former_beside(campaign: Campaign) -> Batches:
    """A batch and the latest of its programme before it, of the same practice: a fixed number of queries."""
    programme = programme_of(campaign)
    others = _sent(campaign.practice).exclude(id=campaign.id).filter(started_at__lt=campaign.started_at)
    former = [batch for batch in others if programme_of(batch) == programme][:FORMER]
    return _with_reports([campaign, *former])


def alone(campaign: Campaign) -> Batch:
    """One batch with its report."""
    return _with_reports([campaign]).all[0]


def _sent(practice: Practice) -> CampaignQuerySet:
    sent = Campaign.objects.of(practice).started().order_by("-started_at", "id")
    return sent.defer("message", "decline_message")


def _with_reports(campaigns: Sequence[Campaign]) -> Batches:
    reports = reports_of(campaigns)
    return Batches([Batch(campaign, reports[campaign.id]) for campaign in campaigns])


def title_of(campaign: Campaign) -> str:
    """A batch in words that tell it from the others of its slot type."""
    return f"{campaign}, sent {nhs_date(sent_on(campaign), weekday=False)}"
