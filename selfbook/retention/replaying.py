"""After a restore: what the journal has and the database has not is made so again (retention#journal).

Whoever was erased is erased again, and whoever had opted out gets no texts again, though of them the journal has a
digest alone. Each entry is a transaction of its own, and is noted with it: what was broken off goes on.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from booking.models import ReportedAppointment
from campaigns.models import Campaign
from patients.models import ErasedOptOut, OptOut, OptOutSource, Recipient
from patients.opt_outs import digests as opt_out_digests
from practices.journal import digests
from practices.journal import services as journal
from practices.journal.digests import NHS_NUMBER
from practices.models import JournalEntry, JournalKind, Practice
from selfbook.retention import erasing, patient, services


@dataclass(slots=True)
class Replayed:
    """What was made so again, in counts. `unknown_digests` are of a key that is missing, and stay to be done.

    `journal_lost`: entries that the database has and no place outside: then the journal was lost, and others with it.
    """

    erased_again: int = 0
    opted_out_again: int = 0
    opted_in_again: int = 0
    unknown_digests: int = 0
    journal_lost: int = 0


def is_waiting(practice: Practice) -> bool:
    """Whether the journal has something of a practice that is not so yet, as far as it can be read."""
    return bool(journal.news(practice))


def replay(practice: Practice) -> Replayed:
    """Make all so again that the journal has of a practice, the oldest first. Raises places.Unreadable."""
    counts = Replayed(journal_lost=journal.missing_outside(practice))
    for entry in journal.news(practice):
        match entry.kind:
            case JournalKind.BATCH_ERASED:
                counts.erased_again += _erase_batch(entry)
            case _ if entry.key_name not in digests.known():
                counts.unknown_digests += 1
            case JournalKind.PATIENT_ERASED:
                counts.erased_again += _erase_patient(entry)
            case JournalKind.OPTED_OUT:
                counts.opted_out_again += _opt_out(entry)
            case JournalKind.OPT_OUT_ENDED:
                counts.opted_in_again += _end_opt_out(entry)
    return counts


def _erase_batch(entry: JournalEntry) -> int:
    """Erase a batch that the dump has brought back; 0 for one that is of after the dump, or is erased in it."""
    batch_id = entry.batch_id
    assert batch_id is not None  # the database holds it
    batch = Campaign.objects.of(entry.practice).filter(id=batch_id).first()
    erased = False
    if batch is not None and batch.started_at is None:
        erased = services.empty_draft(batch.id, timezone.now())  # the dump is of before it was sent
    elif batch is not None:
        erased = erasing.erase(batch.id, again=True)
    journal.adopt(entry)
    return int(erased)


@transaction.atomic
def _erase_patient(entry: JournalEntry) -> int:
    """Erase the patient whose NHS number has this digest, if any list or report of the practice has them."""
    numbers = {
        number
        for model in (Recipient, ReportedAppointment)
        for number in model.objects.filter(practice=entry.practice).values_list("nhs_number", flat=True)
        if number
    }
    number = _match(entry, sorted(numbers))
    if number:
        patient.erase(entry.practice, number, by=None, again=True)
    journal.adopt(entry)
    return int(bool(number))


def _match(entry: JournalEntry, numbers: list[str]) -> str:
    """The one of these numbers that has an entry's digest; empty where none has."""
    wanted = bytes(entry.digest or b"")
    own = (
        number
        for number in numbers
        if digests.with_key(entry.key_name, entry.practice_id, entry.number, number) == wanted
    )
    return next(own, "")


def _live(entry: JournalEntry) -> OptOut | None:
    """The opt-out with a number that has the entry's digest, and was made before it."""
    field = "nhs_number" if entry.number == NHS_NUMBER else "mobile"
    live = OptOut.objects.live().filter(practice=entry.practice).exclude(**{field: ""})
    number = _match(entry, list(live.values_list(field, flat=True)))
    return live.select_for_update(of=("self",)).filter(**{field: number}).first() if number else None


@transaction.atomic
def _opt_out(entry: JournalEntry) -> int:
    """No texts to this number, though nobody here knows it: until a list has it again it is a digest."""
    made = 0
    if _live(entry) is None:
        details = entry.details
        row = ErasedOptOut(
            id=UUID(details["id"]),
            practice=entry.practice,
            kind=entry.number,
            digest=entry.digest,
            key_name=entry.key_name,
            source=OptOutSource(details["source"]),
            word=details["word"],
            created_at=entry.at,
        )
        ErasedOptOut.objects.bulk_create([row], ignore_conflicts=True)
        made = ErasedOptOut.objects.filter(id=row.id).count()
    journal.adopt(entry)
    if made:
        _make_known(entry)
    return made


def _make_known(entry: JournalEntry) -> None:
    """Give the opt-out its number at once where a list of the practice has it, so that pages show it."""
    field = "nhs_number" if entry.number == NHS_NUMBER else "mobile"
    rows = Recipient.objects.filter(practice=entry.practice).exclude(**{field: ""}).order_by()
    number = _match(entry, list(rows.values_list(field, flat=True).distinct()))
    if number:
        opt_out_digests.revive(entry.practice, entry.number, [number])


@transaction.atomic
def _end_opt_out(entry: JournalEntry) -> int:
    """The number may be texted again: its opt-out of before had ended."""
    ended = 0
    opt_out = _live(entry)
    if opt_out is not None and opt_out.created_at <= entry.at:
        opt_out.ended_at = entry.at
        opt_out.save(update_fields=["ended_at"])
        ended += 1
    erased = ErasedOptOut.objects.filter(
        practice=entry.practice, kind=entry.number, digest=entry.digest, created_at__lte=entry.at
    )
    ended += erased.delete()[0]
    journal.adopt(entry)
    return int(ended > 0)
