"""Which of a practice's waiting codes are in the records already, by the gateway's word (restoring#what-went).

A code that is filed again under its key is filed once, so nothing depends on this but the count: it keeps staff from
reading that codes wait which have long been filed.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.database import release
from integrations import gateways
from integrations.clinical.errors import ClinicalError
from integrations.clinical.port import ClinicalSystem
from integrations.connections import NotConnected, clinical_for
from integrations.models.outbox import CodedEntry
from integrations.models.states import CodeState
from integrations.outbox.codes.calls import AT_ONCE, to_file
from practices.models import Practice, User

CHUNK = 100
"""Entries that are looked up before what was found is written."""


def find_filed(practice: Practice) -> int:
    """Mark the waiting codes that are in the record as filed; how many. What cannot be read waits as before."""
    if gateways.is_without(practice.id):
        return 0
    waiting = CodedEntry.objects.filter(practice=practice, state=CodeState.DUE).select_related("actor").order_by("id")
    count, last = 0, None
    while rows := list((waiting.filter(id__gt=last) if last else waiting)[:CHUNK]):
        last = rows[-1].id
        for actor in {row.actor for row in rows}:
            count += _find(practice, actor, [row for row in rows if row.actor == actor])
    return count


def _find(practice: Practice, actor: User, rows: Sequence[CodedEntry]) -> int:
    try:
        system = clinical_for(practice, actor)
    except NotConnected:
        return 0
    release()
    with closing(system), ThreadPoolExecutor(AT_ONCE) as pool:
        ids = list(pool.map(lambda row: _entry_id(system, row), rows))
    filed = {row.id: entry_id for row, entry_id in zip(rows, ids, strict=True) if entry_id}
    return _write(filed)


def _entry_id(system: ClinicalSystem, row: CodedEntry) -> str:
    try:
        return system.find_code(row.nhs_number, to_file(row))
    except ClinicalError:
        return ""  # it goes as it would have: under its key, once


@transaction.atomic
def _write(filed: dict[UUID, str]) -> int:
    rows = list(CodedEntry.objects.filter(id__in=filed, state=CodeState.DUE).order_by("id").select_for_update())
    now = timezone.now()
    CodedEntry.objects.filter(id__in=[row.id for row in rows]).update(state=CodeState.STARTED, started_at=now)
    for row in rows:
        row.state, row.entry_id, row.due_at, row.settled_at = CodeState.FILED, filed[row.id][:80], None, now
        row.reason = ""
    CodedEntry.objects.bulk_update(rows, ["state", "entry_id", "due_at", "settled_at", "reason"])
    return len(rows)
