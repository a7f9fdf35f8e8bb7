"""Whom staff must still reach themselves: their text did not arrive, or may not have, or they cannot use their link.

Patients who have opened their link are not among them, whatever the phone network says about their invitation. Rooms
above add patients of their own (`offer`): only they know what became of appointments.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value, When
from django.db.models.functions import Cast

from campaigns.models import Campaign, Invitation
from integrations.messaging.port import NumberFault
from integrations.outbox.models import Message, Purpose
from integrations.outbox.states import MessageState
from patients.columns import Column
from patients.downloads import csv_lines, lasting
from patients.models import Recipient

_M = MessageState
_CHUNK = 2000


class Kind(StrEnum):
    """Why a patient is on the list. The most pressing comes first; the value is part of an address."""

    NOT_CANCELLED = "not-cancelled"
    IN_DOUBT = "in-doubt"
    NOT_IN_BOOK = "not-in-book"
    NOT_DELIVERED = "not-delivered"
    LOCKED = "locked"
    ANSWER = "answer"
    CHECK = "check"
    NO_NEWS = "no-news"
    UNANSWERED = "unanswered"
    WAITING = "waiting"


LABELS = {
    Kind.NOT_CANCELLED: "Appointment to cancel by hand",
    Kind.IN_DOUBT: "Booking to check in your book",
    Kind.NOT_IN_BOOK: "Appointment no longer in your book",
    Kind.NOT_DELIVERED: "Text not delivered",
    Kind.LOCKED: "Link locked after wrong dates of birth",
    Kind.ANSWER: "Text about a booking not delivered",
    Kind.CHECK: "Check whether the text went",
    Kind.NO_NEWS: "No news of the text for 3 days",
    Kind.UNANSWERED: "No answer after the last reminder",
    Kind.WAITING: "Waiting for more times",
}
_RANK = {kind: rank for rank, kind in enumerate(Kind)}
_BY_RANK = dict(enumerate(Kind))

_Key = tuple[int, int, UUID, UUID | None]
"""One entry of the list as the database finds it: rank, row number, invitation, and the message or whatever else it is
about."""

Said = tuple[str, str]
"""What happened, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Entries of one kind that a room above knows of.

    `found` gives a batch's, as rows with the columns `row` (row number), `who` (invitation) and `text` (what they are
    about); `said` what to say of some of these, in one query. Both are asked of a batch's own practice.
    """

    kind: Kind
    found: Callable[[Campaign], QuerySet[Any]]
    said: Callable[[Sequence[UUID]], Mapping[UUID, Said]]


_sources: dict[Kind, Source] = {}


def offer(source: Source) -> None:
    """Add a source of entries; called once, when the product starts."""
    _sources[source.kind] = source


@dataclass(frozen=True, slots=True)
class Entry:
    """One patient to reach: what happened, and what to do about it."""

    kind: Kind
    invitation: Invitation
    happened: str
    to_do: str

    @property
    def recipient(self) -> Recipient:
        """The patient's row of the list."""
        return self.invitation.recipient

    @property
    def name(self) -> str:
        """The patient's name as far as the list has it."""
        return name_of(self.recipient)


def name_of(patient: Recipient) -> str:
    """A patient's name as far as their list has it."""
    return f"{patient.given_name} {patient.family_name}".strip() or "Name not in your list"


def counts(campaign: Campaign) -> dict[Kind, int]:
    """How many entries of each kind a batch has; kinds without any are left out."""
    found = dict(_texts(campaign).order_by().values_list("rank").annotate(entries=Count("id")))
    found[_RANK[Kind.LOCKED]] = _locked(campaign).count()
    found |= {_RANK[kind]: source.found(campaign).count() for kind, source in _sources.items()}
    return {kind: found[rank] for kind, rank in _RANK.items() if found.get(rank)}


def keys(campaign: Campaign, kind: Kind | None = None) -> QuerySet[Any, _Key]:
    """The entries of one kind, or all, in the order in which they are shown. `entries` fills in what they say."""
    columns = ("rank", "row", "who", "text")
    locked = _locked(campaign).values_list(*columns)
    texts = _texts(campaign).values_list(*columns)
    others = {one: _ranked(source, campaign).values_list(*columns) for one, source in _sources.items()}
    if kind is None:
        return texts.union(locked, *others.values(), all=True).order_by("rank", "row")
    if kind == Kind.LOCKED:
        return locked.order_by("rank", "row")
    if kind in others:
        return others[kind].order_by("rank", "row")
    return texts.filter(rank=_RANK[kind]).order_by("rank", "row")


def _ranked(source: Source, campaign: Campaign) -> QuerySet[Any]:
    found: QuerySet[Any] = source.found(campaign).order_by().annotate(rank=Value(_RANK[source.kind]))
    return found


_INVITATIONS = (Purpose.INVITATION, Purpose.RESENT)
_ANSWERS = (Purpose.CONFIRMATION, Purpose.NOT_BOOKED, Purpose.CANCELLATION, Purpose.NOT_CANCELLED, Purpose.MORE_TIMES)


def _texts(campaign: Campaign) -> QuerySet[Any]:
    """The messages that are entries, with the columns of a key (for which the types of a query have no name)."""
    invitation = Invitation.objects.filter(id=OuterRef("subject_id"))
    unopened = Exists(invitation.filter(opened_at=None, locked_at=None))
    later = Message.objects.filter(subject_id=OuterRef("subject_id"), created_at__gt=OuterRef("created_at"))
    # Who was told that something failed, and has booked since, needs no news of the failure.
    overtaken = Q(purpose=Purpose.NOT_BOOKED) & Exists(later.filter(purpose=Purpose.CONFIRMATION))
    late = Q(purpose__in=_ANSWERS, state__in=(_M.FAILED, _M.CHECK)) & ~overtaken
    # Of an invitation that was sent again the last text counts; a reminder that arrived has brought the link, too.
    reached = Q(purpose=Purpose.RESENT) | Q(purpose=Purpose.REMINDER, state=_M.DELIVERED)
    invited = Q(purpose__in=_INVITATIONS) & ~Exists(later.filter(reached))
    return (
        Message.objects.of_batch(campaign.id)
        .filter(
            late | invited & unopened, state__in=(_M.FAILED, _M.CHECK, _M.NO_NEWS)
        )  # the few, by the index on states
        .annotate(
            rank=Case(
                When(purpose__in=_ANSWERS, then=_RANK[Kind.ANSWER]),
                When(state=_M.FAILED, then=_RANK[Kind.NOT_DELIVERED]),
                When(state=_M.CHECK, then=_RANK[Kind.CHECK]),
                default=_RANK[Kind.NO_NEWS],
            ),
            row=Subquery(invitation.values("recipient__row_number")),
            who=F("subject_id"),
            text=F("id"),
        )
    )


def _locked(campaign: Campaign) -> QuerySet[Any]:
    """The invitations that are entries, with the same columns."""
    return Invitation.objects.filter(campaign=campaign, locked_at__isnull=False).annotate(
        rank=Value(_RANK[Kind.LOCKED]),
        row=F("recipient__row_number"),
        who=F("id"),
        text=Cast(Value(None), UUIDField()),
    )


def entries(found: Sequence[_Key]) -> list[Entry]:
    """These entries in words, in their order: two queries, and one more for each source that has any among them."""
    invitations = Invitation.objects.select_related("recipient").in_bulk([who for _, _, who, _ in found])
    about: dict[Kind, list[UUID]] = {}
    for rank, _, _, text in found:
        if text is not None:
            about.setdefault(_BY_RANK[rank], []).append(text)
    others = {kind: source.said(about[kind]) for kind, source in _sources.items() if kind in about}
    messages = Message.objects.in_bulk([one for kind, ids in about.items() if kind not in _sources for one in ids])
    made = []
    for rank, _, who, text in found:
        kind, invitation = _BY_RANK[rank], invitations[who]
        if text is None:
            said = _about_lock(invitation)
        else:
            said = others[kind][text] if kind in others else _about_text(kind, messages[text])
        made.append(Entry(kind, invitation, *said))
    return made


def _about_lock(invitation: Invitation) -> Said:
    happened = f"The link was locked after {invitation.date_of_birth_failures} wrong dates of birth."
    return happened, "Phone the patient. Check the date of birth in their record, and book for them."


def _about_text(kind: Kind, message: Message) -> Said:
    return _about_booking(message) if kind == Kind.ANSWER else _about_invitation(message)


_WORDS = {
    _M.CHECK: (
        "We could not find out whether this text went.",
        "Ask the patient whether they got it, or contact them in another way.",
    ),
    _M.NO_NEWS: (
        "The text went. After 3 days nobody has told us whether it arrived.",
        "If the patient does not answer, contact them in another way.",
    ),
}
_BY_NUMBER = {
    NumberFault.BAD: "Ask for the right number and correct the patient's record. Contact them in another way.",
    NumberFault.STOPPED: "They want no texts. Contact them in another way.",
}


def _about_invitation(message: Message) -> Said:
    if message.state != _M.FAILED:
        return _WORDS[_M(message.state)]
    to_do = _BY_NUMBER.get(NumberFault(message.number_fault), "Contact them in another way.")
    return f"The text did not arrive. {message.reason}".strip(), to_do


_BOOKINGS = {
    Purpose.CONFIRMATION: (
        "The patient has booked. The text that confirms it {arrived}.",
        "Tell them the day and time of their appointment.",
    ),
    Purpose.NOT_BOOKED: (
        "The patient's booking did not go through. The text that says so {arrived}.",
        "Look for an appointment in your book, then phone them.",
    ),
    Purpose.CANCELLATION: (
        "The patient's appointment is cancelled. The text that says so {arrived}.",
        "Tell them that it is cancelled.",
    ),
    Purpose.NOT_CANCELLED: (
        "The patient's appointment could not be cancelled for them. The text that says so {arrived}.",
        "Cancel it in your book, then tell them.",
    ),
    Purpose.MORE_TIMES: (
        "The patient asked to hear of more times. The text that says there are some {arrived}.",
        "Phone them and offer them a time.",
    ),
}


def _about_booking(message: Message) -> Said:
    arrived = "did not arrive" if message.state == _M.FAILED else "may not have arrived"
    happened, to_do = _BOOKINGS[Purpose(message.purpose)]
    return happened.format(arrived=arrived), to_do


def csv(campaign: Campaign, kind: Kind | None = None) -> Iterator[str]:
    """The list, or one kind of it, as the lines of a CSV."""
    found = every(campaign, kind)
    return csv_lines(HEADERS, (cells(entry.recipient, entry.happened, entry.to_do) for entry in found))


HEADERS = ("Name", "NHS number", "Mobile", "What happened", "What to do")


def every(campaign: Campaign, kind: Kind | None = None) -> Iterator[Entry]:
    """Every entry, however many there are, some at a time."""
    found = list(keys(campaign, kind))
    for start in range(0, len(found), _CHUNK):
        yield from entries(found[start : start + _CHUNK])


def cells(patient: Recipient, happened: str, to_do: str) -> list[str]:
    """One line of the list as a CSV."""
    national = "0" + patient.mobile.removeprefix("+44") if patient.mobile.startswith("+44") else patient.mobile
    return [
        name_of(patient),
        lasting(patient.nhs_number, Column.NHS_NUMBER),
        lasting(national, Column.MOBILE),
        happened,
        to_do,
    ]
