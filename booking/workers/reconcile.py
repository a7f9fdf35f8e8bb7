"""What patients did after the dump that was restored, by the practice's book and its records (restoring#what-went).

Our appointments are known by what they were booked with, and cancelled with. The book is read, and nothing is asked of
it; what is found is written as if a worker had just heard it. A text that follows from it and has gone is matched by
the stored texts. What cannot be read is counted, and read again the next time.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from booking.appointments import services, texts
from booking.appointments.notify import tell
from booking.appointments.outcomes import Made
from booking.appointments.reopen import settle_cancelled
from booking.appointments.transitions import give_up, move
from booking.models import Booking, BookingState, SlotHold
from booking.slots import offered as slots
from booking.workers import book, cancel
from booking.workers.settle import settle
from campaigns.models import Invitation, InvitationState
from campaigns.sending.issuing import entry_id
from core.database import release
from core.wording import nhs_datetime
from integrations import gateways, record_reading
from integrations.clinical import port
from integrations.clinical.errors import ClinicalError
from integrations.connections import NotConnected, clinical_for
from integrations.models.outbox import Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox.messages import gone_texts
from practices.models import Practice, User

logger = logging.getLogger(__name__)

_BOOKED_BY_US = frozenset({book.DESCRIPTION, book.DESCRIPTION_BY_STAFF})
_CANCELLED_BY_US = frozenset({cancel.BY_PATIENT, cancel.BY_STAFF, cancel.MOVED, cancel.MOVED_BY_STAFF})

_TEXTS = [Purpose.CONFIRMATION, Purpose.CANCELLATION]

_LOOKED_INTO = (InvitationState.OPEN, InvitationState.BOOKING, InvitationState.BOOKED)


@dataclass(slots=True)
class Counts:
    """How many patients were looked up, and what was written; `unread` could not be read, or does not fit."""

    looked_up: int = 0
    booked: int = 0
    cancelled: int = 0
    declined: int = 0
    unread: int = 0


@dataclass(slots=True)
class _Look:
    """One patient: their invitation, and what the book has of ours."""

    invitation: Invitation
    appointments: Sequence[port.Appointment] = field(default_factory=tuple)

    @property
    def ours(self) -> list[port.Appointment]:
        return [item for item in self.appointments if item.description in _BOOKED_BY_US]


_Step = Callable[[_Look, Invitation, Counts], None]


def reconcile(practice: Practice, since: datetime) -> Counts:
    """Look up all patients who could have answered since then, a chunk at a time, and write what they did."""
    counts = Counts()
    for actor, invitations in _by_actor(practice, since):
        looks = _read(practice, actor, invitations, counts)
        # A slot that one patient gave up may be another's by now: what ended comes first.
        for look in looks:
            _write(look, _end, counts)
        for look in looks:
            _write(look, _begin, counts)
        _find_declines(practice, actor, [look.invitation for look in looks], counts)
    return counts


def _by_actor(practice: Practice, since: datetime) -> Iterator[tuple[User, list[Invitation]]]:
    """The patients of each batch with whoever sent it, in whose name the book is read."""
    could_answer = Invitation.objects.filter(practice=practice, state__in=_LOOKED_INTO).exclude(
        state=InvitationState.OPEN, expires_at__lt=since
    )
    related = ("practice", "campaign__started_by", "campaign__decline_code", "recipient")
    rows = could_answer.select_related(*related).order_by("campaign_id", "id")
    by_campaign: dict[object, list[Invitation]] = {}
    for invitation in rows:
        by_campaign.setdefault(invitation.campaign_id, []).append(invitation)
    for invitations in by_campaign.values():
        if (actor := invitations[0].campaign.started_by) is not None:
            yield actor, invitations


def _read(practice: Practice, actor: User, invitations: Sequence[Invitation], counts: Counts) -> list[_Look]:
    today = timezone.localdate()
    until = today + timedelta(days=settings.BOOKING_HORIZON_DAYS)
    looks = []
    for start in range(0, len(invitations), record_reading.CHUNK):
        some = invitations[start : start + record_reading.CHUNK]
        questions = [record_reading.Question(each.recipient.nhs_number, until, today) for each in some]
        for invitation, answer in zip(some, record_reading.read(practice, actor, questions, today), strict=True):
            counts.looked_up += 1
            if isinstance(answer, record_reading.Reading) and answer.is_whole:
                looks.append(_Look(invitation, answer.appointments))
            else:
                counts.unread += 1
    return looks


def _write(look: _Look, step: _Step, counts: Counts) -> None:
    """One patient's step in a transaction: what does not fit is for the next look, and for staff."""
    try:
        with transaction.atomic():
            step(look, services.locked(look.invitation.id), counts)
    except (IntegrityError, services.NotOpen):
        counts.unread += 1
        logger.warning("an appointment does not fit", extra={"invitation_id": str(look.invitation.id)})


def _end(look: _Look, invitation: Invitation, counts: Counts) -> None:
    """The booking that we know of: made meanwhile, moved, or cancelled."""
    booking = invitation.bookings.current().select_for_update().first()
    if booking is not None and booking.state in (BookingState.PENDING, BookingState.UNKNOWN):
        booking = _made(booking, look, invitation, counts)
    if booking is None or booking.state != BookingState.BOOKED:
        return
    own = next((item for item in look.appointments if item.id == booking.appointment_id), None)
    if own is None or own.cancelled_because not in _CANCELLED_BY_US:
        return  # what the practice cancelled in its own book is for the look before its reminder
    invitation.refresh_from_db()
    successor = _unknown_to_us(look)
    if successor is not None:
        move(booking, BookingState.MOVING)
        _adopt(invitation, successor, replaces=booking)
        counts.booked += 1
    give_up(booking, by=None)
    settle_cancelled(booking, invitation)
    counts.cancelled += 1
    _match(invitation, booking.starts_at)


def _made(booking: Booking, look: _Look, invitation: Invitation, counts: Counts) -> Booking:
    """The booking, settled where its slot has had an appointment of ours."""
    item = next((item for item in look.ours if booking.slot_id in item.slot_ids), None)
    if item is None:
        return booking
    if booking.state == BookingState.PENDING:
        move(booking, BookingState.STARTED, attempts=booking.attempts + 1, started_at=timezone.now())
    settle(booking, Made(item.id))
    counts.booked += 1
    _match(invitation, booking.starts_at)
    return Booking.objects.select_for_update().get(id=booking.id)


def _begin(look: _Look, invitation: Invitation, counts: Counts) -> None:
    """An appointment of ours that no booking knows of."""
    if invitation.state != InvitationState.OPEN or (item := _unknown_to_us(look)) is None:
        return
    _adopt(invitation, item)
    counts.booked += 1


def _unknown_to_us(look: _Look) -> port.Appointment | None:
    booked = [item for item in look.ours if item.status is not port.AppointmentStatus.CANCELLED]
    stored = Booking.objects.filter(invitation=look.invitation, appointment_id__in=[item.id for item in booked])
    known = set(stored.values_list("appointment_id", flat=True))
    return next((item for item in booked if item.id not in known), None)


def _adopt(invitation: Invitation, item: port.Appointment, replaces: Booking | None = None) -> None:
    """Store a booking for an appointment that is in the book. The book does not say who is seen, or where."""
    slot = port.Slot(
        id=item.slot_ids[0] if item.slot_ids else item.id,
        schedule_id="",
        session_name="",
        slot_type=item.slot_type,
        start=item.start,
        end=item.end,
        clinician="",
        location_id="",
        location="",
    )
    now = timezone.now()
    booking = Booking.objects.create(
        practice=invitation.practice,
        invitation=invitation,
        slot_id=slot.id,
        slot=slots.to_json(slot),
        starts_at=item.start,
        ends_at=item.end,
        state=BookingState.BOOKED,
        due_at=None,
        appointment_id=item.id,
        replaces=replaces,
        settled_at=now,
    )
    SlotHold.objects.filter(invitation=invitation).delete()
    invitation.state = InvitationState.BOOKED
    invitation.save(update_fields=["state"])
    services.record("booking.booked", booking, invitation, reconciled=True)
    if item.start > now:
        compose = texts.moved if replaces else texts.confirmation
        tell(invitation, compose(booking, invitation), overtakes=True)
        _match(invitation, item.start)


def _match(invitation: Invitation, starts_at: datetime) -> None:
    """The text that has just been written may have gone: in other details, since the book does not say all."""
    when = nhs_datetime(starts_at)
    phrases = [f"booked for {when}", f"now on {when}", f"{when} is cancelled"]
    for message in Message.objects.filter(subject_id=invitation.id, purpose__in=_TEXTS, state=MessageState.DUE):
        for phrase in phrases:
            if phrase in message.body and gone_texts.match_about(invitation.practice, message, phrase):
                break


def _find_declines(practice: Practice, actor: User, invitations: Sequence[Invitation], counts: Counts) -> None:
    """Patients whose record has the code of a decline by the key that theirs has."""
    asked = [each for each in invitations if each.campaign.allow_decline and each.campaign.decline_code]
    still_open = Invitation.objects.filter(id__in=[each.id for each in asked], state=InvitationState.OPEN)
    open_ids = set(still_open.values_list("id", flat=True))
    asked = [each for each in asked if each.id in open_ids]
    if not asked or gateways.is_without(practice.id):
        return
    try:
        system = clinical_for(practice, actor)
    except NotConnected:
        return
    release()
    with closing(system), ThreadPoolExecutor(settings.LOOKUPS_AT_ONCE) as pool:
        answers = list(pool.map(lambda each: _has_declined(system, each), asked))
    for invitation, has_declined in zip(asked, answers, strict=True):
        if has_declined is None:
            counts.unread += 1
        elif has_declined:
            _decline(invitation, counts)


def _has_declined(system: port.ClinicalSystem, invitation: Invitation) -> bool | None:
    """None where it could not be read."""
    code = invitation.campaign.decline_code
    assert code is not None
    key = entry_id(invitation.id, Purpose.DECLINE)
    try:
        wanted = port.CodeToFile(key, code.concept_id, code.term, timezone.localdate())
        return bool(system.find_code(invitation.recipient.nhs_number, wanted))
    except ClinicalError:
        return None


def _decline(invitation: Invitation, counts: Counts) -> None:
    try:
        services.decline(invitation_id=invitation.id)
    except (services.NotOpen, services.MayNotDecline):
        counts.unread += 1  # the link has run out since: staff see that the record has the code
    else:
        counts.declined += 1
