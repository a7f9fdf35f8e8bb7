"""An administrator makes a practice's own code everybody's, or takes that back.

What is shared is a copy: the practice's own code stays as it is, and what happens to the one changes nothing about the
other. Two people answer for the copy as well: who asked for it at the practice, and the administrator.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from campaigns.codes import services as codes
from campaigns.codes.services import CannotApprove
from campaigns.models import Grounds, SnomedCode
from practices.models import User, same_person
from practices.models.same_person import Relation
from practices.staff import second_persons
from practices.staff.second_persons import Refusal

_COPIED = ("concept_id", *codes.MEANING, "ctv3_code", "source", "proposed_by", "proposed_at")


def refusal(code: SnomedCode, by: User) -> Refusal | None:
    """Why this person may not share this code with all practices; None when they may."""
    if not by.is_staff:
        return Refusal("not for this role", "Only an administrator can share a code.")
    if code.practice_id is None or code.proposed_by is None:
        return Refusal("for all practices already", f"{code.concept_id} is for all practices already.")
    if not code.is_usable:
        return Refusal("not ready to use", f"{code.concept_id} is not ready to use at its own practice.")
    if there := SnomedCode.objects.shared().filter(concept_id=code.concept_id).first():
        if there.kind != code.kind:
            return Refusal("another kind", f"All practices have {code.concept_id} as another kind of code.")
        if there.active:
            state = "already" if there.is_approved else "already, not approved: approve that one"
            return Refusal("for all practices already", f"All practices have {code.concept_id} {state}.")
    relation = second_persons.relation(by, code.proposed_by)
    if sentence := same_person.refusal(relation, "the one that wrote the code"):
        return Refusal(relation, sentence)
    return None


def share(*, code_id: str, seen: str, by: User) -> SnomedCode:
    """Give all practices a copy of a practice's own code, as it was `seen` (its fingerprint). Raises CannotApprove."""
    with transaction.atomic():
        code = SnomedCode.objects.select_for_update(of=("self",)).select_related("practice").filter(pk=code_id).first()
        if code is None or codes.fingerprint(code) != seen:
            raise CannotApprove(codes.CHANGED)
        copy: SnomedCode | None = None
        refused = refusal(code, by)
        if refused is None:
            copy, refused = _copied(code, by)
        if refused:
            codes.record("code.sharing_refused", code, by, reason=str(refused.why), of=str(code.proposed_by_id))
        else:
            checked = {"relation": str(Relation.OTHER), "of": str(code.proposed_by_id)}
            codes.record("code.shared", code, by, **checked)
    if refused or copy is None:
        raise CannotApprove(refused.sentence if refused else "")
    return copy


def _copied(code: SnomedCode, by: User) -> tuple[SnomedCode | None, Refusal | None]:
    """Everybody's code in the words of this one, written over one that was switched off; why not, by the rules."""
    there = SnomedCode.objects.select_for_update().filter(practice=None, concept_id=code.concept_id).first()
    copy = there or SnomedCode()
    for name in _COPIED:
        setattr(copy, name, getattr(code, name))
    copy.active, copy.shared_from, copy.grounds = True, code, Grounds.ADMINISTRATOR
    copy.approved_by, copy.approved_at = by, timezone.now()
    try:
        with transaction.atomic():
            copy.save()
    except ValidationError as error:
        return None, Refusal("against the rules for codes", f"{code.concept_id}: {' '.join(error.messages)}")
    return copy, None


@transaction.atomic
def stop_sharing(*, code_id: str, by: User) -> bool:
    """Switch off everybody's copy of a practice's own code, which stays as it is. False when there was none on."""
    copy = SnomedCode.objects.select_for_update().filter(pk=code_id, shared_from__isnull=False, active=True).first()
    if copy is None:
        return False
    copy.active = False
    copy.save()
    codes.record("code.not_shared", copy, by)
    return True
