"""Whom staff must still reach themselves: their text did not arrive, or may not have, or they cannot use their link.

Patients who have opened their link are not among them, whatever the phone network says about their invitation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value, When
from django.db.models.functions import Cast

from campaigns.models import Campaign, Invitation, InvitationState
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

    NOT_DELIVERED = "not-delivered"
    LOCKED = "locked"
    ANSWER = "answer"
    CHECK = "check"
    NO_NEWS = "no-news"


LABELS = {
    Kind.NOT_DELIVERED: "Text not delivered",
    Kind.LOCKED: "Link locked after wrong dates of birth",
    Kind.ANSWER: "Text about a booking not delivered",
    Kind.CHECK: "Check whether the text went",
    Kind.NO_NEWS: "No news of the text for 3 days",
}
_RANK = {kind: rank for rank, kind in enumerate(Kind)}
_BY_RANK = dict(enumerate(Kind))

_Key = tuple[int, int, UUID, UUID | None]
"""One entry of the list as the database finds it: rank, row number, invitation, message."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One patient to reach: what happened, and what to do about it."""

    kind: Kind
    recipient: Recipient
    happened: str
    to_do: str

    @property
    def name(self) -> str:
        """The patient's name as far as the list has it."""
        return f"{self.recipient.given_name} {self.recipient.family_name}".strip() or "Name not in your list"


def counts(campaign: Campaign) -> dict[Kind, int]:
    """How many entries of each kind a batch has; kinds without any are left out."""
    found = dict(_texts(campaign).order_by().values_list("rank").annotate(entries=Count("id")))
    found[_RANK[Kind.LOCKED]] = _locked(campaign).count()
    return {kind: found[rank] for kind, rank in _RANK.items() if found.get(rank)}


def keys(campaign: Campaign, kind: Kind | None = None) -> QuerySet[Any, _Key]:
    """The entries of one kind, or all, in the order in which they are shown. `entries` fills in what they say."""
    columns = ("rank", "row", "who", "text")
    locked = _locked(campaign).values_list(*columns)
    texts = _texts(campaign).values_list(*columns)
    if kind is None:
        return texts.union(locked, all=True).order_by("rank", "row")
    if kind == Kind.LOCKED:
        return locked.order_by("rank", "row")
    return texts.filter(rank=_RANK[kind]).order_by("rank", "row")


def _texts(campaign: Campaign) -> QuerySet[Any]:
    """The messages that are entries, with the columns of a key (for which the types of a query have no name)."""
    invitation = Invitation.objects.filter(id=OuterRef("subject_id"))
    answers = (Purpose.CONFIRMATION, Purpose.NOT_BOOKED)
    unopened = Exists(invitation.filter(opened_at=None, locked_at=None))
    booked = Exists(invitation.filter(state=InvitationState.BOOKED))
    # Who was told that a booking failed, and has booked since, needs no news of the failure.
    late = Q(purpose__in=answers, state__in=(_M.FAILED, _M.CHECK)) & ~(Q(purpose=Purpose.NOT_BOOKED) & booked)
    never_seen = Q(purpose=Purpose.INVITATION, state__in=(_M.FAILED, _M.CHECK, _M.NO_NEWS)) & unopened
    return (
        Message.objects.of_batch(campaign.id)
        .filter(late | never_seen, state__in=(_M.FAILED, _M.CHECK, _M.NO_NEWS))  # the few, by the index on states
        .annotate(
            rank=Case(
                When(purpose__in=answers, then=_RANK[Kind.ANSWER]),
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
    """These entries in words, in their order."""
    invitations = Invitation.objects.select_related("recipient").in_bulk([who for _, _, who, _ in found])
    messages = Message.objects.in_bulk([text for *_, text in found if text])
    return [_entry(_BY_RANK[rank], invitations[who], messages.get(text)) for rank, _, who, text in found]


def _entry(kind: Kind, invitation: Invitation, message: Message | None) -> Entry:
    if message is None:
        happened = f"The link was locked after {invitation.date_of_birth_failures} wrong dates of birth."
        to_do = "Phone the patient. Check the date of birth in their record, and book for them."
    elif kind == Kind.ANSWER:
        happened, to_do = _about_booking(message)
    else:
        happened, to_do = _about_invitation(message)
    return Entry(kind, invitation.recipient, happened, to_do)


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


def _about_invitation(message: Message) -> tuple[str, str]:
    if message.state != _M.FAILED:
        return _WORDS[_M(message.state)]
    to_do = _BY_NUMBER.get(NumberFault(message.number_fault), "Contact them in another way.")
    return f"The text did not arrive. {message.reason}".strip(), to_do


def _about_booking(message: Message) -> tuple[str, str]:
    arrived = "did not arrive" if message.state == _M.FAILED else "may not have arrived"
    if message.purpose == Purpose.CONFIRMATION:
        happened = f"The patient has booked. The text that confirms it {arrived}."
        return happened, "Tell them the day and time of their appointment."
    happened = f"The patient's booking did not go through. The text that says so {arrived}."
    return happened, "Look for an appointment in your book, then phone them."


def csv(campaign: Campaign, kind: Kind | None = None) -> Iterator[str]:
    """The list, or one kind of it, as the lines of a CSV."""
    headers = ["Name", "NHS number", "Mobile", "What happened", "What to do"]
    return csv_lines(headers, map(_cells, _all(campaign, kind)))


def _all(campaign: Campaign, kind: Kind | None) -> Iterator[Entry]:
    """Every entry, however many there are, some at a time."""
    found = list(keys(campaign, kind))
    for start in range(0, len(found), _CHUNK):
        yield from entries(found[start : start + _CHUNK])


def _cells(entry: Entry) -> list[str]:
    patient = entry.recipient
    national = "0" + patient.mobile.removeprefix("+44") if patient.mobile.startswith("+44") else patient.mobile
    return [
        entry.name,
        lasting(patient.nhs_number, Column.NHS_NUMBER),
        lasting(national, Column.MOBILE),
        entry.happened,
        entry.to_do,
    ]
