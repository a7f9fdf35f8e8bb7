"""Searching for codes: those that Selfbook knows, and the terms of a SNOMED CT release where one is loaded."""

import re
from enum import StrEnum
from typing import Self

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Length

from campaigns.codes import services as rules
from campaigns.models import CodeKind, SnomedCode
from campaigns.models.snomed import SnomedRelease, SnomedTerm
from practices.models import Practice

MOST_TERMS = 20
"""Terms shown at once: more is a search that wants another word."""

_LOOKED_THROUGH = 500
_MAX_KEYWORDS = 8
_WORD_FROM = 3
_ATTACHABLE = Q(kind__in=[CodeKind.INVITATION, CodeKind.DECLINE])


class Standing(StrEnum):
    """What may be done with a code now."""

    USABLE = "usable"
    WAITING = "waiting"
    ADMINISTRATOR = "administrator"
    OFF = "off"
    NEVER = "never"

    @classmethod
    def of(cls, code: SnomedCode) -> Self:
        """Whether a code may be chosen, or whose approval it waits for."""
        if code.kind not in (CodeKind.INVITATION, CodeKind.DECLINE):
            return cls("never")
        if not code.active:
            return cls("off")
        if code.is_approved:
            return cls("usable")
        by_practice = getattr(code, _BORNE_OUT, None)
        if by_practice is None:
            by_practice = not rules.needs_administrator(code)
        return cls("waiting" if by_practice else "administrator")

    @property
    def said(self) -> str:
        """The standing as pages show it to staff."""
        return _LABELS[self]


_BORNE_OUT = "borne_out"
"""What each code of `seen_by` is marked with: whether the loaded release has a practice's own code as it says."""

_LABELS = {
    Standing.USABLE: "Ready to use",
    Standing.WAITING: "Waiting for a second person",
    Standing.ADMINISTRATOR: "Waiting for an administrator",
    Standing.OFF: "Switched off",
    Standing.NEVER: "Never with a batch",
}
_MEANT = {
    Standing.USABLE: _ATTACHABLE & Q(active=True, approved_at__isnull=False),
    Standing.WAITING: _ATTACHABLE & Q(active=True, approved_at=None, borne_out=True),
    Standing.ADMINISTRATOR: _ATTACHABLE & Q(active=True, approved_at=None, borne_out=False),
    Standing.OFF: _ATTACHABLE & Q(active=False),
    Standing.NEVER: ~_ATTACHABLE,
}


def seen_by(practice: Practice) -> QuerySet[SnomedCode]:
    """The codes that a practice's staff may look at: its own, and everybody's. Nothing of another practice."""
    seen = SnomedCode.objects.filter(Q(practice=practice) | Q(practice=None))
    return marked(seen).select_related("proposed_by", "approved_by")


def marked(codes: QuerySet[SnomedCode]) -> QuerySet[SnomedCode]:
    """These codes, each marked with whether the loaded release bears it out: one query for all."""
    if SnomedRelease.current() is None:
        return codes.annotate(borne_out=Value(value=False, output_field=BooleanField()))
    same = SnomedTerm.objects.filter(pk=OuterRef("concept_id"), term=OuterRef("term"))
    return codes.annotate(borne_out=Exists(same) & Q(practice__isnull=False))


def versions(practice: Practice, concept_id: str) -> list[SnomedCode]:
    """A concept as a practice may see it: its own code first, then everybody's; empty where there is neither."""
    return sorted(seen_by(practice).filter(concept_id=concept_id), key=lambda code: code.practice_id is None)


def codes(practice: Practice, *, search_text: str = "", kind: str = "", standing: str = "") -> QuerySet[SnomedCode]:
    """The codes that have all these words in their term, or an id that begins so."""
    matches = seen_by(practice)
    if kind:
        matches = matches.filter(kind=kind)
    if standing:
        matches = matches.filter(_MEANT[Standing(standing)])
    if is_id(search_text):
        return matches.filter(concept_id__startswith=search_text.strip())
    for word in search_text.split()[:_MAX_KEYWORDS]:
        matches = matches.filter(term__icontains=word)
    return matches


def terms(search_text: str, practice: Practice | None = None) -> list[SnomedTerm]:
    """Terms of the loaded release whose words begin like these, the shortest first.

    Those that the practice, or everybody, has as codes already are left out.

    Answered by an index, from at most a few hundred matches: a common word costs no more than a rare one.
    """
    if is_id(search_text):
        matching = SnomedTerm.objects.filter(concept_id__startswith=search_text.strip())
    elif query := _query(search_text):
        matching = SnomedTerm.objects.matching(query)
    else:
        return []
    some = matching.order_by().values("pk")[:_LOOKED_THROUGH]
    there = SnomedCode.objects.filter(Q(practice=practice) | Q(practice=None))
    available = SnomedTerm.objects.filter(pk__in=some).exclude(pk__in=there.values("concept_id"))
    return list(available.order_by(Length("term"), "term", "pk")[:MOST_TERMS])


def is_id(search_text: str) -> bool:
    """Whether somebody typed an id, or its beginning."""
    return re.fullmatch(r"\s*[1-9][0-9]{4,17}\s*", search_text, re.ASCII) is not None


def _query(search_text: str) -> str:
    """For `to_tsquery`: every word as the beginning of one. Empty when none is long enough to look for.

    Figures are left out: what PostgreSQL takes for a number depends on the sign before it.
    """
    keywords = [word for word in re.findall(r"[^\W_]+", search_text) if not word.isdigit()][:_MAX_KEYWORDS]
    if not any(len(word) >= _WORD_FROM for word in keywords):
        return ""
    return " & ".join(f"'{word}':*" for word in keywords)
