"""The events of one practice that a search finds, and what each says in words."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from booking.models import Booking
from campaigns.models import Campaign, Invitation
from core.wording import plural
from patients.models import OptOut, Recipient
from practices.audit.labels import DOWNLOADED, describe
from practices.models import AuditEvent, Practice
from selfbook.audit_pages.forms import NOBODY

_BY_PATIENTS = frozenset({"booking.confirmed", "invitation.declined", "invitation.locked"})


@dataclass(frozen=True, slots=True)
class Traces:
    """The ids under which the rooms know one patient, and the batches that the patient was in."""

    ids: frozenset[UUID]
    batches: frozenset[UUID]


def traces(practice: Practice, nhs_number: str) -> Traces:
    """Find a practice's patient. Nothing is found once the patient's rows have been erased."""
    rows = Recipient.objects.filter(practice=practice, nhs_number=nhs_number)
    links = Invitation.objects.filter(practice=practice, recipient__in=rows)
    ids = {
        *rows.values_list("id", flat=True),
        *links.values_list("id", flat=True),
        *Booking.objects.filter(practice=practice, invitation__in=links).values_list("id", flat=True),
        *OptOut.objects.filter(practice=practice, nhs_number=nhs_number).values_list("id", flat=True),
    }
    batches = Campaign.objects.of(practice).filter(patient_list__recipients__in=rows)
    return Traces(frozenset(ids), frozenset(batches.values_list("id", flat=True)))


def find_events(practice: Practice, wanted: Mapping[str, Any], patient: Traces | None) -> QuerySet[AuditEvent]:
    """The practice's events that match, the newest first. `patient` is None when the search is for no patient."""
    events = AuditEvent.objects.filter(practice=practice).select_related("actor").order_by("-id")
    if since := wanted.get("since"):
        events = events.filter(at__gte=_midnight(since))
    if (until := wanted.get("until")) and until < date.max:  # no day comes after that one
        events = events.filter(at__lt=_midnight(until + timedelta(days=1)))
    if actor := wanted.get("actor"):
        events = events.filter(actor=None) if actor == NOBODY else events.filter(actor=actor)
    if action := wanted.get("action"):
        events = events.filter(action=action)
    if batch := wanted.get("batch"):
        events = events.filter(Q(object_id=batch) | Q(batch_id=batch))
    return events if patient is None else events.filter(_about(patient))


def _about(patient: Traces) -> Q:
    """What was done to the patient, who saw the patient, and who took a list that the patient may have been on."""
    ids = sorted(patient.ids)
    seen = Q(patient_ids__overlap=ids) & ~Q(patient_ids=[])  # the index leaves out the events about nobody
    return Q(object_id__in=ids) | seen | Q(action=DOWNLOADED, batch_id__in=sorted(patient.batches))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event as a line of the page; `batch` is None for what concerns no batch."""

    event: AuditEvent
    who: str
    what: str
    batch: Campaign | None
    patients: str


def lines(events: Iterable[AuditEvent], batches: Mapping[UUID, Campaign]) -> Iterator[EventLine]:
    """These events as lines, in their order; `batches` has those that they may be about, by id."""
    for event in events:
        batch = batches.get(event.batch_id or event.object_id or UUID(int=0))
        patients = plural(len(event.patient_ids), "patient") if event.patient_ids else ""
        yield EventLine(event, who(event), _what(event), batch, patients)


def _what(event: AuditEvent) -> str:
    """The action in words; with an approval how it was seen that the approver is a second person, or why not."""
    checked = event.data.get("reason" if event.action.endswith("_refused") else "relation")
    return f"{describe(event.action)} ({checked})" if isinstance(checked, str) else describe(event.action)


def who(event: AuditEvent) -> str:
    """The person's name; the patient or the service itself where nobody of the staff acted."""
    if event.actor:
        return event.actor.get_full_name()
    return "The patient" if event.action in _BY_PATIENTS else "Selfbook"


def batches_of(events: Iterable[AuditEvent], practice: Practice) -> dict[UUID, Campaign]:
    """The batches that these events name, in one query."""
    ids = {candidate for event in events for candidate in (event.batch_id, event.object_id) if candidate}
    return Campaign.objects.of(practice).in_bulk(ids)


HEADERS = ("Number", "When", "Who", "Email", "What", "Batch", "Batch id", "About (id)", "Patients seen", "Details")


def cells(line: EventLine) -> list[str]:
    """One line of the CSV. Details are counts and ids."""
    event = line.event
    return [
        str(event.id),
        timezone.localtime(event.at).isoformat(sep=" ", timespec="seconds"),
        line.who,
        event.actor.email if event.actor else "",
        line.what,
        str(line.batch or ""),
        str(line.batch.id if line.batch else ""),
        str(event.object_id or ""),
        str(len(event.patient_ids) or ""),
        json.dumps(event.data, sort_keys=True, ensure_ascii=False) if event.data else "",
    ]
