"""A practice's account that does not work: one message for staff, and nothing is tried but a few texts now and then.

Rows that wait for it stay due, keep all their tries, and go as soon as it works.
"""

import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.connections import provider_of
from integrations.messaging.port import Accepted, FailureKind, NotAccepted, Outcome
from integrations.messaging.registry import DEFAULT_TEXT_PROVIDER, NHS_NOTIFY
from integrations.models.outbox import Stoppage
from integrations.outbox import fair_queue, retries
from practices.alerts import services as alerts
from practices.audit import trail as audit
from practices.models import AlertKind, Practice

logger = logging.getLogger(__name__)

PROBE = 3
"""Texts that are tried over an account that did not work when last tried."""


def current(practice: Practice) -> list[Stoppage]:
    """What keeps the practice's messages from going, for staff to read: empty when all go, and texts come first."""
    return sorted(Stoppage.objects.filter(practice=practice), key=lambda one: one.service == NHS_NOTIFY)


def stops_texts(practice: Practice) -> bool:
    """Whether the practice's own texts wait, whoever carries them."""
    return Stoppage.objects.filter(practice=practice).exclude(service=NHS_NOTIFY).exists()


def may_probe(practice_id: UUID, provider: str = DEFAULT_TEXT_PROVIDER) -> bool:
    """Whether it is time to try the account again, and ours to do: True for one caller each time."""
    now = timezone.now()
    waiting = Stoppage.objects.filter(practice_id=practice_id, service=provider, retry_at__lte=now)
    return bool(waiting.update(retry_at=now + retries.PROBE_EVERY))


def account_error(outcomes: Sequence[Outcome]) -> NotAccepted | None:
    """The error of the account that these outcomes show; None when there is none, or one text went all the same."""
    if any(isinstance(outcome, Accepted) for outcome in outcomes):
        return None
    for outcome in outcomes:
        if isinstance(outcome, NotAccepted) and outcome.kind is FailureKind.CONFIGURATION and not outcome.alone:
            return outcome
    return None


@transaction.atomic
def begin(practice: Practice, error: NotAccepted, provider: str = DEFAULT_TEXT_PROVIDER) -> None:
    """Stop what goes by the practice's account with a provider, or say that it still does not; try again in a while."""
    if provider not in (NHS_NOTIFY, provider_of(practice.id)):
        return  # The practice has had another since: what is wrong with this one keeps no text from going.
    now = timezone.now()
    facts = {"code": error.code[:40], "reason": error.reason[:200], "retry_at": now + retries.PROBE_EVERY}
    _, begun = Stoppage.objects.update_or_create(
        practice=practice, service=provider, defaults=facts, create_defaults={**facts, "since": now}
    )
    if begun:
        audit.record("texts.stopped", practice=practice, actor=None, code=error.code, service=provider)
        alerts.note(practice.id, AlertKind.TEXTS_STOPPED, f"{provider} {now.isoformat()}")
        ids = {"practice_id": str(practice.id), "service": provider}
        logger.error("texts stopped", extra={**ids, "code": error.code})


def shows_that_it_works(outcomes: Sequence[Outcome]) -> bool:
    """Whether the account works, by the outcomes of a probe.

    A text that was refused for its own sake says as much as one that went: the provider knew whose it was.
    """
    return any(isinstance(outcome, Accepted) or outcome.kind is FailureKind.PERMANENT for outcome in outcomes)


@transaction.atomic
def end(practice: Practice, *providers: str) -> None:
    """Try all that waits for these accounts again at once, or for any: it works, or somebody has mended it."""
    stopped = Stoppage.objects.filter(practice=practice)
    if providers:
        stopped = stopped.filter(service__in=providers)
    ended = list(stopped.values_list("service", flat=True))
    stopped.delete()
    if ended and not Stoppage.objects.filter(practice=practice).exists():
        alerts.settle(practice.id, AlertKind.TEXTS_STOPPED)
    fair_queue.ask("outbox.send_messages", practice.id)
    for service in ended:
        audit.record("texts.resumed", practice=practice, actor=None, service=service)
        logger.warning("texts go again", extra={"practice_id": str(practice.id), "service": service})
