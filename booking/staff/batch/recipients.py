"""Every patient of a batch, and how each stands, in words: for a page, and for a file.

The rows are those of the batch's list, in its order, a page at a time by row number: the last page takes no longer to
find than the first.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from booking.models import Booking, BookingState
from booking.staff.patient.find import bookings_of
from campaigns.follow_up.entries import name_of
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.results.delivery_routes import OWN_DELIVERIES, Delivery, choose_noun, delivered_as, reached
from campaigns.results.funnel import LEFT, SETTLED, Funnel
from campaigns.sending.rechecks import changes
from campaigns.sequences.wording import ordinal
from core.wording import nhs_date, nhs_datetime, nhs_time
from integrations.models.outbox import WITH_LINK, CodedEntry, Message, Purpose
from integrations.models.states import FOR_A_PERSON, CodeState, MessageState
from patients.lists.rows import RowGroup, matching
from patients.models import Recipient, RecipientQuerySet, Verdict

ON_A_PAGE = 50
_CHUNK = 2000

_M = MessageState
_CHANGE = "change-"
_ABOUT = {
    Purpose.INVITATION: "",
    Purpose.NEXT_INVITATION: "{which} invitation: ",
    Purpose.RESENT: "Sent again: ",
    Purpose.NEW_LINK: "New link: ",
    Purpose.REBOOK: "Link to choose another time: ",
    Purpose.REMINDER: "Reminder: ",
}


@dataclass(frozen=True, slots=True)
class PatientLine:
    """How one patient of a batch stands. `invitation` is None for those who have none, or none yet."""

    recipient: Recipient
    invitation: Invitation | None
    texts: Sequence[str]
    link: str
    answer: str
    codes: Sequence[str]

    @property
    def name(self) -> str:
        """The patient's name as far as the list has it."""
        return name_of(self.recipient)


def choices(campaign: Campaign, funnel: Funnel, asked: str = "") -> list[RowGroup]:
    """The ways of choosing rows that choose any, and the one that is asked for, with how many; all rows come first.

    A few queries beside the funnel's, and one where the batch has invited patients again. By what its invitations
    reached patients is a choice where NHS Notify took them.
    """
    messages = funnel.messages
    went = reached(campaign)
    word = choose_noun(campaign, went, funnel).capitalize()
    expired = _expired(campaign).count()
    options = [
        RowGroup("to-go", f"{word} not sent yet", funnel.can - funnel.settled),
        RowGroup("sent", f"{word} sent", funnel.sent),
        RowGroup("delivered", f"{word} delivered", funnel.delivered),
        RowGroup("failed", f"{word} not delivered, or we do not know", funnel.failed + funnel.check),
        RowGroup("withdrawn", f"{word} withdrawn", messages[_M.WITHDRAWN]),
        RowGroup("reminded", "Reminder sent", funnel.reminded),
        RowGroup("invited-again", "Further invitation sent", _invited_again(campaign) if funnel.further else 0),
        RowGroup("opened", "Link opened", funnel.opened),
        RowGroup("booked", "Booked", funnel.booked),
        RowGroup("cancelled", "Booked, then cancelled", funnel.cancelled),
        RowGroup("elsewhere", "Booked by the practice", funnel.elsewhere),
        RowGroup("declined", "Declined", funnel.declined),
        RowGroup("no-answer", "No answer yet", funnel.unanswered),
        RowGroup("expired", "No answer, and the link has expired", expired),
        RowGroup("locked", "Link locked", funnel.locked),
        RowGroup("codes", "Code to file by hand", funnel.codes_by_hand),
        RowGroup("cannot", "Cannot be sent", funnel.cannot),
    ]
    if went.by_notify:
        options += [RowGroup(item.value, item.label, went.deliveries.get(item, 0)) for item in OWN_DELIVERIES]
    options += [
        RowGroup(_CHANGE + item.code, f"Changed: {item.label}", item.count) for item in changes.changes(campaign)
    ]
    return [
        RowGroup("", "Everybody on the list", funnel.rows),
        *(item for item in options if item.count or item.value == asked),
    ]


def chosen(campaign: Campaign, choice: str) -> RecipientQuerySet:
    """The rows of a choice, in no order; every row for a choice that there is not."""
    rows = Recipient.objects.filter(patient_list=campaign.patient_list_id).order_by()
    if choice.startswith(_CHANGE):
        return changes.of_change(campaign, choice.removeprefix(_CHANGE))
    return _CHOSEN[choice](campaign, rows) if choice in _CHOSEN else rows


Choose = Callable[[Campaign, RecipientQuerySet], RecipientQuerySet]


def _by_text(*states: MessageState, purpose: Purpose = Purpose.INVITATION) -> Choose:
    """Those with a text in one of these states."""

    def choose(campaign: Campaign, rows: RecipientQuerySet) -> RecipientQuerySet:
        return rows.filter(invitation__in=_subjects(campaign, purpose, states))

    return choose


def _subjects(campaign: Campaign, purpose: Purpose, states: Sequence[MessageState]) -> QuerySet[Any]:
    texts = Message.objects.of_batch(campaign.id).filter(purpose=purpose, state__in=[str(state) for state in states])
    return texts.values("subject_id")


def _invited_again(campaign: Campaign) -> int:
    """Patients, of whom some have had several."""
    return _subjects(campaign, Purpose.NEXT_INVITATION, sorted(LEFT)).distinct().count()


def _by_delivery(delivery: Delivery) -> Choose:
    """Those whose invitation is there."""

    def choose(campaign: Campaign, rows: RecipientQuerySet) -> RecipientQuerySet:
        return rows.filter(invitation__in=delivered_as(campaign, delivery).values("subject_id"))

    return choose


def _to_go(campaign: Campaign, rows: RecipientQuerySet) -> RecipientQuerySet:
    settled = _subjects(campaign, Purpose.INVITATION, sorted(SETTLED))
    with_text = Invitation.objects.filter(campaign=campaign, id__in=settled)
    return rows.filter(verdict=Verdict.CAN).exclude(id__in=with_text.values("recipient"))


def _by_invitation(**fields: object) -> Choose:
    """Those whose invitation is so."""

    def choose(campaign: Campaign, rows: RecipientQuerySet) -> RecipientQuerySet:
        return rows.filter(invitation__campaign=campaign, **{f"invitation__{name}": to for name, to in fields.items()})

    return choose


def _unanswered(campaign: Campaign) -> QuerySet[Invitation]:
    without = Q(state=InvitationState.BOOKING) | Q(state=InvitationState.OPEN, elsewhere_at=None)
    return Invitation.objects.filter(without, campaign=campaign)


def _expired(campaign: Campaign) -> QuerySet[Invitation]:
    return _unanswered(campaign).filter(state=InvitationState.OPEN, expires_at__lte=timezone.now())


def _codes_to_file(campaign: Campaign, rows: RecipientQuerySet) -> RecipientQuerySet:
    entries = CodedEntry.objects.filter(campaign_id=campaign.id, state__in=FOR_A_PERSON)
    return rows.filter(invitation__in=entries.values("subject_id"))


_CHOSEN: dict[str, Choose] = {
    "to-go": _to_go,
    "sent": _by_text(*sorted(LEFT)),
    "delivered": _by_text(_M.DELIVERED),
    "failed": _by_text(_M.FAILED, _M.CHECK),
    "withdrawn": _by_text(_M.WITHDRAWN),
    "reminded": _by_text(*sorted(LEFT), purpose=Purpose.REMINDER),
    "invited-again": _by_text(*sorted(LEFT), purpose=Purpose.NEXT_INVITATION),
    "opened": _by_invitation(opened_at__isnull=False),
    "booked": _by_invitation(state=InvitationState.BOOKED),
    "cancelled": _by_invitation(state=InvitationState.CANCELLED),
    "declined": _by_invitation(state=InvitationState.DECLINED),
    "elsewhere": _by_invitation(state=InvitationState.OPEN, elsewhere_at__isnull=False),
    "no-answer": lambda campaign, rows: rows.filter(invitation__in=_unanswered(campaign).values("id")),
    "expired": lambda campaign, rows: rows.filter(invitation__in=_expired(campaign).values("id")),
    "locked": _by_invitation(locked_at__isnull=False),
    "codes": _codes_to_file,
    "cannot": lambda campaign, rows: rows.filter(verdict=Verdict.CANNOT),
    **{one.value: _by_delivery(one) for one in OWN_DELIVERIES},
}


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some lines, with the row numbers that the pages before and after begin from; None where there is none."""

    lines: Sequence[PatientLine]
    before: int | None
    after: int | None


def page(campaign: Campaign, rows: RecipientQuerySet, *, after: int = 0, before: int = 0) -> RowPage:
    """The page of rows after a row number, or before one. Five queries, however long the list is."""
    backwards = before > 0
    if backwards:
        recipients = list(rows.filter(row_number__lt=before).order_by("-row_number")[: ON_A_PAGE + 1])
    else:
        recipients = list(rows.filter(row_number__gt=after).order_by("row_number")[: ON_A_PAGE + 1])
    more, recipients = len(recipients) > ON_A_PAGE, recipients[:ON_A_PAGE]
    if backwards:
        recipients.reverse()
    if not recipients:
        return RowPage([], None, None)
    is_first, is_last = (not more, False) if backwards else (after <= 0, not more)
    first, last = recipients[0].row_number, recipients[-1].row_number
    return RowPage(lines(campaign, recipients), None if is_first else first, None if is_last else last)


def searched(rows: RecipientQuerySet, term: str) -> RecipientQuerySet:
    """Those of some rows that a search term finds, by NHS number, mobile number, row number or name."""
    return matching(rows, term)


def every(campaign: Campaign, rows: RecipientQuerySet) -> Iterator[PatientLine]:
    """Every line of some rows, in the order of the list, however many there are."""
    after = 0
    while recipients := list(rows.filter(row_number__gt=after).order_by("row_number")[:_CHUNK]):
        yield from lines(campaign, recipients)
        after = recipients[-1].row_number


def lines(campaign: Campaign, recipients: Sequence[Recipient]) -> list[PatientLine]:
    """These rows in words: five queries."""
    ids = [recipient.id for recipient in recipients]
    invitations = list(Invitation.objects.filter(campaign=campaign, recipient__in=ids))
    by_recipient = {item.recipient_id: item for item in invitations}
    subjects = [item.id for item in invitations]
    texts: defaultdict[UUID, list[Message]] = defaultdict(list)
    brought = Message.objects.filter(subject_id__any_of=subjects, purpose__in=WITH_LINK).defer("body")
    for text in brought.order_by("created_at"):
        texts[text.subject_id].append(text)
    codes: defaultdict[UUID, list[CodedEntry]] = defaultdict(list)
    for entry in CodedEntry.objects.filter(subject_id__any_of=subjects).order_by("created_at"):
        codes[entry.subject_id].append(entry)
    bookings, changed = bookings_of(invitations), changes.remarks(campaign, recipients)
    made = []
    for recipient in recipients:
        invitation = by_recipient.get(recipient.id)
        if invitation is None:
            made.append(_without_invitation(campaign, recipient, changed.get(recipient.id, "")))
            continue
        made.append(
            PatientLine(
                recipient=recipient,
                invitation=invitation,
                texts=[*(_text(item) for item in texts[invitation.id]), *filter(None, [changed.get(recipient.id)])],
                link=_link(invitation),
                answer=_answer(invitation, bookings.get(invitation)),
                codes=[_code(item) for item in codes[invitation.id]],
            )
        )
    return made


def _without_invitation(campaign: Campaign, recipient: Recipient, remark: str) -> PatientLine:
    if campaign.patient_list is not None:
        recipient.patient_list = campaign.patient_list  # its reasons name the list's columns
    if recipient.verdict == Verdict.CANNOT:
        sentences = [f"Cannot be sent. {explanation.sentence}" for explanation in recipient.explanations()]
    else:
        sentences = ["Not sent yet"]
    return PatientLine(recipient, None, [*sentences, *filter(None, [remark])], "", "", ())


def _text(text: Message) -> str:
    """What became of a text, and when."""
    at = text.settled_at or text.sent_at
    when = f", {_short(at)}" if at else ""
    reason = f". {text.reason}" if text.reason else ""
    label = text.label
    about = _ABOUT[Purpose(text.purpose)].format(which=ordinal(text.step).capitalize())
    return f"{about}{label[0].lower() + label[1:] if about else label}{text.where}{when}{reason}"


def _link(invitation: Invitation) -> str:
    if invitation.locked_at:
        return "Locked after wrong dates of birth"
    if invitation.opened_at:
        return f"Opened, {_short(invitation.opened_at)}"
    return "Not opened"


_BEGINNINGS = {BookingState.BOOKED: "Booked for", BookingState.CHECK: "Check by hand:"}


def _answer(invitation: Invitation, booking: Booking | None) -> str:
    if booking is not None:
        return f"{_BEGINNINGS.get(BookingState(booking.state), 'Being booked:')} {nhs_datetime(booking.starts_at)}"
    match invitation.state:
        case InvitationState.BOOKED:
            return "Appointment being cancelled"
        case InvitationState.CANCELLED:
            return "Appointment cancelled"
        case InvitationState.DECLINED:
            return "Declined"
        case InvitationState.WITHDRAWN:
            return "Withdrawn"
    if invitation.record_fault:
        return "Nothing booked: look at the record"
    if invitation.elsewhere_at:
        return f"Booked by the practice: seen on {nhs_date(invitation.elsewhere_at)}"
    return "No answer, link expired" if invitation.is_expired else "No answer yet"


def _code(entry: CodedEntry) -> str:
    return f"{Purpose(entry.purpose).label}: {CodeState(entry.state).label.lower()}"


def _short(at: datetime) -> str:
    return f"{nhs_date(at, weekday=False)} at {nhs_time(at)}"
