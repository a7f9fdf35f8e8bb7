"""Patients who have had all of their batch's own reminders and have still not answered: for the follow-up list."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, QuerySet
from django.utils import timezone

from campaigns.follow_up import Kind, Said, Source
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.reminders import left_out
from campaigns.results import LEFT
from integrations.outbox.models import Message, Purpose
from practices.wording import nhs_date, plural

TIME_TO_ANSWER = timedelta(days=2)
"""After the last reminder: then staff try another way."""


def _reminders() -> QuerySet[Message]:
    return Message.objects.filter(purpose=Purpose.REMINDER, state__in=sorted(map(str, LEFT))).order_by()


def _found(campaign: Campaign) -> QuerySet[Any]:
    still = Invitation.objects.filter(campaign=campaign, state=InvitationState.OPEN, locked_at=None, elsewhere_at=None)
    if not campaign.reminder_days:
        still = still.none()
    reminded = _reminders().filter(batch_id=campaign.id).values("subject_id")
    counted = reminded.annotate(texts=Count("id"), last=Max("sent_at"))
    last_gone = counted.filter(texts__gte=len(campaign.reminder_days), last__lt=timezone.now() - TIME_TO_ANSWER).values(
        "subject_id"
    )
    found = left_out(campaign, still.filter(id__in=last_gone))
    return found.annotate(row=F("recipient__row_number"), who=F("id"), text=F("id"))


def _said(invitations: Sequence[UUID]) -> Mapping[UUID, Said]:
    told = _reminders().filter(subject_id__in=invitations).values_list("subject_id")
    return {
        subject_id: (
            f"The patient has had {plural(texts, 'reminder')}, the last on {nhs_date(last)}, and has not answered.",
            "Phone the patient, or write to them.",
        )
        for subject_id, texts, last in told.annotate(texts=Count("id"), last=Max("sent_at"))
    }


STILL_UNANSWERED = Source(Kind.UNANSWERED, _found, _said)
"""What the batch's own reminders add to its follow-up list."""
