"""The chain over the audit trail: seals that tell when an event was changed, removed or slipped in (ASVS 16.4).

Writing an event takes no lock, so events are sealed afterwards, in the order of their ids. An event whose transaction
commits late is sealed late: the chain follows the seals' numbers, and each seal names its event.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from practices.models import AuditEvent, AuditSeal

logger = logging.getLogger(__name__)

START = bytes(32)
"""What stands for the digest before the first."""
AT_ONCE = 5_000
"""Events sealed in one transaction, a second or so."""
LONGEST_TRANSACTION = timedelta(days=1)
"""No transaction takes so long. Below what was sealed before that, no event can turn up any more that is honest."""
_LOCK = 0x5EA1


def canonical(event: AuditEvent) -> bytes:
    """The bytes that say everything about an event, the same wherever and whenever they are made."""
    fields = [
        event.id,
        _text(event.practice_id),
        _text(event.actor_id),
        event.action,
        _text(event.object_id),
        _text(event.batch_id),
        [str(patient_id) for patient_id in event.patient_ids],
        event.data,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
    ]
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _link(former: bytes, event: AuditEvent) -> bytes:
    return hashlib.sha256(former + canonical(event)).digest()


def seal() -> int:
    """Seal events that have no seal yet, at most AT_ONCE; how many. Beside another sealer it does nothing.

    The head of the chain goes to the log, which is kept elsewhere: a chain that is cut short, or made anew as a whole,
    does not have it (`verify_audit --head`).
    """
    with transaction.atomic():
        if not _alone():
            return 0
        last = AuditSeal.objects.order_by("-number").first()
        number, digest = (last.number, bytes(last.digest)) if last else (0, START)
        seals = []
        for event in unsealed().filter(id__gt=_floor()).order_by("id")[:AT_ONCE]:
            number, digest = number + 1, _link(digest, event)
            seals.append(AuditSeal(number=number, event_id=event.id, digest=digest))
        AuditSeal.objects.bulk_create(seals, batch_size=1000)
    if seals:
        logger.info("audit trail sealed", extra={"head": f"{number}:{digest.hex()}", "events": len(seals)})
    return len(seals)


def _alone() -> bool:
    """Whether this transaction is the only one that seals. Nobody waits: the next turn is soon enough."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _floor() -> int:
    """The id up to which every event has its seal, so that sealing costs the same however long the trail is.

    What was sealed a day before the newest seal: all who had taken ids until then had ended when that one was made.
    """
    newest = AuditSeal.objects.order_by("-number").values_list("sealed_at", flat=True).first()
    if newest is None:
        return 0
    before = AuditSeal.objects.filter(sealed_at__lte=newest - LONGEST_TRANSACTION).order_by("-sealed_at", "-number")
    return before.values_list("event_id", flat=True).first() or 0


def unsealed() -> QuerySet[AuditEvent]:
    """The events without a seal."""
    return AuditEvent.objects.filter(~Exists(AuditSeal.objects.filter(event_id=OuterRef("id"))))


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What a look at the whole chain found. `broken` is a sentence about the first break, empty when it holds."""

    sealed: int
    unsealed: int
    late: int
    """Of the unsealed: those older than a sealed one by so much that no honest transaction wrote them."""
    head: str
    broken: str


def verify(head: str = "") -> SealCheck:
    """Check every seal against its event, in order; and that the chain has `head` ("number:digest") if one is given."""
    broken, last, passed = "", (0, START), not head
    for audit_seal, event in _chain():
        if broken := _fault(last, audit_seal, event):
            break
        last = (audit_seal.number, bytes(audit_seal.digest))
        passed = passed or _head(*last) == head
    if not broken and not passed:
        broken = f"The chain does not have the head {head}: it was cut short, or made anew."
    loose = unsealed()
    return SealCheck(
        sealed=last[0], unsealed=loose.count(), late=loose.filter(id__lte=_floor()).count(), head=_head(*last),
        broken=broken,
    )  # fmt: skip


def _head(number: int, digest: bytes) -> str:
    return f"{number}:{digest.hex()}"


def _fault(last: tuple[int, bytes], audit_seal: AuditSeal, event: AuditEvent | None) -> str:
    number, digest = last
    if audit_seal.number != number + 1:
        return f"Seal {number + 1} is not there: it was removed."
    if event is None:
        return f"Event {audit_seal.event_id} is not there: it was removed after {_when(audit_seal.sealed_at)}."
    if _link(digest, event) != bytes(audit_seal.digest):
        sealed = _when(audit_seal.sealed_at)
        return f"Event {audit_seal.event_id} is not what was sealed on {sealed}: it, or its seal, was changed."
    return ""


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _chain() -> Iterator[tuple[AuditSeal, AuditEvent | None]]:
    """Every seal in order with its event, a bounded number in memory."""
    seals = AuditSeal.objects.order_by("number").iterator(chunk_size=2000)
    while some := list(islice(seals, 2000)):
        events = AuditEvent.objects.in_bulk([audit_seal.event_id for audit_seal in some])
        yield from ((audit_seal, events.get(audit_seal.event_id)) for audit_seal in some)
