"""What a practice must see to, in words: a line for each kind, the most pressing first, and what settles it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campaigns.follow_up.entries import LABELS, Kind
from campaigns.results.followed_up import CANNOT
from campaigns.workspace.figures import CODES


@dataclass(frozen=True, slots=True)
class Need:
    """One kind of thing to see to: how many patients, and what to do about them."""

    kind: str
    label: str
    to_do: str
    count: int


KIND_LABELS: Mapping[str, str] = {
    **{str(kind): label for kind, label in LABELS.items()},
    CODES: "Code not in the record yet",
    CANNOT: "Cannot be sent a text",
}
_TO_DO: Mapping[str, str] = {
    Kind.NOT_CANCELLED: "Cancel it in your book",
    Kind.IN_DOUBT: "Look in your book",
    Kind.CLINIC: "Phone them",
    Kind.TEXTED: "Cancel or move it, or phone them",
    Kind.NOT_IN_BOOK: "Make sure that they know",
    Kind.RECORD: "Look at the record, then phone them",
    Kind.NOT_DELIVERED: "Phone them",
    Kind.WRONG_NUMBER: "Correct the number, and contact them in another way",
    Kind.LOCKED: "Unlock it, or phone them",
    Kind.ANSWER: "Tell them yourself",
    Kind.CANCELLED: "Send a link, or phone them",
    Kind.MISSED: "Phone them, or invite them again",
    Kind.CHECK: "Ask whether it came",
    Kind.NO_NEWS: "Phone those who do not answer",
    Kind.WAITING: "Add slots, or phone them",
    Kind.UNANSWERED: "Phone them, or write",
    CODES: "File it by hand",
    CANNOT: "Contact them in another way",
}
KINDS: Sequence[str] = [*Kind, CODES, CANNOT]
"""In the order in which they are shown."""


def of(counts: Mapping[str, int]) -> list[Need]:
    """The lines for these counts by kind; kinds without any are left out."""
    return [Need(kind, KIND_LABELS[kind], _TO_DO[kind], counts[kind]) for kind in KINDS if counts.get(kind)]
