"""What has become of a batch, in numbers that add up."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

from django.db.models import Count

from campaigns.models import Campaign, FinalFigures, Invitation, InvitationState
from campaigns.models.states import CampaignState
from integrations.models.outbox import TO_WHOLE_BATCHES, CodedEntry, Message, Purpose
from integrations.models.states import CodeState, MessageState
from patients.models import Recipient, Verdict

_M, _C = MessageState, CodeState
LEFT = frozenset({_M.IN_APP, _M.ACCEPTED, _M.SENT, _M.NO_NEWS, _M.DELIVERED})
ON_THE_WAY = frozenset({_M.DUE, _M.STARTED, _M.UNKNOWN})
SETTLED = LEFT | {_M.FAILED, _M.CHECK, _M.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Funnel:
    """One batch from rows to bookings. `messages` counts invitation texts by state, `codes` entries by state.

    `messages` counts the first invitation of each patient alone, so that who was invited counts once. `further` counts
    those of the batch's plan that follow it, and `reminders` the texts that remind, apart from the invitations.

    `stopped`: staff have paused or cancelled the batch, so that texts which have not left wait, or never go.
    """

    can: int = 0
    cannot: int = 0
    looking_up: int = 0
    invitations: int = 0
    opened: int = 0
    locked: int = 0
    elsewhere: int = 0
    """Patients without an answer whom the practice has booked itself."""

    answers: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    reminders: Counter[str] = field(default_factory=Counter)
    further: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    waiting_reasons: tuple[str, ...] = ()
    stopped: bool = False
    paced: bool = False
    """Invited as appointments last: of those who can be sent to, nobody knows yet who is."""
    inviting: bool = False
    """Whether more of a paced batch's patients may be invited by itself."""
    plan_goes_on: bool = False
    """Whether patients may still be due further invitations of the batch's plan."""

    @property
    def planned(self) -> int:
        """Invitations that are to go: of a paced batch those that are made alone."""
        return self.invitations if self.paced else self.can

    @property
    def rows(self) -> int:
        """Every row of the list."""
        return self.can + self.cannot + self.looking_up

    @property
    def sent(self) -> int:
        """Texts that the provider has taken."""
        return sum(self.messages[state] for state in LEFT)

    @property
    def settled(self) -> int:
        """Texts that nothing more will be done to by ourselves."""
        return sum(self.messages[state] for state in SETTLED)

    @property
    def delivered(self) -> int:
        """Texts that reached a phone."""
        return self.messages[_M.DELIVERED]

    @property
    def failed(self) -> int:
        """Texts that did not reach a phone."""
        return self.messages[_M.FAILED]

    @property
    def check(self) -> int:
        """Texts that a person must ask about: neither sent nor failed for certain."""
        return self.messages[_M.CHECK]

    @property
    def reminded(self) -> int:
        """Reminders that the provider has taken."""
        return sum(self.reminders[state] for state in LEFT)

    @property
    def reminders_to_go(self) -> int:
        """Reminders that have been written, and may still leave."""
        return sum(self.reminders[state] for state in ON_THE_WAY)

    @property
    def invited_again(self) -> int:
        """Further invitations of the batch's plan that the provider has taken; a patient may have had several."""
        return sum(self.further[state] for state in LEFT)

    @property
    def further_to_go(self) -> int:
        """Further invitations that have been written, and may still leave."""
        return sum(self.further[state] for state in ON_THE_WAY)

    @property
    def unread(self) -> int:
        """Messages that lie unread in the NHS App, with a text of ours to follow."""
        return self.messages[_M.IN_APP] + self.reminders[_M.IN_APP] + self.further[_M.IN_APP]

    @property
    def unsent(self) -> bool:
        """Whether texts may still leave: invitations, reminders, or those that follow what nobody reads in the app."""
        more = self.inviting or self.plan_goes_on
        return self.settled < self.planned or more or self._again_to_go > 0 or self.unread > 0

    @property
    def _again_to_go(self) -> int:
        return self.reminders_to_go + self.further_to_go

    @property
    def unanswered(self) -> int:
        """Invitations that nobody has answered yet, whether their link still works or not.

        Without those of patients whom the practice has booked itself.
        """
        return self.answers[InvitationState.OPEN] + self.answers[InvitationState.BOOKING] - self.elsewhere

    @property
    def booked(self) -> int:
        """How many patients have an appointment through their link."""
        return self.answers[InvitationState.BOOKED]

    @property
    def cancelled(self) -> int:
        """Patients who had an appointment, and whose link had run out when it was cancelled."""
        return self.answers[InvitationState.CANCELLED]

    @property
    def declined(self) -> int:
        """How many patients answered that they do not want an appointment."""
        return self.answers[InvitationState.DECLINED]

    @property
    def codes_filed(self) -> int:
        """Coded entries in the record, whoever put them there."""
        return self.codes[_C.FILED] + self.codes[_C.BY_HAND]

    @property
    def codes_on_the_way(self) -> int:
        """Coded entries that are being filed, or were and have yet to be seen in the record."""
        return self.codes[_C.DUE] + self.codes[_C.STARTED] + self.codes[_C.UNCONFIRMED]

    @property
    def codes_by_hand(self) -> int:
        """Coded entries that staff must file."""
        return self.codes[_C.NOT_FILED] + self.codes[_C.CHECK]

    @property
    def in_progress(self) -> bool:
        """Whether texts or codes are on their way out now. Codes may wait for days; that is no movement."""
        if self.stopped:
            moving = self.messages[_M.STARTED] + self.reminders[_M.STARTED] + self.further[_M.STARTED] > 0
        else:
            moving = self.settled < self.planned or self._again_to_go > 0
        return moving or self.codes[_C.STARTED] > 0


def funnels(campaigns: Iterable[Campaign]) -> dict[UUID, Funnel]:
    """The funnel of each batch, in a fixed number of queries however many there are.

    Of those whose patients were erased as it was then (retention#what-stays): one query more, where there are any.
    """
    every = list(campaigns)
    erased = [campaign.id for campaign in every if campaign.is_erased]
    campaigns = [campaign for campaign in every if not campaign.is_erased]
    ids = [campaign.id for campaign in campaigns]
    rows = _rows([campaign.patient_list_id for campaign in campaigns if campaign.patient_list_id])
    answers = _answers(ids)
    texts, codes = _texts(ids), _codes(ids)
    waiting = _waiting_reasons(ids)
    results = _final(erased) if erased else {}
    for campaign in campaigns:
        verdicts, answered = rows[campaign.patient_list_id], answers[campaign.id]
        results[campaign.id] = Funnel(
            can=verdicts[Verdict.CAN],
            cannot=verdicts[Verdict.CANNOT],
            looking_up=verdicts[Verdict.PENDING],
            invitations=sum(answered.states.values()),
            opened=answered.opened,
            locked=answered.locked,
            elsewhere=answered.elsewhere,
            answers=answered.states,
            messages=texts[campaign.id, Purpose.INVITATION],
            reminders=texts[campaign.id, Purpose.REMINDER],
            further=texts[campaign.id, Purpose.NEXT_INVITATION],
            codes=codes[campaign.id],
            waiting_reasons=tuple(waiting[campaign.id]),
            stopped=campaign.state in (CampaignState.PAUSED, CampaignState.CANCELLED),
            paced=bool(campaign.paced),
            inviting=campaign.next_decision_at is not None,
            plan_goes_on=campaign.next_invitation_at is not None,
        )
    return results


def funnel(campaign: Campaign) -> Funnel:
    """The numbers of one batch, as `funnels` counts them for several."""
    return funnels([campaign])[campaign.id]


def as_json(numbers: Funnel) -> dict[str, Any]:
    """A funnel's counts as they are stored. Why texts wait is none of them."""
    stored = (
        entry.name for entry in fields(numbers) if entry.name not in ("waiting_reasons", "stopped", "plan_goes_on")
    )
    values = {name: getattr(numbers, name) for name in stored}
    return {name: dict(value) if isinstance(value, Counter) else value for name, value in values.items()}


def from_json(stored: dict[str, Any]) -> Funnel:
    """The funnel of stored counts: nothing of it is on its way."""
    counts: dict[str, Any] = {
        name: Counter(value) if isinstance(value, dict) else value for name, value in stored.items()
    }
    return Funnel(**counts, stopped=True)


def _final(ids: list[UUID]) -> dict[UUID, Funnel]:
    rows = FinalFigures.objects.filter(campaign__in=ids).values_list("campaign", "funnel")
    return dict.fromkeys(ids, Funnel()) | {campaign_id: from_json(stored) for campaign_id, stored in rows}


@dataclass(slots=True)
class _Answers:
    states: Counter[str] = field(default_factory=Counter)
    opened: int = 0
    locked: int = 0
    elsewhere: int = 0


def _rows(list_ids: list[UUID]) -> defaultdict[UUID | None, Counter[str]]:
    recipients = Recipient.objects.filter(patient_list__in=list_ids).values_list("patient_list", "verdict")
    results: defaultdict[UUID | None, Counter[str]] = defaultdict(Counter)
    for list_id, verdict, count in recipients.annotate(count=Count("id")):
        results[list_id][verdict] = count
    return results


def _answers(ids: list[UUID]) -> defaultdict[UUID, _Answers]:
    invitations = Invitation.objects.filter(campaign__in=ids).values_list("campaign", "state")
    counts = {
        "count": Count("id"),
        "opened": Count("opened_at"),
        "locked": Count("locked_at"),
        "elsewhere": Count("elsewhere_at"),
    }
    results: defaultdict[UUID, _Answers] = defaultdict(_Answers)
    for campaign_id, state, count, opened, locked, elsewhere in invitations.annotate(**counts):
        answered = results[campaign_id]
        answered.states[state] = count
        answered.opened += opened
        answered.locked += locked
        if state == InvitationState.OPEN:
            answered.elsewhere = elsewhere
    return results


def _texts(ids: list[UUID]) -> defaultdict[tuple[UUID, str], Counter[str]]:
    """What goes to whole batches: texts by state, for each batch and purpose."""
    messages = Message.objects.filter(campaign_id__in=ids, purpose__in=TO_WHOLE_BATCHES)
    results: defaultdict[tuple[UUID, str], Counter[str]] = defaultdict(Counter)
    for campaign_id, purpose, state, count in messages.values_list("campaign_id", "purpose", "state").annotate(
        n=Count("id")
    ):
        results[campaign_id, purpose][state] = count
    return results


def _codes(ids: list[UUID]) -> defaultdict[UUID, Counter[str]]:
    entries = CodedEntry.objects.filter(campaign_id__in=ids).values_list("campaign_id", "state")
    results: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for campaign_id, state, count in entries.annotate(count=Count("id")):
        results[campaign_id][state] = count
    return results


def _waiting_reasons(ids: list[UUID]) -> defaultdict[UUID, list[str]]:
    """Why texts that are due have not gone, in words for staff."""
    stuck = Message.objects.filter(campaign_id__in=ids, state=_M.DUE).exclude(reason="")
    results: defaultdict[UUID, list[str]] = defaultdict(list)
    for campaign_id, reason in stuck.values_list("campaign_id", "reason").distinct():
        results[campaign_id].append(reason)
    return results
