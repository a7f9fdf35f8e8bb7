"""New SNOMED CT codes, and changed ones: one person writes them, another one approves them.

A code is one practice's own, or everybody's. For its own code a practice's manager is the second person where a loaded
SNOMED CT release bears the id and term out; an administrator is, where nothing does, and for everybody's codes always.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.models import Campaign, CodeKind, Grounds, SnomedCode
from campaigns.models.snomed import SnomedRelease, SnomedTerm
from integrations.clinical.profile import LocalCodes
from integrations.models.outbox import CodedEntry
from practices.audit import trail as audit
from practices.models import AuditEvent, User, same_person
from practices.models.same_person import Relation
from practices.roles import Permission, may
from practices.staff import second_persons
from practices.staff.second_persons import Refusal

MEANING = ("term", "kind", "emis_scheme", "emis_code")
"""What a second person answers for, together with the id. The id itself never changes."""

NO_RELEASE = "no SNOMED release is loaded here"
NOT_IN_RELEASE = "the SNOMED release loaded here does not have this id with this term"
FOR_ALL = "it is for all practices"

CHANGED = "The code was changed after you opened this page. Look at it again."

_BATCH_KINDS = (CodeKind.INVITATION, CodeKind.DECLINE)


class CannotApprove(Exception):
    """The code may not be approved, or not by this person, for a reason given as a sentence for them."""

    def __init__(self, reason: str) -> None:
        super().__init__("the code may not be approved")
        self.reason = reason


def fingerprint(code: SnomedCode) -> str:
    """A word for what a code says, so that what is approved is what was seen."""
    says = "\x1f".join([code.concept_id, *(getattr(code, name) for name in MEANING)])
    return hashlib.sha256(says.encode()).hexdigest()[:16]


@transaction.atomic
def write(*, code: SnomedCode, by: User) -> None:
    """Store what somebody wrote for their practice, or an administrator for all.

    Whatever it means for records now waits for a second person. Switching a code off or on leaves its approval as it
    is. Raises ValidationError, also when somebody else of the practice was quicker; PermissionDenied.
    """
    if code.practice_id is None and not by.is_staff:
        raise PermissionDenied
    code.take_id()
    stored = SnomedCode.objects.select_for_update().filter(pk=code.pk).first()
    if stored is None or fingerprint(stored) != fingerprint(code):
        code.proposed_by, code.proposed_at = by, timezone.now()
        code.approved_by, code.approved_at, code.grounds = None, None, ""
        action = "code.added" if stored is None else "code.changed"
    else:
        # The form may have been opened before somebody approved it.
        for name in ("proposed_by", "proposed_at", "approved_by", "approved_at", "grounds"):
            setattr(code, name, getattr(stored, name))
        action = "code.switched_on" if code.active else "code.switched_off"
        if stored.active == code.active:
            return
    _save(code)
    record(action, code, by)


def _save(code: SnomedCode) -> None:
    """Save it. Raises ValidationError, also where a form's check came too early to see somebody else's row."""
    try:
        with transaction.atomic():
            code.save()
    except IntegrityError as error:
        if "code_of_a_practice_once" not in str(error) and "campaigns_snomedcode_pkey" not in str(error):
            raise
        raise ValidationError({"concept_id": "Somebody has just asked for this code."}) from None


def needs_administrator(code: SnomedCode) -> str:
    """Why no second person of a practice is enough for this code, as words after a colon; empty when one is."""
    if code.practice_id is None:
        return FOR_ALL
    if SnomedRelease.current() is None:
        return NO_RELEASE
    borne_out = SnomedTerm.objects.filter(pk=code.concept_id, term=code.term).exists()
    return "" if borne_out else NOT_IN_RELEASE


def refusal(code: SnomedCode, by: User) -> Refusal | None:
    """Why this person may not approve this code; None when they may. The database holds the second of these too."""
    if code.kind not in _BATCH_KINDS:
        return Refusal("never with a batch", f"{code.concept_id} never goes with a batch, so it needs no approval.")
    if code.proposed_by_id == by.pk:
        return Refusal(Relation.SAME, f"You wrote what {code.concept_id} says. Somebody else must check it.")
    if not by.is_staff:
        if reason := needs_administrator(code):
            return Refusal("an administrator is needed", f"Waiting for an administrator: {reason}.")
        if not _manages(code, by):
            return Refusal("not for this role", "A manager or an administrator has to approve it.")
    if code.proposed_by is not None:
        relation = second_persons.relation(by, code.proposed_by)
        if sentence := same_person.refusal(relation, "the one that wrote the code"):
            return Refusal(relation, sentence)
    return None


def _manages(code: SnomedCode, by: User) -> bool:
    """Whether somebody may approve codes in the practice whose own this is."""
    place = by.memberships.filter(practice=code.practice_id).first() if code.practice_id else None
    return may(place.role if place else None, Permission.APPROVE_CODES)


def approve(*, code_id: str, seen: str, by: User) -> SnomedCode:
    """Approve what was `seen` (its fingerprint). Approving twice changes nothing. Raises CannotApprove.

    A code that nobody is known to have written counts as written by the first who stands up for it. A refusal is in
    the audit trail with its reason.
    """
    with transaction.atomic():
        code = _locked(code_id)
        if code is None:
            raise CannotApprove(CHANGED)
        if code.is_approved and fingerprint(code) == seen:
            return code
        refused = refusal(code, by)
        if refused is None and fingerprint(code) != seen:
            raise CannotApprove(CHANGED)
        refused = refused or _stand_up_for(code, by)
        if refused:
            record("code.approval_refused", code, by, reason=str(refused.why), of=_written_by(code))
    if refused:
        raise CannotApprove(refused.sentence)
    return code


def _stand_up_for(code: SnomedCode, by: User) -> Refusal | None:
    """Write somebody's word for a locked code; why it could not be, where it breaks the rules for codes."""
    of = _written_by(code)
    if code.proposed_by is None:
        code.proposed_by, code.proposed_at, action = by, timezone.now(), "code.proposed"
    else:
        code.approved_by, code.approved_at, action = by, timezone.now(), "code.approved"
        code.grounds = Grounds.ADMINISTRATOR if by.is_staff else Grounds.RELEASE
    try:
        with transaction.atomic():
            code.save()
    except ValidationError as error:
        return Refusal("against the rules for codes", f"{code.concept_id}: {' '.join(error.messages)}")
    checked = {"relation": str(Relation.OTHER), "of": of, "grounds": code.grounds} if of else {}
    record(action, code, by, **checked)
    return None


def _locked(code_id: str) -> SnomedCode | None:
    return (
        SnomedCode.objects.select_for_update(of=("self",))
        .select_related("practice", "proposed_by")
        .filter(pk=code_id)
        .first()
    )


def _written_by(code: SnomedCode) -> str | None:
    return str(code.proposed_by_id) if code.proposed_by_id else None


def may_turn_down(code: SnomedCode, by: User) -> bool:
    """Whether it is for this person to take a waiting code off the list: their own, their practice's, or for all."""
    mine = code.practice_id is not None and code.proposed_by_id == by.pk
    return mine or by.is_staff or _manages(code, by)


@transaction.atomic
def turn_down(*, code_id: str, by: User) -> None:
    """Take a code off the list that nobody has ever used or approved. Raises CannotApprove.

    One that a batch has been sent with, or that was approved before it was changed, stays: its history does.
    """
    code = _locked(code_id)
    if code is None:
        return
    if code.is_approved or code.proposed_by is None or code.kind not in _BATCH_KINDS:
        raise CannotApprove(f"{code.concept_id} is not waiting for a second person.")
    if not may_turn_down(code, by):
        raise CannotApprove("Only the person who asked for it, or a manager, can turn it down.")
    if _has_a_past(code):
        raise CannotApprove(f"{code.concept_id} has been in use before. Ask an administrator to switch it off.")
    record("code.turned_down", code, by)
    code.delete()


def _has_a_past(code: SnomedCode) -> bool:
    filed = CodedEntry.objects.filter(concept_id=code.concept_id)
    events = AuditEvent.objects.filter(practice=code.practice, data__concept_id=code.concept_id)
    if code.practice_id is not None:
        filed = filed.filter(practice=code.practice)
    attached = Campaign.objects.filter(Q(invitation_code=code) | Q(decline_code=code) | Q(invitation_codes__code=code))
    approved = events.filter(Q(action="code.approved") | Q(action="code.became_own", data__approved=True))
    return filed.exists() or attached.exists() or approved.exists()


STOPPED = "This code was switched off, or changed and not approved again. Ask your administrator what to file."


def stop_filing(entries: Sequence[CodedEntry]) -> dict[UUID, str]:
    """The entries whose code may not be filed now, with the reason: nobody answers for it at their practice.

    That is so when it is off, or its words have not been approved, or only another practice has approved it. An entry
    with the words of before a change is filed: somebody answered for those.
    """
    codes: dict[str, list[SnomedCode]] = defaultdict(list)
    for code in SnomedCode.objects.filter(concept_id__in={entry.concept_id for entry in entries}):
        codes[code.concept_id].append(code)
    known = [entry for entry in entries if entry.concept_id in codes]
    return {entry.id: STOPPED for entry in known if not _may_be_filed(entry, codes[entry.concept_id])}


def _may_be_filed(entry: CodedEntry, there: Sequence[SnomedCode]) -> bool:
    """Whether somebody answers for an entry: by its practice's own code, or everybody's."""
    codes = [code for code in there if code.practice_id in (None, entry.practice_id)]
    if any(code.practice_id is None and code.kind not in _BATCH_KINDS for code in codes):
        return False
    same = [code for code in codes if not _is_former(entry, code)]
    return any(code.is_usable for code in same) if same else any(code.active for code in codes)


def _is_former(entry: CodedEntry, code: SnomedCode) -> bool:
    """Whether the entry says something else than its code does now."""
    local = (entry.local_scheme, entry.local_code)
    return entry.term != code.term or local not in [("", ""), *map(code.local_code, LocalCodes)]


def record(action: str, code: SnomedCode, by: User, **more: Any) -> None:
    """Put in the audit trail what somebody did with a code, and what it says: its practice's trail, if it has one."""
    says: dict[str, Any] = {name: getattr(code, name) for name in MEANING}
    audit.record(
        action,
        practice=code.practice,
        actor=by,
        object_id=UUID(code.id) if code.practice_id else None,
        concept_id=code.concept_id,
        active=code.active,
        **says,
        **more,
    )
