"""Whom staff must still reach themselves: their text did not arrive, or may not have, or they cannot use their link.

Patients who have opened their link are not among them, whatever the phone network says about their invitation, nor
are those whom staff say they have seen to (`followed_up`). Rooms above add patients of their own (`sources`): only they
know what became of appointments.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value, When
from django.db.models.functions import Cast

from campaigns.follow_up.wording import Description, about_lock, about_text
from campaigns.models import Campaign, Invitation, InvitationState
from campaigns.results.followed_up import done_with
from campaigns.sending.hooks import ANSWERED
from core.hooks import Hook
from integrations.messaging.nhs_notify.errors import NOT_TO_BE_TEXTED
from integrations.models.outbox import AFTER_INVITATION, ANSWERS, FIRST_INVITATIONS, Message, Purpose
from integrations.models.states import MessageState
from integrations.outbox.messages import in_app
from patients.lists.downloads import PATIENT_HEADERS, csv_lines, patient_cells
from patients.models import Recipient

_M = MessageState
_CHUNK = 2000


class Kind(StrEnum):
    """Why a patient is on the list. The most pressing comes first; the value is part of an address."""

    NOT_CANCELLED = "not-cancelled"
    IN_DOUBT = "in-doubt"
    CLINIC = "clinic"
    TEXTED = "texted"
    NOT_IN_BOOK = "not-in-book"
    RECORD = "record"
    NOT_DELIVERED = "not-delivered"
    WRONG_NUMBER = "wrong-number"
    LOCKED = "locked"
    ANSWER = "answer"
    CANCELLED = "cancelled"
    MISSED = "missed"
    CHECK = "check"
    NO_NEWS = "no-news"
    UNANSWERED = "unanswered"
    WAITING = "waiting"


LABELS = {
    Kind.NOT_CANCELLED: "Appointment to cancel by hand",
    Kind.IN_DOUBT: "Booking to check in your book",
    Kind.CLINIC: "Clinic cancelled: the patient to be told",
    Kind.TEXTED: "Texted that they cannot come, or want a change",
    Kind.NOT_IN_BOOK: "Appointment no longer in your book",
    Kind.RECORD: "Patient's record to check",
    Kind.NOT_DELIVERED: "Text not delivered",
    Kind.WRONG_NUMBER: "Texted that it is the wrong number",
    Kind.LOCKED: "Link locked after wrong dates of birth",
    Kind.ANSWER: "Text about a booking not delivered",
    Kind.CANCELLED: "Booked, then cancelled",
    Kind.MISSED: "Did not come, by your book",
    Kind.CHECK: "Check whether the message went",
    Kind.NO_NEWS: "No news of the message for 3 days",
    Kind.UNANSWERED: "No answer after the last invitation or reminder",
    Kind.WAITING: "Waiting for more times",
}
_RANK = {kind: rank for rank, kind in enumerate(Kind)}
_BY_RANK = dict(enumerate(Kind))

SETTLED_HERE = frozenset(Kind) - {Kind.NOT_CANCELLED, Kind.IN_DOUBT}
"""What staff take off the list by saying that it is done. The others are settled on the patient's page, where staff say
how."""

_Key = tuple[int, int, UUID, UUID | None]
"""One entry of the list as the database finds it: rank, row number, invitation, and the message or whatever else it is
about."""


@dataclass(frozen=True, slots=True)
class Batches:
    """Batches of one practice whose patients are looked for together. `of` makes one."""

    practice_id: UUID
    ids: Sequence[UUID]

    @classmethod
    def of(cls, *campaigns: Campaign) -> Self:
        """These, which must be one practice's and at least one. Raises ValueError."""
        (practice_id,) = {campaign.practice_id for campaign in campaigns}
        return cls(practice_id, [campaign.id for campaign in campaigns])


@dataclass(frozen=True, slots=True)
class Action:
    """What staff may do about an entry besides saying that it is done: a page, by its name in `core.links`.

    The page's address takes the invitation and what the entry is about.
    """

    page: str
    label: str


@dataclass(frozen=True, slots=True)
class Source:
    """Entries of one kind that a room above knows of.

    `found` gives those of some batches, as rows with the columns `batch`, `row` (the number by which they are in order:
    usually that of the list), `who` (invitation) and `text` (what they are about), without those that staff are done
    with; `said` what to say of some of these, in one query. Both are asked of a practice's own batches.
    """

    kind: Kind
    found: Callable[[Batches], QuerySet[Any]]
    said: Callable[[Sequence[UUID]], Mapping[UUID, Description]]
    action: Action | None = None


sources: Hook[Source] = Hook("follow-up source", "name patients whom staff must reach, and say why")


def _sources() -> dict[Kind, Source]:
    return {source.kind: source for source in sources}


@dataclass(frozen=True, slots=True)
class Entry:
    """One patient to reach: what happened, and what to do about it."""

    kind: Kind
    invitation: Invitation
    about: UUID
    happened: str
    to_do: str
    action: Action | None = None

    @property
    def can_be_done(self) -> bool:
        """Whether staff take it off the list by saying that it is done."""
        return self.kind in SETTLED_HERE

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


def counts(batches: Batches) -> dict[UUID, dict[Kind, int]]:
    """How many entries of each kind each batch has; kinds without any are left out. A fixed number of queries."""
    by_batch: dict[UUID, dict[Kind, int]] = {one: {} for one in batches.ids}
    texts = _texts(batches).order_by().values_list("batch", "rank").annotate(entries=Count("pk"))
    for campaign_id, rank, count in texts:
        by_batch[campaign_id][_BY_RANK[rank]] = count
    others = {Kind.LOCKED: _locked(batches)} | {kind: source.found(batches) for kind, source in _sources().items()}
    for kind, rows in others.items():
        for campaign_id, count in rows.order_by().values_list("batch").annotate(entries=Count("pk")):
            by_batch[campaign_id][kind] = count
    return {
        campaign_id: {kind: kinds[kind] for kind in Kind if kind in kinds} for campaign_id, kinds in by_batch.items()
    }


def counts_of(campaign: Campaign) -> dict[Kind, int]:
    """The same of one batch."""
    return counts(Batches.of(campaign))[campaign.id]


def keys(batches: Batches, kind: Kind | None = None) -> QuerySet[Any, _Key]:
    """The entries of one kind, or all, in the order in which they are shown. `entries` fills in what they say."""
    columns = ("rank", "row", "who", "text")
    locked = _locked(batches).values_list(*columns)
    texts = _texts(batches).values_list(*columns)
    others = {source_kind: _ranked(source, batches).values_list(*columns) for source_kind, source in _sources().items()}
    if kind is None:
        return texts.union(locked, *others.values(), all=True).order_by("rank", "row", "who")
    if kind == Kind.LOCKED:
        return locked.order_by("rank", "row", "who")
    if kind in others:
        return others[kind].order_by("rank", "row", "who")
    return texts.filter(rank=_RANK[kind]).order_by("rank", "row", "who")


def find(batches: Batches, kind: Kind, invitation_id: UUID, text_id: UUID | None) -> Entry | None:
    """One entry, if it is on the list: of this kind, this patient, and about this text."""
    rows = keys(batches, kind).filter(who=invitation_id)
    key = (rows.filter(text=text_id) if text_id else rows).first()
    return entries([key])[0] if key else None


def _ranked(source: Source, batches: Batches) -> QuerySet[Any]:
    rows: QuerySet[Any] = source.found(batches).order_by().annotate(rank=Value(_RANK[source.kind]))
    return rows


def _texts(batches: Batches) -> QuerySet[Any]:
    """The messages that are entries, with the columns of a key (for which the types of a query have no name)."""
    invitation = Invitation.objects.filter(id=OuterRef("subject_id"))
    unopened = Exists(invitation.filter(opened_at=None, locked_at=None))
    later = Message.objects.filter(subject_id=OuterRef("subject_id"), created_at__gt=OuterRef("created_at"))
    # Who was told that something failed, and has booked since, needs no news of the failure.
    overtaken = Q(purpose=Purpose.NOT_BOOKED) & Exists(later.filter(purpose=Purpose.CONFIRMATION))
    late = Q(purpose__in=ANSWERS, state__in=(_M.FAILED, _M.CHECK)) & ~overtaken
    # Of an invitation that was sent again the last text counts; a reminder that arrived has brought the link, too.
    reached = Q(purpose=Purpose.RESENT) | Q(purpose=Purpose.NEXT_INVITATION) & ~Q(state=_M.WITHDRAWN)
    reached |= Q(purpose__in=AFTER_INVITATION, state=_M.DELIVERED)
    # A further invitation ends the patient's plan if it does not arrive, also where they looked at the link before.
    still = Exists(invitation.filter(state__in=(InvitationState.OPEN, InvitationState.CANCELLED), locked_at=None))
    missed = Q(purpose__in=FIRST_INVITATIONS) & unopened | Q(purpose=Purpose.NEXT_INVITATION) & still
    invited = missed & ~Exists(later.filter(reached))
    # Nobody else would hear of it: NHS Notify has said that they have died, or are not ours to text.
    not_to_be_texted = Q(state=_M.FAILED, error_code__in=NOT_TO_BE_TEXTED)
    settled_in_app = Q(state=_M.NO_NEWS, in_app_at__isnull=False, reason__in=(in_app.CANCELLED, ANSWERED))
    return (
        Message.objects.filter(campaign_id__in=batches.ids)
        .filter(
            late | not_to_be_texted | invited & ~settled_in_app, state__in=(_M.FAILED, _M.CHECK, _M.NO_NEWS)
        )  # the few, by the index on states
        .filter(~done_with("id"))
        .annotate(
            rank=Case(
                When(purpose__in=ANSWERS, then=_RANK[Kind.ANSWER]),
                When(state=_M.FAILED, then=_RANK[Kind.NOT_DELIVERED]),
                When(state=_M.CHECK, then=_RANK[Kind.CHECK]),
                default=_RANK[Kind.NO_NEWS],
            ),
            batch=F("campaign_id"),
            row=Subquery(invitation.values("recipient__row_number")),
            who=F("subject_id"),
            text=F("id"),
        )
    )


def _locked(batches: Batches) -> QuerySet[Any]:
    """The invitations that are entries, with the same columns."""
    invitations = Invitation.objects.filter(campaign__in=batches.ids, locked_at__isnull=False)
    return invitations.filter(~done_with("id", Kind.LOCKED, since="locked_at")).annotate(
        batch=F("campaign_id"),
        rank=Value(_RANK[Kind.LOCKED]),
        row=F("recipient__row_number"),
        who=F("id"),
        text=Cast(Value(None), UUIDField()),
    )


def entries(rows: Sequence[_Key]) -> list[Entry]:
    """These entries in words, in their order: two queries, and one more for each source that has any among them."""
    invitations = Invitation.objects.select_related("recipient", "campaign").in_bulk([who for _, _, who, _ in rows])
    about: dict[Kind, list[UUID]] = {}
    for rank, _, _, text in rows:
        if text is not None:
            about.setdefault(_BY_RANK[rank], []).append(text)
    by_kind = _sources()
    others = {kind: source.said(about[kind]) for kind, source in by_kind.items() if kind in about}
    messages = Message.objects.in_bulk(
        [text_id for kind, ids in about.items() if kind not in others for text_id in ids]
    )
    made = []
    for rank, _, who, text in rows:
        kind, invitation = _BY_RANK[rank], invitations[who]
        if text is None:
            description = about_lock(invitation)
        else:
            description = others[kind][text] if kind in others else about_text(messages[text])
        action = by_kind[kind].action if kind in by_kind else None
        made.append(Entry(kind, invitation, text or who, *description, action))
    return made


def csv(batches: Batches, kind: Kind | None = None) -> Iterator[str]:
    """The list, or one kind of it, as the lines of a CSV."""
    listed = every(batches, kind)
    return csv_lines(HEADERS, (cells(entry.recipient, entry.happened, entry.to_do) for entry in listed))


HEADERS = (*PATIENT_HEADERS, "What happened", "What to do")


def every(batches: Batches, kind: Kind | None = None) -> Iterator[Entry]:
    """Every entry, however many there are, some at a time."""
    rows = list(keys(batches, kind))
    for start in range(0, len(rows), _CHUNK):
        yield from entries(rows[start : start + _CHUNK])


def cells(patient: Recipient, happened: str, to_do: str) -> list[str]:
    """One line of the list as a CSV."""
    return [*patient_cells(patient), happened, to_do]
