"""The SNOMED CT codes and message templates that every installation starts with.

Codes are the published ones of the national primary care lists, kept as data in `catalogue_codes.csv`; an EMIS code
is given only where it is public. Templates follow the NHS rules for texts: who we are, what to do, no medical detail
that a glance at the phone would give away, and a way for people who cannot open links.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from campaigns.codes_rules import KEPT_APART, Why
from campaigns.models import CodeKind, MessageTemplate, SnomedCode

CODES = Path(__file__).with_name("catalogue_codes.csv")


@dataclass(frozen=True, slots=True)
class Words:
    """A shared template's name, text and decline message."""

    name: str
    body: str
    decline: str


_INVITE = (
    "Dear {{name}}, you can now book your {what} at {{practice}}. Choose a time: {{link}} Cannot open it? Phone us."
)
_DECLINE = "If you do not want {what}, we will not invite you to book one again this year."

TEMPLATES = [
    Words("Flu vaccination", _INVITE.format(what="flu vaccination"), _DECLINE.format(what="a flu vaccination")),
    Words("COVID-19 vaccination", _INVITE.format(what="vaccination"), _DECLINE.format(what="a COVID-19 vaccination")),
    Words("Blood test", _INVITE.format(what="blood test"), "If you do not want this blood test, we will tell your GP."),
    Words(
        "Yearly check",
        _INVITE.format(what="yearly check"),
        "If you do not want this yearly check, we will not invite you to book it again this year.",
    ),
    Words(
        "Appointment with a nurse",
        _INVITE.format(what="appointment with our nurse"),
        "If you do not want this appointment, we will not invite you to book it again this year.",
    ),
]


@transaction.atomic
def load() -> None:
    """Add what is missing. What an administrator has changed stays as it is."""
    with CODES.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            _load_code(row)
    for known in KEPT_APART.values():
        kind = CodeKind.GIVEN if known.why == Why.GIVEN else CodeKind.OTHER
        # One that was added as something else, before it was known what it means, goes with no further batch.
        SnomedCode.objects.filter(concept_id=known.concept_id).exclude(kind=kind).update(active=False)
        values = {"term": known.term, "kind": kind, "approved_at": timezone.now()}
        SnomedCode.objects.get_or_create(concept_id=known.concept_id, defaults=values)
    for words in TEMPLATES:
        MessageTemplate.objects.get_or_create(
            practice=None, name=words.name, defaults={"body": words.body, "decline_message": words.decline}
        )


def _load_code(row: dict[str, str]) -> None:
    """Add one code. The product answers for what it says, as long as nobody else has said anything."""
    now = timezone.now()
    _, added = SnomedCode.objects.get_or_create(concept_id=row["concept_id"], defaults=row | {"approved_at": now})
    if not added:
        SnomedCode.objects.filter(**row, proposed_by=None, approved_at=None).update(approved_at=now)
