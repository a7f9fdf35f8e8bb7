"""What a practice adds to the pages about privacy and accessibility, and the facts that these pages name."""

from django.db import transaction

from practices.audit import trail as audit
from practices.models import Practice, PracticeInformation, User

FIELDS = ("privacy", "data_protection_contact", "accessibility")
_RETENTION_DAYS = 90


def of(practice: Practice | None) -> PracticeInformation:
    """What a practice has written; one with nothing in it where it has not, and for no practice."""
    stored = PracticeInformation.objects.filter(practice=practice).first() if practice else None
    return stored or PracticeInformation()


def paragraphs(text: str) -> list[str]:
    """The lines of a practice's own words, without empty ones: each is a paragraph."""
    return [line for line in map(str.strip, text.splitlines()) if line]


def retention_days(practice: Practice | None) -> int:
    """So many days after a batch has closed its patients' details are deleted."""
    return int(getattr(practice, "retention_days", _RETENTION_DAYS))


@transaction.atomic
def change(*, practice: Practice, by: User, **fields: str) -> bool:
    """Write a practice's own words, by the names of `FIELDS`; False where they are the same already."""
    locked = Practice.objects.select_for_update(no_key=True).get(id=practice.id)
    stored = of(locked)
    changed = [name for name in FIELDS if getattr(stored, name) != fields[name]]
    if not changed:
        return False
    PracticeInformation.objects.update_or_create(practice=locked, defaults={name: fields[name] for name in FIELDS})
    audit.record("practice.information", practice=locked, actor=by, object_id=locked.id, changed=changed)
    return True
