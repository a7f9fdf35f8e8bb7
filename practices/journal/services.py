"""Writing the journal, and reading what a restored database does not know (retention#journal).

An entry is a row of the transaction that makes it true. Once that has committed it is written outside; what a crash
kept from being written, a sweep writes.
"""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from practices.journal import digests, places
from practices.models import JournalEntry, JournalKind, Practice

AT_ONCE = 500
"""Entries that are written at a time."""


def record_batch(practice: Practice, batch_id: UUID) -> None:
    """The patients of a batch were erased. Call it in the transaction that does it."""
    _record(JournalEntry(practice=practice, kind=JournalKind.BATCH_ERASED, batch_id=batch_id))


def record_number(practice: Practice, kind: JournalKind, number_kind: str, number: str, **details: Any) -> None:
    """Something is so of a number from now on. Call it in the transaction that makes it so; `details` name nobody."""
    name, digest = digests.newest(practice.id, number_kind, number)
    _record(
        JournalEntry(practice=practice, kind=kind, number=number_kind, digest=digest, key_name=name, details=details)
    )


def _record(entry: JournalEntry) -> None:
    entry.save(force_insert=True)
    transaction.on_commit(lambda: _write([entry]))


def _write(entries: Collection[JournalEntry]) -> None:
    if places.write(_line(entry) for entry in entries):
        JournalEntry.objects.filter(id__in=[entry.id for entry in entries]).update(written_at=timezone.now())


def sweep() -> None:
    """Write what has not been written everywhere."""
    while entries := list(JournalEntry.objects.filter(written_at=None).order_by("at", "id")[:AT_ONCE]):
        _write(entries)
        if JournalEntry.objects.filter(id=entries[0].id, written_at=None).exists():
            return  # a place is away: the next sweep


def repair() -> int:
    """Give each place what it has lost: an emptied Redis, a new machine's file. How many entries some place lacked."""
    held = places.ids()
    everywhere = set.intersection(*held) if held else set()
    missing = 0
    lacking: list[JournalEntry] = []
    for entry in JournalEntry.objects.order_by("at", "id").iterator(chunk_size=2000):
        if str(entry.id) not in everywhere:
            lacking.append(entry)
            missing += 1
        if len(lacking) >= AT_ONCE:
            places.write(_line(each) for each in lacking)
            lacking = []
    if lacking:
        places.write(_line(each) for each in lacking)
    return missing


def missing_outside(practice: Practice) -> int:
    """How many of a practice's entries no place has any more: then others may be lost too. Raises Unreadable."""
    outside = places.read()
    own = JournalEntry.objects.filter(practice=practice, written_at__isnull=False).values_list("id", flat=True)
    return sum(str(entry_id) not in outside for entry_id in own)


def news(practice: Practice) -> list[JournalEntry]:
    """What the journal has of a practice and the database has not, the oldest first, unsaved. Raises Unreadable."""
    lines = [line for line in places.read().values() if line.get("practice") == str(practice.id)]
    present = {
        str(entry_id) for entry_id in JournalEntry.objects.filter(practice=practice).values_list("id", flat=True)
    }
    entries = _entries(practice, (line for line in lines if line["id"] not in present))
    return sorted(entries, key=lambda entry: (entry.at, entry.id))


def adopt(entry: JournalEntry) -> None:
    """Note that an entry of the journal is so again. Call it in the transaction that makes it so."""
    entry.written_at = timezone.now()
    JournalEntry.objects.bulk_create([entry], ignore_conflicts=True)


def _line(entry: JournalEntry) -> places.Line:
    return {
        "id": str(entry.id),
        "practice": str(entry.practice_id),
        "kind": str(entry.kind),
        "batch": str(entry.batch_id) if entry.batch_id else None,
        "number": entry.number,
        "digest": bytes(entry.digest).hex() if entry.digest is not None else None,
        "key": entry.key_name,
        "details": entry.details,
        "at": entry.at.isoformat(),
    }


def _entries(practice: Practice, lines: Iterable[places.Line]) -> Iterable[JournalEntry]:
    for line in lines:
        at = parse_datetime(str(line["at"]))
        assert at is not None  # as we wrote it
        yield JournalEntry(
            id=UUID(line["id"]),
            practice=practice,
            kind=JournalKind(line["kind"]),
            batch_id=UUID(line["batch"]) if line["batch"] else None,
            number=line["number"],
            digest=bytes.fromhex(line["digest"]) if line["digest"] else None,
            key_name=line["key"],
            details=line["details"],
            at=at,
        )
