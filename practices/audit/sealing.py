"""The chain over the audit trail: seals that tell when an event was changed, removed or slipped in (ASVS 16.4).

Writing an event takes no lock, so events are sealed afterwards, in the order of their ids. An event whose transaction
commits late is sealed late: the chain follows the seals' numbers, and each seal names its event.

Each seal is made with a key that the database does not have. Seals of before there were keys are checked as they were
made; none may come after one with a key.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from itertools import islice

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from practices.audit import keys
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


def last() -> tuple[int, bytes]:
    """The number and digest of the newest seal; 0 and START where there is none."""
    newest = AuditSeal.objects.order_by("-number").first()
    return (newest.number, bytes(newest.digest)) if newest else (0, START)


def seal() -> int:
    """Seal events that have no seal yet, at most AT_ONCE; how many. Beside another sealer it does nothing.

    The head of the chain goes to the log, which is kept elsewhere: a chain that is cut short, or made anew as a whole,
    does not have it (`verify_audit --head`).
    """
    with transaction.atomic():
        if not _alone():
            return 0
        (number, digest), (key_name, key) = last(), keys.current()
        seals = []
        for event in unsealed().filter(id__gt=_floor()).order_by("id")[:AT_ONCE]:
            number, digest = number + 1, keys.link(key, digest, canonical(event))
            seals.append(AuditSeal(number=number, event_id=event.id, digest=digest, key_name=key_name))
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
    without_key: int = 0
    """Of the sealed: those of before seals were made with a key. Only a head that was sent out bears these out."""


def verify(*heads: str) -> SealCheck:
    """Check every seal against its event, in order; and that the chain has all of `heads` ("number:digest")."""
    broken, reached, without_key = "", _Reached(0, START, keys.NO_KEY), 0
    missing, known = dict.fromkeys(filter(None, heads)), keys.known()
    for audit_seal, event in _chain():
        if broken := _fault(reached, audit_seal, event, known):
            break
        reached = _Reached(audit_seal.number, bytes(audit_seal.digest), audit_seal.key_name)
        without_key += reached.key_name == keys.NO_KEY
        missing.pop(_head(reached), None)
    if not broken and missing:
        broken = f"The chain does not have the head {next(iter(missing))}: it was cut short, or made anew."
    loose = unsealed()
    return SealCheck(
        sealed=reached.number,
        unsealed=loose.count(),
        late=loose.filter(id__lte=_floor()).count(),
        head=_head(reached),
        broken=broken,
        without_key=without_key,
    )


@dataclass(frozen=True, slots=True)
class _Reached:
    """How far a look at the chain has come."""

    number: int
    digest: bytes
    key_name: str


def _head(reached: _Reached) -> str:
    return f"{reached.number}:{reached.digest.hex()}"


def _fault(reached: _Reached, audit_seal: AuditSeal, event: AuditEvent | None, known: Mapping[str, bytes]) -> str:
    if audit_seal.number != reached.number + 1:
        return f"Seal {reached.number + 1} is not there: it was removed."
    key = known.get(audit_seal.key_name)
    if audit_seal.key_name == keys.NO_KEY and reached.key_name != keys.NO_KEY:
        return f"Seal {audit_seal.number} was made without a key, after seals with one: somebody else made it."
    if audit_seal.key_name != keys.NO_KEY and key is None:
        return f"Seal {audit_seal.number} was made with a key that is not known. Add the former key to AUDIT_KEYS."
    if event is None:
        return f"Event {audit_seal.event_id} is not there: it was removed after {_when(audit_seal.sealed_at)}."
    if not compare_digest(keys.link(key, reached.digest, canonical(event)), bytes(audit_seal.digest)):
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
