"""Erasing one patient of a practice, because they ask (retention#erase-a-patient).

The link dies with the rows. What is in the clinical system stays there, appointments to come too: it is the practice's
record, not ours. An opt-out stays as a digest.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from booking.models import Booking
from booking.staff.reports import measures
from campaigns.models import Campaign
from integrations.models import GoneText, IncomingText
from integrations.models.outbox import CodedEntry
from patients.models import OptOut, Recipient
from patients.opt_outs import digests as opt_out_digests
from practices.audit import trail as audit
from practices.journal import services as journal
from practices.journal.digests import NHS_NUMBER
from practices.models import JournalKind, Practice, User
from selfbook.retention import reported, rows


class UnderWay(Exception):
    """A text, a booking or a code of the patient is on its way out. Its text is for whoever asked."""

    def __init__(self) -> None:
        """Always the same words."""
        super().__init__(
            "Something of this patient is on its way just now: a text, a booking or a code. Nothing was erased. "
            "Try again in a few minutes."
        )


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is about a patient: rows of lists and reports, invitations, and appointments still to come."""

    rows: int
    invitations: int
    to_come: int


def extent(practice: Practice, nhs_number: str) -> Extent:
    """What erasing this patient would take. Nothing is changed."""
    recipients = Recipient.objects.filter(practice=practice, nhs_number=nhs_number)
    to_come = Booking.objects.live().filter(invitation__recipient__in=recipients, ends_at__gt=timezone.now())
    count = recipients.count() + len(reported.of_patient(practice, nhs_number))
    return Extent(count, recipients.filter(invitation__isnull=False).count(), to_come.count())


@transaction.atomic
def erase(practice: Practice, nhs_number: str, *, by: User | None, again: bool = False) -> Extent:
    """Erase a patient from all lists of a practice; what there was. Twice is the same as once.

    Locks the patient's batches first and then their invitations, as cancelling a batch does. Raises UnderWay. `again`:
    they were erased before a restore, so the journal has it, and what the dump says of them is the past.
    """
    before = extent(practice, nhs_number)
    recipients = list(Recipient.objects.filter(practice=practice, nhs_number=nhs_number).order_by("id"))
    batches = _lock_batches({recipient.patient_list_id for recipient in recipients})
    ids = [recipient.id for recipient in recipients]
    invitations = rows.lock(ids)
    appointments = [row.id for row in reported.of_patient(practice, nhs_number)]
    reported.lock(appointments)
    if not again and (rows.under_way(invitations) or reported.is_under_way(appointments)):
        raise UnderWay
    _count(batches, recipients)
    mobiles = {recipient.mobile for recipient in recipients} - {""} | reported.mobiles(appointments)
    rows.erase(ids, invitations)
    rows.erase_reported(appointments)
    _erase_numbers(practice, nhs_number, mobiles)
    if not again and (recipients or before.rows):
        journal.record_number(practice, JournalKind.PATIENT_ERASED, NHS_NUMBER, nhs_number)
    audit.record(
        "patient.erased", practice=practice, actor=by, rows=before.rows, invitations=before.invitations, again=again
    )
    return before


def _lock_batches(list_ids: Collection[UUID]) -> dict[UUID, Campaign]:
    """The batches of these lists, by list, locked in one order."""
    own = Campaign.objects.filter(patient_list__in=list_ids).order_by("id")
    return {batch.patient_list_id: batch for batch in own.select_for_update(of=("self",)) if batch.patient_list_id}


def _count(batches: dict[UUID, Campaign], recipients: Collection[Recipient]) -> None:
    """Keep what became of the patient as counts of each batch that was sent and is not erased itself."""
    of_list: dict[UUID, list[UUID]] = defaultdict(list)
    for recipient in recipients:
        of_list[recipient.patient_list_id].append(recipient.id)
    for list_id, batch in batches.items():
        if batch.started_at is None or batch.is_erased:
            continue
        measures.keep(batch, Recipient.objects.filter(id__in=of_list[list_id]))
        Campaign.objects.filter(id=batch.id).update(patients_erased=F("patients_erased") + len(of_list[list_id]))


def _erase_numbers(practice: Practice, nhs_number: str, mobiles: Collection[str]) -> None:
    """The patient's numbers where no list has them any more: codes, texts from the phone, and opt-outs."""
    CodedEntry.objects.filter(practice=practice, nhs_number=nhs_number).delete()
    shared = Recipient.objects.filter(practice=practice, mobile__any_of=list(mobiles)).values_list("mobile", flat=True)
    own = set(mobiles).difference(shared)
    IncomingText.objects.filter(practice=practice, mobile__in=own).update(mobile="")
    GoneText.objects.filter(practice=practice, to__in=own).delete()
    for of in ({"nhs_number": nhs_number}, {"mobile__in": own}):
        opt_outs = OptOut.objects.filter(practice=practice, **of).order_by("id").select_for_update(of=("self",))
        opt_out_digests.to_digests(practice, opt_outs)
