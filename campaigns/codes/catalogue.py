"""Loads the SNOMED CT codes and message templates that every installation starts with.

Codes are published ones (snomed-ct#shipped-codes), kept as data in `catalogue_codes.csv` and `catalogue_kept_apart.csv`
with where each was published; a local code is given only where it is public. Templates are in `shared_templates.py`.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaigns.messages.shared_templates import TEMPLATES, SharedTemplate
from campaigns.models import CodeKind, MessageTemplate, SnomedCode
from campaigns.models.code_rules import EXCLUDED, Why

CODES = Path(__file__).with_name("catalogue_codes.csv")

_NOTES = ("ctv3_code", "source")
"""What is good to know of a code, and nothing that anybody approves."""
_OWN_COLUMN = "sources"
"""How many places published the id, of which 2 stands for more, too (snomed-ct#shipped-codes)."""


@transaction.atomic
def load() -> None:
    """Add what is missing. What an administrator has changed stays as it is."""
    for row in _codes():
        _load_code(row)
    for row in _list_excluded():
        # One that was added as something else, before it was known what it means, goes with no further batch.
        others = SnomedCode.objects.filter(concept_id=row["concept_id"]).exclude(kind=row["kind"])
        others.update(active=False)
        _load_code(row)
    _load_templates(TEMPLATES)


def _codes() -> Iterator[dict[str, Any]]:
    with CODES.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            sources = int(row.pop(_OWN_COLUMN))
            yield {**row, "one_source": sources < 2}


def _list_excluded() -> Iterator[dict[str, Any]]:
    for known in EXCLUDED.values():
        kind = CodeKind.GIVEN if known.why == Why.GIVEN else CodeKind.OTHER
        yield {"concept_id": known.concept_id, "term": known.term, "kind": kind, **known.local}


def _load_code(row: Mapping[str, Any]) -> None:
    """Add one code. The product answers for what it says, as long as nobody else has said anything."""
    now = timezone.now()
    shared = SnomedCode.objects.shared()
    _, added = shared.get_or_create(concept_id=row["concept_id"], defaults={**row, "approved_at": now})
    if added:
        return
    # Whoever has changed its words since: how often its id was published does not depend on them.
    stored = shared.filter(concept_id=row["concept_id"])
    stored.exclude(one_source=row.get("one_source", False)).update(one_source=row.get("one_source", False))
    meaning = {name: value for name, value in row.items() if name not in (*_NOTES, "one_source")}
    same = shared.filter(**meaning)
    same.filter(source="").update(**{name: row[name] for name in _NOTES})
    same.filter(proposed_by=None, approved_at=None).update(approved_at=now)


def _load_templates(templates: Iterable[SharedTemplate]) -> None:
    """Add the shared templates whose names are not there, also not among those that have been put away.

    One from before templates named the appointment gets the name that goes with it.
    """
    shared = MessageTemplate.objects.shared()
    unsure = SnomedCode.objects.shared().filter(one_source=True)
    # A shared template that an earlier version made with such a code suggests it no more.
    shared.filter(invitation_code__in=unsure).update(invitation_code=None)
    shared.filter(decline_code__in=unsure).update(decline_code=None)
    there = set(shared.values_list("name", flat=True))
    for template in templates:
        if template.name in there:
            shared.filter(name=template.name, appointment_name="").update(appointment_name=template.appointment_name)
        else:
            MessageTemplate.objects.create(
                name=template.name,
                appointment_name=template.appointment_name,
                body=template.body,
                decline_message=template.decline,
                invitation_code_id=template.invitation_code or None,
                decline_code_id=template.decline_code or None,
            )
