"""Which SNOMED CT concepts may go with a batch: what must be kept apart, by id and by the words of a term.

Staff of other products have attached codes of vaccines given to invitations, and their patients looked vaccinated
(snomed-ct#given-or-done). Ids that are known to mean such things are data, in `catalogue_kept_apart.csv`; words catch
others, though never all, so a second person looks at every new code as well (`campaigns.codes`).
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FILE = Path(__file__).with_name("catalogue_kept_apart.csv")


class Why(StrEnum):
    """What a concept says, for which it may go with no batch."""

    GIVEN = "given"
    CONTRAINDICATED = "contraindicated"
    EXCEPTION = "exception"
    CHANNEL = "channel"
    OTHER = "other"


REASONS: Mapping[Why, str] = {
    Why.GIVEN: (
        "This code says that care was given or done. Filed with a batch, it would make patients look as if they had "
        "had it, such as a vaccine that they were only invited to."
    ),
    Why.CONTRAINDICATED: (
        "This code says that the patient must not have the care. Only a clinician may put that in a record."
    ),
    Why.EXCEPTION: (
        "This code takes the patient out of a quality indicator, which changes what the practice is paid. "
        "It must never be filed because a patient pressed a button."
    ),
    Why.CHANNEL: (
        "This code says that the patient was phoned, spoken to, or sent a letter or email. "
        "A batch sends texts: filed with one, it would not be true."
    ),
    Why.OTHER: "This code does not say that a patient was invited or declined.",
}


@dataclass(frozen=True, slots=True)
class KeptApart:
    """A concept that may go with no batch. The term is as its source published it."""

    concept_id: str
    term: str
    why: Why
    local: Mapping[str, str]
    """Its local codes and its source, as `SnomedCode` names them."""


def _read() -> dict[str, KeptApart]:
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = [
            KeptApart(row.pop("concept_id"), row.pop("term"), Why(row.pop("why")), row) for row in csv.DictReader(file)
        ]
    return {row.concept_id: row for row in rows}


EXCLUDED: Mapping[str, KeptApart] = _read()


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)


_GIVEN = _any(
    *("given", "administered", "administration", "completed", "done", "performed", "vaccinated"),
    r"(?:vaccination|immunisation|immunization) \(procedure\)",
)
_EXCEPTION = _any("informed dissent", "excepted", "exception", "exempted", "patient unsuitable")
_CONTRAINDICATED = _any(r"contra-?indicat\w+", "not indicated")
_DECLINES = _any(r"declin\w+", r"refus\w+", "not wanted", "(?:does|did) not w(?:ant|ish)", "unwilling")
_INVITES = _any(
    *(r"invit\w+", r"remind\w+", r"recall\w*", "letters?", "messages?", "texts?", "sms", "e-?mails?", "calls?"),
    r"contact\w*",
)


def reason_against_id(concept_id: str) -> str:
    """Why this concept may go with no batch, for an administrator; empty when nothing is known against it."""
    known = EXCLUDED.get(concept_id)
    return REASONS[known.why] if known else ""


def reason_against_term(term: str, *, decline: bool) -> str:
    """What is wrong with a term of an invitation's (or decline's) code; empty when nothing is."""
    for pattern, why in ((_EXCEPTION, Why.EXCEPTION), (_CONTRAINDICATED, Why.CONTRAINDICATED), (_GIVEN, Why.GIVEN)):
        if found := pattern.search(term):
            return f"“{found[0]}”: {REASONS[why]}"
    declines = _DECLINES.search(term)
    if decline and not declines:
        return "The term of a decline says so: declined, refused or not wanted. Type the term as SNOMED CT has it."
    if not decline and declines:
        return f"“{declines[0]}”: this is the term of a decline, not of an invitation."
    if not decline and not _INVITES.search(term):
        return (
            "The term of an invitation says that the patient was invited, reminded or sent something. "
            "The bare name of care would mean that it was given."
        )
    return ""
