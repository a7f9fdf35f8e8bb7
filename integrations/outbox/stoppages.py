"""A practice's text account that does not work: one message for staff, and no text is tried but a few now and then.

Rows that wait for it stay due, keep all their tries, and go as soon as it works.
"""

import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from integrations.messaging.port import Accepted, FailureKind, NotAccepted, Outcome
from integrations.outbox import retries, turns
from integrations.outbox.models import Stoppage
from practices import audit
from practices.models import Practice

logger = logging.getLogger(__name__)

PROBE = 3
"""Texts that are tried over an account that did not work when last tried."""


def current(practice: Practice) -> Stoppage | None:
    """What keeps the practice's texts from going, for staff to read; None when they go."""
    return Stoppage.objects.filter(practice=practice).first()


def may_probe(practice_id: UUID) -> bool:
    """Whether it is time to try the account again, and ours to do: True for one caller each time."""
    now = timezone.now()
    waiting = Stoppage.objects.filter(practice_id=practice_id, retry_at__lte=now)
    return bool(waiting.update(retry_at=now + retries.PROBE_EVERY))


def fault_of(outcomes: Sequence[Outcome]) -> NotAccepted | None:
    """The fault of the account that these outcomes show; None when there is none, or one text went all the same."""
    if any(isinstance(outcome, Accepted) for outcome in outcomes):
        return None
    for outcome in outcomes:
        if isinstance(outcome, NotAccepted) and outcome.kind is FailureKind.CONFIGURATION and not outcome.alone:
            return outcome
    return None


@transaction.atomic
def begin(practice: Practice, fault: NotAccepted) -> None:
    """Stop the practice's texts, or say that they still do not go, and try again in a while."""
    now = timezone.now()
    facts = {"code": fault.code[:40], "reason": fault.reason[:200], "retry_at": now + retries.PROBE_EVERY}
    _, begun = Stoppage.objects.update_or_create(
        practice=practice, defaults=facts, create_defaults={**facts, "since": now}
    )
    if begun:
        audit.record("texts.stopped", practice=practice, actor=None, code=fault.code)
        logger.error("texts stopped", extra={"practice_id": str(practice.id), "code": fault.code})


def shows_that_it_works(outcomes: Sequence[Outcome]) -> bool:
    """Whether the account works, by the outcomes of a probe.

    A text that was refused for its own sake says as much as one that went: the provider knew whose it was.
    """
    return any(isinstance(outcome, Accepted) or outcome.kind is FailureKind.PERMANENT for outcome in outcomes)


@transaction.atomic
def end(practice: Practice) -> None:
    """Try all of the practice's texts again at once: the account works, or somebody has mended it."""
    count, _ = Stoppage.objects.filter(practice=practice).delete()
    turns.ask("outbox.send_messages", practice.id)
    if count:
        audit.record("texts.resumed", practice=practice, actor=None)
        logger.warning("texts go again", extra={"practice_id": str(practice.id)})
