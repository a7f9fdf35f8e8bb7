"""New SNOMED CT codes, and changed ones: one administrator writes them, another one approves them (safety H7)."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.models import Campaign, CodeKind, SnomedCode
from integrations.outbox.models import CodedEntry
from practices import audit
from practices.models import AuditEvent, User

MEANING = ("term", "kind", "emis_scheme", "emis_code")
"""What a second person answers for, together with the id. The id itself never changes."""


class CannotApprove(Exception):
    """The code may not be approved, or not by this person, for a reason given as a sentence for administrators."""

    def __init__(self, reason: str) -> None:
        super().__init__("the code may not be approved")
        self.reason = reason


def fingerprint(code: SnomedCode) -> str:
    """A word for what a code says, so that what is approved is what was seen."""
    said = "\x1f".join([code.concept_id, *(getattr(code, name) for name in MEANING)])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@transaction.atomic
def write(*, code: SnomedCode, by: User) -> None:
    """Keep what an administrator wrote. Whatever it means for records now waits for a second person.

    Switching a code off or on leaves its approval as it is. Raises ValidationError.
    """
    stored = SnomedCode.objects.select_for_update().filter(pk=code.pk).first()
    if stored is None or fingerprint(stored) != fingerprint(code):
        code.proposed_by, code.approved_by, code.approved_at = by, None, None
        action = "code.added" if stored is None else "code.changed"
    else:
        # The form may have been opened before somebody approved it.
        code.proposed_by, code.approved_by, code.approved_at = (
            stored.proposed_by,
            stored.approved_by,
            stored.approved_at,
        )
        action = "code.switched_on" if code.active else "code.switched_off"
        if stored.active == code.active:
            return
    code.save()
    _record(action, code, by)


@transaction.atomic
def approve(*, concept_id: str, seen: str, by: User) -> SnomedCode:
    """Approve what was `seen` (its fingerprint). Approving twice changes nothing. Raises CannotApprove.

    A code that nobody is known to have written counts as written by the first who stands up for it.
    """
    code = SnomedCode.objects.select_for_update().filter(pk=concept_id).first()
    if code is None or fingerprint(code) != seen:
        raise CannotApprove(f"{concept_id} was changed after you opened this page. Look at it again.")
    if code.is_approved:
        return code
    if code.kind not in (CodeKind.INVITATION, CodeKind.DECLINE):
        raise CannotApprove(f"{concept_id} never goes with a batch, so it needs no approval.")
    if code.proposed_by_id == by.pk:
        raise CannotApprove(f"You wrote what {concept_id} says. Somebody else must check it.")
    try:
        return _stand_up_for(code, by)
    except ValidationError as error:
        raise CannotApprove(f"{concept_id}: {' '.join(error.messages)}") from None


def _stand_up_for(code: SnomedCode, by: User) -> SnomedCode:
    if code.proposed_by is None:
        code.proposed_by, action = by, "code.proposed"
    else:
        code.approved_by, code.approved_at, action = by, timezone.now(), "code.approved"
    code.save()
    _record(action, code, by)
    return code


@transaction.atomic
def turn_down(*, concept_id: str, by: User) -> None:
    """Take a code off the list that nobody has ever used or approved. Raises CannotApprove.

    One that a batch has been sent with, or that was approved before it was changed, stays: its history does.
    """
    code = SnomedCode.objects.select_for_update().filter(pk=concept_id).first()
    if code is None:
        return
    if code.is_approved or code.proposed_by is None or code.kind not in (CodeKind.INVITATION, CodeKind.DECLINE):
        raise CannotApprove(f"{concept_id} is not waiting for a second person.")
    if _has_a_past(code):
        raise CannotApprove(f"{concept_id} has been in use before. Ask an administrator to switch it off.")
    _record("code.turned_down", code, by)
    code.delete()


def _has_a_past(code: SnomedCode) -> bool:
    used = CodedEntry.objects.filter(concept_id=code.concept_id).exists()
    attached = Campaign.objects.filter(Q(invitation_code=code) | Q(decline_code=code)).exists()
    approved = AuditEvent.objects.filter(action="code.approved", data__concept_id=code.concept_id).exists()
    return used or attached or approved


STOPPED = "This code was switched off, or changed and not approved again. Ask your administrator what to file."


def stop_filing(entries: Sequence[CodedEntry]) -> dict[UUID, str]:
    """The entries whose code may not be filed now, with the reason: it is off, or nobody has approved its words.

    An entry with the words of before a change is filed: somebody answered for those.
    """
    codes = SnomedCode.objects.in_bulk({entry.concept_id for entry in entries})
    return {
        entry.id: STOPPED
        for entry in entries
        if (code := codes.get(entry.concept_id))
        and not code.is_usable
        and not (code.active and _is_former(entry, code))
    }


def _is_former(entry: CodedEntry, code: SnomedCode) -> bool:
    """Whether the entry says something else than its code does now."""
    local = (entry.local_scheme, entry.local_code)
    return entry.term != code.term or local not in (("", ""), (code.emis_scheme, code.emis_code))


def _record(action: str, code: SnomedCode, by: User) -> None:
    said = {name: getattr(code, name) for name in MEANING}
    audit.record(action, practice=None, actor=by, concept_id=code.concept_id, active=code.active, **said)
