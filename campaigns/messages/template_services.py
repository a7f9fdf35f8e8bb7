"""Everything that changes a practice's own message templates. Each function is one transaction and is audited.

Shared templates are administrators' (the Django admin): a practice makes a copy of its own.
"""

from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns.models import MessageTemplate, SnomedCode
from campaigns.wording.appointment_details import AppointmentDetails
from practices.audit import trail as audit
from practices.models import Practice, User


class NameTaken(Exception):
    """The practice has another template of that name."""


class ChangedMeanwhile(Exception):
    """Somebody else changed the template after this person opened it."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a template says, and what it suggests for a batch."""

    name: str
    body: str
    decline_message: str
    invitation_code: SnomedCode | None
    decline_code: SnomedCode | None
    details: AppointmentDetails = field(default_factory=AppointmentDetails)


@transaction.atomic
def create(*, practice: Practice, wording: Wording, by: User, copy_of: UUID | None = None) -> MessageTemplate:
    """A new template of the practice's own. Raises NameTaken."""
    template = MessageTemplate(practice=practice)
    _write(template, wording)
    audit.record(
        "template.created",
        practice=practice,
        actor=by,
        object_id=template.id,
        copy_of=str(copy_of) if copy_of else None,
    )
    return template


@transaction.atomic
def change(*, template: MessageTemplate, wording: Wording, seen: str, by: User) -> MessageTemplate:
    """Say it otherwise. Batches keep the words that they have. Raises NameTaken, ChangedMeanwhile.

    `seen` is the version that the person had before them.
    """
    stored = _locked(template)
    if version(stored) != seen:
        raise ChangedMeanwhile
    _write(stored, wording)
    audit.record("template.changed", practice=stored.practice, actor=by, object_id=stored.id)
    return stored


@transaction.atomic
def archive(*, template: MessageTemplate, by: User) -> None:
    """Put it away: nobody is offered it any more, and nothing is lost. Twice is the same as once."""
    stored = _locked(template)
    if stored.archived_at is None:
        stored.archived_at = timezone.now()
        stored.save(update_fields=["archived_at", "changed_at"])
        audit.record("template.archived", practice=stored.practice, actor=by, object_id=stored.id)


@transaction.atomic
def restore(*, template: MessageTemplate, by: User) -> None:
    """Offer it again. Twice is the same as once. Raises NameTaken."""
    stored = _locked(template)
    if stored.archived_at is not None:
        stored.archived_at = None
        _save(stored)
        audit.record("template.restored", practice=stored.practice, actor=by, object_id=stored.id)


def version(template: MessageTemplate) -> str:
    """A word for the words of a template as they are now."""
    return template.changed_at.isoformat()


def _locked(template: MessageTemplate) -> MessageTemplate:
    return MessageTemplate.objects.select_for_update(of=("self",)).select_related("practice").get(id=template.id)


def _write(template: MessageTemplate, wording: Wording) -> None:
    template.name, template.body, template.decline_message = wording.name, wording.body, wording.decline_message
    template.invitation_code, template.decline_code = wording.invitation_code, wording.decline_code
    wording.details.write_to(template)
    _save(template)


def _save(template: MessageTemplate) -> None:
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:
        if "template_name_once" not in str(error):
            raise
        raise NameTaken from None
