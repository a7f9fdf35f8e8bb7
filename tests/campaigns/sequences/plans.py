"""A batch with a plan of invitations, its patients, and the days that pass."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.utils import timezone

from campaigns.models import Campaign, CodeKind, Invitation, InvitationCode, PlannedInvitation, Reminder, SnomedCode
from campaigns.reminders import writing
from campaigns.sequences import schedule
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from tests.campaigns.rf2_files import concept_id
from tests.factories import make_campaign, make_invitation, make_message, make_recipient

LONDON = ZoneInfo("Europe/London")
WORDS = {number: f"Dear {{name}}, {{practice}} invites you, time {number}: {{link}}" for number in (2, 3, 4)}


def on(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of November 2026, in London; day 31 is 1 December."""
    return datetime(2026, 11, 1, hour, minute, tzinfo=LONDON) + timedelta(days=day - 1)


def make_plan(*gaps: int, working_days: bool = False, text_only: bool = False, **fields: Any) -> Campaign:
    """A batch that was sent, with an invitation more for each gap. It is looked at from 3 November on."""
    batch = make_campaign(started=True, rows=0, **{"next_invitation_at": on(3), **fields})
    for number, gap in enumerate(gaps, start=2):
        PlannedInvitation.objects.create(
            campaign=batch,
            number=number,
            gap_days=gap,
            working_days=working_days,
            message=WORDS[number],
            text_only=text_only,
        )
    return batch


def add_codes(batch: Campaign, invitation: int, *positions: int) -> None:
    """Codes of one of the plan's invitations, each another concept."""
    for position in positions:
        code = SnomedCode(
            concept_id=concept_id(70 + invitation * 10 + position),
            term=f"Invitation {invitation}.{position}",
            kind=CodeKind.INVITATION,
            approved_at=timezone.now(),
        )
        SnomedCode.objects.bulk_create([code])
        InvitationCode.objects.create(campaign=batch, invitation=invitation, position=position, code=code)


def invited(batch: Campaign, state: MessageState = MessageState.DELIVERED, **fields: Any) -> Invitation:
    """A patient whose first text leaves now, or becomes this."""
    assert batch.patient_list is not None
    invitation = make_invitation(batch, make_recipient(batch.patient_list), **fields)
    now = datetime.now(LONDON)
    left = state not in (MessageState.CHECK, MessageState.WITHDRAWN, MessageState.NO_NEWS)
    in_app_at = now if state == MessageState.NO_NEWS else None
    make_message(
        invitation, state=state, due_at=None, created_at=now, sent_at=now if left else None, in_app_at=in_app_at
    )
    return invitation


def write() -> None:
    """What the sweep and the worker do."""
    schedule.sweep()
    for reminder in Reminder.objects.filter(written_at=None):
        writing.write(reminder.id)


def leave() -> None:
    """The texts that are written leave now."""
    now = datetime.now(LONDON)
    unsent = Message.objects.filter(purpose__in=[Purpose.NEXT_INVITATION, Purpose.REMINDER], state=MessageState.DUE)
    ids = list(unsent.values_list("id", flat=True))
    for state in (MessageState.STARTED, MessageState.ACCEPTED):
        Message.objects.filter(id__in=ids).update(state=state)
    Message.objects.filter(id__in=ids).update(sent_at=now, due_at=None)


def run() -> None:
    """The sweep, the worker, and the texts leave."""
    write()
    leave()


def steps_of(invitation: Invitation) -> list[int]:
    """The numbers of the further invitations that were written for a patient."""
    texts = Message.objects.filter(subject_id=invitation.id, purpose=Purpose.NEXT_INVITATION)
    return list(texts.order_by("step").values_list("step", flat=True))


def days(clock: time_machine.Traveller, first: int, last: int, hour: int = 10) -> Iterator[int]:
    """Days on which the sweep runs, at an hour."""
    for day in range(first, last + 1):
        clock.move_to(on(day, hour), tick=False)
        yield day


def sent_on(clock: time_machine.Traveller, invitation: Invitation, first: int, last: int) -> dict[int, int]:
    """By number, the day on which each further invitation went to a patient while these days passed."""
    seen: dict[int, int] = {}
    for day in days(clock, first, last):
        run()
        for number in steps_of(invitation):
            seen.setdefault(number, day)
    return seen
