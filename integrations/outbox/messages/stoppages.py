"""A practice's account that does not work: one message for staff, and nothing is tried but a few texts now and then.

Rows that wait for it stay due, keep all their tries, and go as soon as it works.
"""

import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.messaging.port import Accepted, FailureKind, NotAccepted, Outcome
from integrations.models.outbox import Service, Stoppage
from integrations.outbox import fair_queue, retries
from practices.audit import trail as audit
from practices.models import Practice

logger = logging.getLogger(__name__)

PROBE = 3
"""Texts that are tried over an account that did not work when last tried."""


def current(practice: Practice) -> list[Stoppage]:
    """What keeps the practice's messages from going, for staff to read: empty when all go, and texts come first."""
    return list(Stoppage.objects.filter(practice=practice).order_by("-service"))


def may_probe(practice_id: UUID, service: Service = Service.TWILIO) -> bool:
    """Whether it is time to try the account again, and ours to do: True for one caller each time."""
    now = timezone.now()
    waiting = Stoppage.objects.filter(practice_id=practice_id, service=service, retry_at__lte=now)
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
def begin(practice: Practice, error: NotAccepted, service: Service = Service.TWILIO) -> None:
    """Stop what goes by the practice's account with a service, or say that it still does not; try again in a while."""
    now = timezone.now()
    facts = {"code": error.code[:40], "reason": error.reason[:200], "retry_at": now + retries.PROBE_EVERY}
    _, begun = Stoppage.objects.update_or_create(
        practice=practice, service=service, defaults=facts, create_defaults={**facts, "since": now}
    )
    if begun:
        audit.record("texts.stopped", practice=practice, actor=None, code=error.code, service=service.value)
        ids = {"practice_id": str(practice.id), "service": service.value}
        logger.error("texts stopped", extra={**ids, "code": error.code})


def shows_that_it_works(outcomes: Sequence[Outcome]) -> bool:
    """Whether the account works, by the outcomes of a probe.

    A text that was refused for its own sake says as much as one that went: the provider knew whose it was.
    """
    return any(isinstance(outcome, Accepted) or outcome.kind is FailureKind.PERMANENT for outcome in outcomes)


@transaction.atomic
def end(practice: Practice, *services: Service) -> None:
    """Try all that waits for these accounts again at once, or for any: it works, or somebody has mended it."""
    stopped = Stoppage.objects.filter(practice=practice, service__in=services or Service.values)
    ended = list(stopped.values_list("service", flat=True))
    stopped.delete()
    fair_queue.ask("outbox.send_messages", practice.id)
    for service in ended:
        audit.record("texts.resumed", practice=practice, actor=None, service=service)
        logger.warning("texts go again", extra={"practice_id": str(practice.id), "service": service})
