"""From a started batch to invitations, messages and codes: in chunks, each one transaction, safe to repeat."""

import logging
from collections.abc import Iterator
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from campaigns.messages import texts
from campaigns.models import MOST_CODES, Campaign, Invitation, SnomedCode, Wave, lifetime_end
from campaigns.models.states import CampaignState
from campaigns.sending import further, waves
from campaigns.sending.rechecks import clearance, look_ups
from core.database import copy_in
from core.hints import hint
from integrations.links import digest, newest_key_number, token_for
from integrations.models.outbox import CodedEntry, Message, Purpose
from integrations.models.states import CodeState
from integrations.outbox.queueing import queue_new
from patients.models import Recipient
from practices.models import Practice

logger = logging.getLogger(__name__)

CHUNK = 2000
"""Invitations made in one transaction: the first texts go when these are stored, and a crash loses no more work."""


def issue(campaign_id: UUID, *, chunks: int | None = None) -> bool:
    """Make the invitations of every part whose time has come, each with its message and code.

    When all parts are made the batch is marked as running. With `chunks` it makes no more than so many; True when there
    may be more to make now.
    """
    made = 0
    while chunks is None or made < chunks:
        if not _issue_chunk(campaign_id):
            return False
        made += 1
    return True


@transaction.atomic
def _issue_chunk(campaign_id: UUID) -> bool:
    """One chunk; False when there is nothing to do now. The lock keeps two workers from making the same ones."""
    # Only the batch itself is locked: a lock on its practice would hold up everything else there.
    locked = Campaign.objects.select_for_update(of=("self",))
    campaign = locked.select_related("practice", "patient_list", "invitation_code").get(id=campaign_id)
    if campaign.state not in (CampaignState.SCHEDULED, CampaignState.STARTING) or campaign.patient_list is None:
        return False
    wave = waves.current(campaign)
    if wave is None:
        return False
    recipients = _next(campaign, wave)
    if recipients and waves.screen_again(campaign, wave):
        recipients = _next(campaign, wave)
    if not recipients and waves.waiting(campaign).exists():
        look_ups.ask(campaign.id)  # the others must be looked up first
        return False
    waves.begin(campaign)
    if recipients:
        make(campaign, recipients)
    waves.note(wave, campaign, made=len(recipients))
    return True


def _next(campaign: Campaign, wave: Wave) -> list[Recipient]:
    """The next patients of a part who may be invited now, in their order."""
    clear = waves.in_order(campaign, clearance.clear(campaign, timezone.now()))
    return list(clear[: waves.room(wave, campaign, CHUNK)])


def make(campaign: Campaign, recipients: list[Recipient]) -> None:
    """Store the invitations of some patients of a locked batch, with their messages and codes."""
    invitations = [_invitation(campaign, recipient) for recipient in recipients]
    copy_in(invitations)
    renderer = MessageRenderer(campaign.message, campaign.practice)
    messages = [
        _message(campaign, renderer, invitation, recipient)
        for invitation, recipient in zip(invitations, recipients, strict=True)
    ]
    codes = [
        coded_entry(campaign, invitation, code, Purpose.INVITATION, after=message, position=position)
        for position, code in _codes(campaign)
        for invitation, message in zip(invitations, messages, strict=True)
    ]
    queue_new(campaign.practice, messages, codes)
    further.begin(campaign)
    logger.info("invitations made", extra={"campaign_id": str(campaign.id), "count": len(invitations)})


def _codes(campaign: Campaign) -> Iterator[tuple[int, SnomedCode]]:
    """The codes that go with a batch's first invitation, with their places."""
    if campaign.invitation_code is not None:
        yield 1, campaign.invitation_code
    for row in campaign.invitation_codes.filter(invitation=1).select_related("code").order_by("position"):
        yield row.position, row.code


def _invitation(campaign: Campaign, recipient: Recipient) -> Invitation:
    own_id, key = invitation_id(recipient.id), newest_key_number()
    return Invitation(
        id=own_id,
        practice=campaign.practice,
        campaign=campaign,
        recipient=recipient,
        token_digest=digest(token_for(own_id, key_number=key)),
        link_key=key,
        expires_at=lifetime_end(campaign),
    )


def invitation_id(recipient_id: UUID) -> UUID:
    """The id of the one invitation of a row of a list: made again after a restore, it has the link that was texted."""
    return uuid5(recipient_id, "invitation")


class MessageRenderer:
    """A message's text for each given name, worked out once: in a long list names come again and again."""

    def __init__(self, message: str, practice: Practice) -> None:
        self._message, self._practice = message, practice
        self._known: dict[str, tuple[str, int]] = {}

    def of(self, name: str) -> tuple[str, int]:
        """The body, with the link's placeholder in it, and the fragments that it takes."""
        if name not in self._known:
            whole = texts.preview(self._message, practice=self._practice, name=name)
            body = texts.fill(self._message, name=name, practice=self._practice)
            self._known[name] = body, whole.measure.fragments
        return self._known[name]


def _message(campaign: Campaign, renderer: MessageRenderer, invitation: Invitation, recipient: Recipient) -> Message:
    body, fragments = renderer.of(recipient.given_name)
    return Message(
        practice=campaign.practice,
        campaign_id=campaign.id,
        subject_id=invitation.id,
        purpose=Purpose.INVITATION,
        to=recipient.mobile,
        body=body,
        link_key=invitation.link_key,
        fragments=fragments,
        any_hour=campaign.any_hour,
    )


def coded_entry(
    campaign: Campaign,
    invitation: Invitation,
    code: SnomedCode,
    purpose: Purpose,
    *,
    after: Message | None = None,
    number: int = 1,
    position: int = 1,
) -> CodedEntry:
    """An unsaved coded entry for one invitation. With `after` it waits until that text has gone.

    `number` is which invitation of the batch's plan it goes with, `position` its place among those, each from 1.

    A system that wants a local code of its own is given that: others take SNOMED CT as it is
    (record-gateway#snomed-ct-alone).
    """
    assert campaign.started_by_id is not None  # a started campaign has a starter, by constraint
    step = (number - 1) * MOST_CODES + position - 1
    scheme, local_code = code.local_code_for(campaign.practice)
    return CodedEntry(
        id=entry_id(invitation.id, purpose, step),
        practice=campaign.practice,
        actor_id=campaign.started_by_id,
        campaign_id=campaign.id,
        subject_id=invitation.id,
        purpose=purpose,
        step=step,
        nhs_number=invitation.recipient.nhs_number,
        concept_id=code.concept_id,
        term=code.term,
        local_scheme=scheme,
        local_code=local_code,
        description_id=code.description_id,
        after_message=after,
        happened_at=None if after else timezone.now(),
        state=CodeState.WAITING if after else CodeState.DUE,
        due_at=None if after else timezone.now(),
    )


def entry_id(invitation_id: UUID, purpose: Purpose, step: int = 0) -> UUID:
    """The id of an invitation's coded entry, by which its record knows it: the same when it is made again."""
    return uuid5(invitation_id, f"{purpose.value} {step}" if step else purpose.value)


def sweep() -> None:
    """Hint again at every batch with a part whose time has come and whose invitations are not all made."""
    for campaign_id in waves.due():
        hint("campaigns.issue_invitations", campaign_id)
