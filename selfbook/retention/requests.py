"""One manager asks to have a patient erased or copied, another decides (retention#a-second-person).

Each function is one transaction and leaves an audit event, which says nothing of the patient.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from patients.models import PatientRequest, RequestKind, RequestState
from practices.audit import trail as audit
from practices.models import Practice, User, same_person
from practices.roles import Permission, may
from practices.staff import second_persons
from practices.staff.second_persons import Refusal
from selfbook.retention import patient

AVAILABLE = timedelta(days=7)
"""So long a copy can be downloaded once it was agreed to."""

LAPSES = timedelta(days=30)
"""A request that nobody decides on is dropped: UK GDPR gives the practice a month to answer the patient."""


class CannotDecide(Exception):
    """This person may not decide on this request. Its text is a sentence for them."""


@transaction.atomic
def ask(*, practice: Practice, kind: RequestKind, nhs_number: str, by: User) -> PatientRequest:
    """Have a second person asked; the same request that waits already is returned as it is."""
    Practice.objects.select_for_update(no_key=True).get(id=practice.id)
    waiting = PatientRequest.objects.filter(
        practice=practice, kind=kind, nhs_number=nhs_number, state=RequestState.WAITING
    ).first()
    if waiting is not None:
        return waiting
    request = PatientRequest.objects.create(practice=practice, kind=kind, nhs_number=nhs_number, asked_by=by)
    audit.record("patient_request.asked", practice=practice, actor=by, object_id=request.id, kind=str(kind))
    return request


def refusal(request: PatientRequest, by: User) -> Refusal | None:
    """Why this person may not agree to a request; None when they may."""
    place = by.memberships.filter(practice=request.practice_id).first()
    if not may(place.role if place else None, Permission.ERASE_PATIENTS):
        return Refusal("not for this role", "Only managers can decide about a patient's data.")
    relation = second_persons.relation(by, request.asked_by)
    if sentence := same_person.refusal(relation, "the one that asked"):
        return Refusal(str(relation), sentence)
    return None


def agree(*, request: PatientRequest, by: User) -> patient.Extent | None:
    """Do what was asked for: erase the patient, or let the copy be downloaded; what was erased.

    Raises CannotDecide, and patient.UnderWay, after which it waits as before. Twice is the same as once.
    """
    with transaction.atomic():
        locked = _waiting(request)
        if locked is None:
            return None
        refused = refusal(locked, by)
        if refused is None:
            extent = _do(locked, by)
        else:
            reason: dict[str, Any] = {"reason": refused.why}
            audit.record(
                "patient_request.refused_person", practice=locked.practice, actor=by, object_id=locked.id, **reason
            )
    if refused is not None:
        raise CannotDecide(refused.sentence)
    return extent


def _do(locked: PatientRequest, by: User) -> patient.Extent | None:
    extent = None
    now = timezone.now()
    if locked.kind == RequestKind.ERASE:
        extent = patient.erase(locked.practice, locked.nhs_number, by=by)
        locked.nhs_number = ""
    else:
        locked.available_until = now + AVAILABLE
    _decide(locked, RequestState.DONE, by)
    return extent


@transaction.atomic
def turn_down(*, request: PatientRequest, by: User) -> bool:
    """Drop a request: any manager may, whoever asked too. False when it was decided on before."""
    locked = _waiting(request)
    if locked is None:
        return False
    locked.nhs_number = ""
    _decide(locked, RequestState.REFUSED, by)
    return True


def _waiting(request: PatientRequest) -> PatientRequest | None:
    rows = PatientRequest.objects.select_for_update(of=("self",)).select_related("practice", "asked_by")
    return rows.filter(id=request.id, state=RequestState.WAITING).first()


def _decide(locked: PatientRequest, state: RequestState, by: User) -> None:
    locked.state, locked.decided_by, locked.decided_at = state, by, timezone.now()
    locked.save()
    details: dict[str, Any] = {"kind": locked.kind, "state": str(state)}
    audit.record("patient_request.decided", practice=locked.practice, actor=by, object_id=locked.id, **details)


def may_download(request: PatientRequest) -> bool:
    """Whether the copy that was agreed to is still there to download."""
    until = request.available_until
    return request.state == RequestState.DONE and until is not None and until > timezone.now()


@transaction.atomic
def forget_old(practice: Practice) -> int:
    """Let go of the NHS numbers of copies whose days are over, and of requests that nobody decided on; how many."""
    own = PatientRequest.objects.filter(practice=practice)
    lapsed = list(own.filter(state=RequestState.WAITING, asked_at__lt=timezone.now() - LAPSES).select_for_update())
    for request in lapsed:
        audit.record("patient_request.lapsed", practice=practice, actor=None, object_id=request.id, kind=request.kind)
        request.delete()
    over = own.filter(available_until__lt=timezone.now()).exclude(nhs_number="")
    return len(lapsed) + over.update(nhs_number="")
