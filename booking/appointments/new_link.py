"""A new link for a patient whose link has run out, if they can still book with it: it goes to their phone only.

It tells nobody anything, so whoever holds the old link may ask: it goes to the mobile number that the practice has.
What is offered must hold: there are times, the text can go, and the practice has not ended the link or the batch.
"""

from datetime import timedelta
from enum import Enum, auto
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from booking.appointments import link_rules, texts
from booking.appointments.services import locked
from booking.models.requests import NewLinkRequest
from booking.slots import free_list
from booking.slots import offered as slots
from booking.visits import rate_limit
from booking.visits.links import Standing, standing_of
from booking.visits.session import LIFETIME_SECONDS
from campaigns.models import Invitation
from campaigns.models.states import CampaignState
from core.hints import hint
from core.web.client_addresses import Address
from integrations.models import ChannelConnection
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox.messages import in_app, stoppages
from integrations.outbox.queueing import queue
from practices.audit import trail as audit

_GOING = (CampaignState.STARTING, CampaignState.RUNNING, CampaignState.FINISHED)
"""A batch that nobody has paused or cancelled."""

_DID_NOT_GO = (MessageState.FAILED, MessageState.CHECK, MessageState.WITHDRAWN)


class NewLinkOutcome(Enum):
    """What asking for a new link came to."""

    SENT = auto()
    """A text with it is on its way."""
    NO_TIMES = auto()
    NOT_KNOWN = auto()
    """Whether there are times: the clinical system cannot be asked now."""
    TOO_MANY = auto()
    """From one address."""
    REFUSED = auto()


def may_ask(invitation: Invitation) -> bool:
    """Whether to offer a new link. Nobody waits for it: of free times, what is known without asking counts.

    Where the clinical system could not be read a moment ago, none is offered: nobody knows of times then.
    """
    if standing_of(invitation) != Standing.EXPIRED or not _is_allowed(invitation):
        return False
    held = free_list.held(invitation.campaign)
    if held.may_be_asked:
        hint("booking.read_free_slots", invitation.campaign_id)
    return not held.failed and (held.listed is None or slots.count(invitation.campaign, held.listed) > 0)


def ask(*, invitation: Invitation, address: Address | None) -> NewLinkOutcome:
    """Send a new link to the patient's phone, if it is still of use to them. Pressed twice, it goes once.

    The clinical system may be asked for times, before anything is locked.
    """
    if standing_of(invitation) != Standing.EXPIRED or not _is_allowed(invitation):
        return NewLinkOutcome.REFUSED
    try:
        if not slots.choices(invitation):
            return NewLinkOutcome.NO_TIMES
    except slots.Unavailable:
        return NewLinkOutcome.NOT_KNOWN
    return _send(invitation.id, address)


@transaction.atomic
def _send(invitation_id: UUID, address: Address | None) -> NewLinkOutcome:
    """Let the link live anew and write the text. The database allows one text for each request."""
    invitation = locked(invitation_id)
    if standing_of(invitation) != Standing.EXPIRED or not _is_allowed(invitation):
        return NewLinkOutcome.REFUSED
    digest = rate_limit.digest_of(address, invitation.practice_id)
    if _too_many_from(digest, invitation.practice_id):
        return NewLinkOutcome.TOO_MANY
    number = NewLinkRequest.objects.filter(invitation=invitation).count()
    invitation.renew()
    in_app.note_opened(invitation.id)  # or the text behind it would follow the new link
    queue(invitation.practice, [texts.new_link(invitation, number)])
    NewLinkRequest.objects.create(
        practice=invitation.practice, invitation=invitation, number=number, address_digest=digest
    )
    audit.record(
        "invitation.new_link_asked",
        practice=invitation.practice,
        actor=None,
        object_id=invitation.id,
        campaign_id=str(invitation.campaign_id),
        number=number + 1,
    )
    return NewLinkOutcome.SENT


def _is_allowed(invitation: Invitation) -> bool:
    """Whether this link may be renewed by its patient, as far as our own database knows."""
    return (
        invitation.campaign.state in _GOING
        and invitation.ended_at is None
        and invitation.elsewhere_at is None
        and not link_rules.why_not_again(invitation)
        and _is_within_limits(invitation)
        and _can_be_texted(invitation)
    )


def _is_within_limits(invitation: Invitation) -> bool:
    asked = list(NewLinkRequest.objects.filter(invitation=invitation).values_list("asked_at", flat=True))
    apart = timedelta(hours=settings.NEW_LINK_HOURS)
    return len(asked) < settings.NEW_LINKS_MAX and all(timezone.now() - at >= apart for at in asked)


def _can_be_texted(invitation: Invitation) -> bool:
    """Whether a text would go, and is likely to arrive."""
    practice = invitation.practice
    if stoppages.stops_texts(practice):
        return False
    since = timezone.now() - timedelta(days=settings.LIKELY_TO_FAIL_DAYS)
    bad = Message.objects.to_bad_numbers(practice, since).filter(to=invitation.recipient.mobile)
    return ChannelConnection.objects.filter(practice=practice).exists() and not bad.exists()


def _too_many_from(digest: bytes | None, practice_id: UUID) -> bool:
    """Whether so many new links were asked for from an address lately that it gets no more for a while."""
    if digest is None:
        return False
    lately = NewLinkRequest.objects.filter(
        practice_id=practice_id, address_digest=digest, asked_at__gt=timezone.now() - rate_limit.COUNTED
    )
    return lately.count() >= settings.NEW_LINKS_PER_HOUR


def is_on_its_way(invitation: Invitation) -> bool:
    """Whether a new link was asked for in the time of a visit, and nothing has come in between."""
    since = timezone.now() - timedelta(seconds=LIFETIME_SECONDS)
    latest = NewLinkRequest.objects.filter(invitation=invitation, asked_at__gt=since).order_by("-number").first()
    if latest is None:
        return False
    text = Message.objects.filter(subject_id=invitation.id, purpose=Purpose.NEW_LINK, step=latest.number)
    return text.exclude(state__in=[str(state) for state in _DID_NOT_GO]).exists()


def asked_in(campaign_id: UUID) -> int:
    """How many of a batch's patients have asked for a new link."""
    return NewLinkRequest.objects.filter(invitation__campaign=campaign_id, number=0).count()


def forget_addresses() -> int:
    """Let go of addresses that are older than a day; how many those were."""
    old = NewLinkRequest.objects.filter(
        address_digest__isnull=False, asked_at__lte=timezone.now() - rate_limit.RETENTION
    )
    return old.update(address_digest=None)
