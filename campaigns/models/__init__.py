"""The room's models: the batch, its invitations and reminders, its codes and templates, and what staff have seen to."""

from campaigns.models.batch import Campaign, CampaignQuerySet, Wave
from campaigns.models.codes import CodeKind, Grounds, SnomedCode, SnomedCodeQuerySet, validate_concept_id
from campaigns.models.invitations import Invitation, InvitationQuerySet, InvitationState, lifetime_end
from campaigns.models.pacing import InviteOrder, PacingDecision
from campaigns.models.rechecks import CheckRun, RecordCheck
from campaigns.models.retention import BatchOutcome, BatchTally, FinalFigures, Measure
from campaigns.models.sequences import (
    LONGEST_GAP,
    MOST_CODES,
    MOST_INVITATIONS,
    InvitationCode,
    PlannedInvitation,
    Reminder,
    ReminderWait,
)
from campaigns.models.snomed import SnomedRelease, SnomedTerm
from campaigns.models.states import AfterLast, CampaignState
from campaigns.models.templates import MessageTemplate, MessageTemplateQuerySet
from campaigns.models.workspace import Figures, FollowedUp

__all__ = [
    "LONGEST_GAP",
    "MOST_CODES",
    "MOST_INVITATIONS",
    "AfterLast",
    "BatchOutcome",
    "BatchTally",
    "Campaign",
    "CampaignQuerySet",
    "CampaignState",
    "CheckRun",
    "CodeKind",
    "Figures",
    "FinalFigures",
    "FollowedUp",
    "Grounds",
    "Invitation",
    "InvitationCode",
    "InvitationQuerySet",
    "InvitationState",
    "InviteOrder",
    "Measure",
    "MessageTemplate",
    "MessageTemplateQuerySet",
    "PacingDecision",
    "PlannedInvitation",
    "RecordCheck",
    "Reminder",
    "ReminderWait",
    "SnomedCode",
    "SnomedCodeQuerySet",
    "SnomedRelease",
    "SnomedTerm",
    "Wave",
    "lifetime_end",
    "validate_concept_id",
]
