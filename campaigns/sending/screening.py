"""Who has been asked, or has answered, already: a screen each, which staff may set aside (contact#already-invited).

Rooms above add their own: only they know who has booked.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.models import Campaign, Invitation, InvitationState, PlannedInvitation
from campaigns.models.states import CampaignState
from core.database import whole_sets
from core.hooks import Hook
from integrations.models.outbox import Message, Purpose
from integrations.models.states import NEVER_GOES
from patients.lists.screening import Screen
from patients.models import PatientList, Recipient
from patients.reasons import CHOICES, Reason

Rows = QuerySet[Recipient]
Find = Callable[[Campaign, Rows], Rows]
"""Of some rows of a batch's list, those that a choice is about: a plain selection that indexes answer."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """One choice for staff: how many patients are held back by such reasons alone, and whether they are included."""

    reason: Reason
    count: int
    included: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What a choice is about: the ways to be one of its rows, and whether a batch includes them."""

    reason: Reason
    finds: tuple[Find, ...]
    included: Callable[[Campaign], bool]

    @property
    def screens(self) -> list[Screen]:
        """What holds the rows back until the choice is made. To be registered with the offer."""
        return [Screen(self.reason, _HeldBack(self, find)) for find in self.finds]


@dataclass(frozen=True, slots=True)
class _HeldBack:
    """The rows of a list that one way holds back: none once the batch includes them."""

    offer: Offer
    find: Find

    def __call__(self, patient_list: PatientList) -> Rows:
        campaign = Campaign.objects.filter(patient_list=patient_list).first()
        if campaign is None or self.offer.included(campaign):
            return Recipient.objects.none()
        return self.find(campaign, patient_list.recipients.all())


offers: Hook[Offer] = Hook("batch choice", "let staff include patients whom its screens hold back")

_NEVER_GOES = sorted(str(state) for state in NEVER_GOES)
_STILL_MAKING = [CampaignState.SCHEDULED, CampaignState.STARTING, CampaignState.PAUSED]
"""Batches that may still lack some of their invitations."""


def choices(campaign: Campaign) -> list[Inclusion]:
    """The choices that there are for a batch's list, whatever has been chosen; a choice about nobody is none.

    A row counts when nothing else holds it back, so that the count is what the choice changes. One that is both
    invited and booked counts under both.
    """
    if campaign.patient_list is None or not campaign.patient_list.is_ready:
        return []
    rows = campaign.patient_list.recipients.filter(reasons__contained_by=sorted(CHOICES)).order_by()
    with whole_sets():
        counted = [(option, _count(option, campaign, rows)) for option in offers]
    return [Inclusion(option.reason, count, option.included(campaign)) for option, count in counted if count]


def _count(option: Offer, campaign: Campaign, rows: Rows) -> int:
    """How many rows are of a choice: each once, in however many ways."""
    first, *others = (find(campaign, rows).values("id") for find in option.finds)
    return first.union(*others).count() if others else first.count()


def _invited(campaign: Campaign, rows: Rows) -> Rows:
    """Those with an invitation of another batch that they can still answer, or are to get once more by its plan.

    One whose text never reached the phone invites nobody: once the number has been mended the patient must not be left
    out for it (contact#texts-that-never-went).
    """
    practice = campaign.practice_id
    never_went = Message.objects.filter(practice=practice, purpose=Purpose.INVITATION, state__in=_NEVER_GOES)
    # The practice is named on each side of a join, so that nobody else's rows are looked at.
    invitations = Invitation.objects.answerable().filter(practice=practice, recipient__practice=practice)
    invitations = invitations.exclude(campaign=campaign).exclude(id__in=never_went.values("subject_id"))
    planned = _in_plan(campaign).filter(recipient__practice=practice).values("recipient__nhs_number")
    if planned.exists():
        return rows.filter(Q(nhs_number__in=invitations.values("recipient__nhs_number")) | Q(nhs_number__in=planned))
    return rows.filter(nhs_number__in=invitations.values("recipient__nhs_number"))


def _in_plan(campaign: Campaign) -> QuerySet[Invitation]:
    """Invitations of the practice's other batches whose link has run out, and whose plan is to bring it once more."""
    further = PlannedInvitation.objects.filter(campaign=OuterRef("campaign"))
    texts = Message.objects.filter(subject_id=OuterRef(OuterRef("id")), purpose=Purpose.NEXT_INVITATION)
    unsent = further.exclude(number__in=texts.values("step"))
    others = Invitation.objects.filter(practice=campaign.practice_id, campaign__next_invitation_at__isnull=False)
    others = others.exclude(campaign=campaign).filter(Exists(unsent))
    return others.filter(state=InvitationState.OPEN, locked_at=None, elsewhere_at=None, ended_at=None)


def _being_invited(campaign: Campaign, rows: Rows) -> Rows:
    """Those of another batch that has been sent, and whose invitation a worker has yet to make."""
    others = Campaign.objects.filter(practice=campaign.practice_id, state__in=_STILL_MAKING)
    lists = others.exclude(id=campaign.id).values("patient_list")
    waiting = Recipient.objects.can().filter(practice=campaign.practice_id, patient_list__in=lists, invitation=None)
    return rows.filter(nhs_number__in=waiting.order_by().values("nhs_number"))


def _includes_invited(campaign: Campaign) -> bool:
    return campaign.include_invited


ALREADY_INVITED = Offer(Reason.ALREADY_INVITED, (_invited, _being_invited), _includes_invited)
"""Patients who have an invitation from another batch of the practice, for whatever slot type."""
