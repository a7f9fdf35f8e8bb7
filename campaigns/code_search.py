"""Searching for codes: those that Selfbook knows, and the terms of a SNOMED CT release where one is loaded."""

import re
from enum import StrEnum
from typing import Self

from django.db.models import Q, QuerySet
from django.db.models.functions import Length

from campaigns.models import CodeKind, SnomedCode
from campaigns.snomed_models import SnomedTerm
from practices.models import Practice

MOST_TERMS = 20
"""Terms shown at once: more is a search that wants another word."""

_LOOKED_THROUGH = 500
_MOST_WORDS = 8
_WORD_FROM = 3
_ATTACHABLE = Q(kind__in=[CodeKind.INVITATION, CodeKind.DECLINE])


class Standing(StrEnum):
    """What may be done with a code now."""

    USABLE = "usable"
    WAITING = "waiting"
    OFF = "off"
    NEVER = "never"

    @classmethod
    def of(cls, code: SnomedCode) -> Self:
        """A code's standing."""
        if code.kind not in (CodeKind.INVITATION, CodeKind.DECLINE):
            return cls("never")
        if not code.active:
            return cls("off")
        return cls("usable" if code.is_approved else "waiting")

    @property
    def said(self) -> str:
        """In words."""
        return _SAID[self]


_SAID = {
    Standing.USABLE: "Ready to use",
    Standing.WAITING: "Waiting for a second person",
    Standing.OFF: "Switched off",
    Standing.NEVER: "Never with a batch",
}
_MEANT = {
    Standing.USABLE: _ATTACHABLE & Q(active=True, approved_at__isnull=False),
    Standing.WAITING: _ATTACHABLE & Q(active=True, approved_at=None),
    Standing.OFF: _ATTACHABLE & Q(active=False),
    Standing.NEVER: ~_ATTACHABLE,
}


def seen_by(practice: Practice) -> QuerySet[SnomedCode]:
    """The codes that a practice's staff may look at: not what another practice asks for and nobody has approved."""
    theirs = Q(proposed_by__memberships__practice=practice) | Q(proposed_by__is_staff=True)
    settled = Q(approved_at__isnull=False) | Q(proposed_by=None)
    seen = SnomedCode.objects.filter(settled | theirs).values("pk")
    return SnomedCode.objects.filter(pk__in=seen).select_related("proposed_by", "approved_by")


def codes(practice: Practice, *, words: str = "", kind: str = "", standing: str = "") -> QuerySet[SnomedCode]:
    """The codes that have all these words in their term, or an id that begins so."""
    found = seen_by(practice)
    if kind:
        found = found.filter(kind=kind)
    if standing:
        found = found.filter(_MEANT[Standing(standing)])
    if is_id(words):
        return found.filter(concept_id__startswith=words.strip())
    for word in words.split()[:_MOST_WORDS]:
        found = found.filter(term__icontains=word)
    return found


def terms(words: str) -> list[SnomedTerm]:
    """Terms of the loaded release whose words begin like these, the shortest first; those we have as codes left out.

    Answered by an index, from at most a few hundred matches: a common word costs no more than a rare one.
    """
    if is_id(words):
        matching = SnomedTerm.objects.filter(concept_id__startswith=words.strip())
    elif query := _query(words):
        matching = SnomedTerm.objects.matching(query)
    else:
        return []
    some = matching.order_by().values("pk")[:_LOOKED_THROUGH]
    found = SnomedTerm.objects.filter(pk__in=some).exclude(pk__in=SnomedCode.objects.values("pk"))
    return list(found.order_by(Length("term"), "term", "pk")[:MOST_TERMS])


def is_id(words: str) -> bool:
    """Whether somebody typed an id, or its beginning."""
    return re.fullmatch(r"\s*[1-9][0-9]{4,17}\s*", words, re.ASCII) is not None


def _query(words: str) -> str:
    """For `to_tsquery`: every word as the beginning of one. Empty when none is long enough to look for.

    Figures are left out: what PostgreSQL takes for a number depends on the sign before it.
    """
    found = [word for word in re.findall(r"[^\W_]+", words) if not word.isdigit()][:_MOST_WORDS]
    if not any(len(word) >= _WORD_FROM for word in found):
        return ""
    return " & ".join(f"'{word}':*" for word in found)
